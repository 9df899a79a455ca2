// [data-tick-all="name"] ticks all boxes of that name; shift ticks a range.
let last = null;
document.addEventListener("click", (event) => {
  const box = event.target;
  if (!(box instanceof HTMLInputElement) || box.type !== "checkbox" || !box.form) return;
  const named = (name) => [...box.form.elements].filter((each) => each.type === "checkbox" && each.name === name);
  if (box.dataset.tickAll) {
    for (const each of named(box.dataset.tickAll)) each.checked = box.checked;
    return;
  }
  const boxes = named(box.name);
  if (event.shiftKey && last && boxes.includes(last)) {
    const [from, to] = [boxes.indexOf(last), boxes.indexOf(box)].sort((a, b) => a - b);
    for (const each of boxes.slice(from, to + 1)) each.checked = box.checked;
  }
  last = box;
});
