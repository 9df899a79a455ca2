// [data-bulk] tells how much is ticked, and whether it fits on the compared drive.
// A form [data-sends-itself] is sent when a list in it is changed.
const words = (bytes) => {
  const units = ["Bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let size = bytes;
  while (size >= 1000 && unit < units.length - 1) { size /= 1000; unit += 1; }
  return `${unit ? size.toFixed(1).replace(".0", "") : size} ${units[unit]}`;
};

const tell = (form) => {
  const bar = form.querySelector("[data-bulk]");
  if (!bar) return;
  const all = bar.querySelector("[data-bulk-all]");
  const chosen = [...form.querySelectorAll("[data-bytes]:checked")];
  const bytes = chosen.reduce((sum, box) => sum + Number(box.dataset.bytes), 0);
  const free = Number(bar.querySelector("[data-bulk-place]")?.selectedOptions[0]?.dataset.free ?? NaN);
  const said = bar.querySelector("[data-bulk-words]");
  if (all?.checked) said.textContent = `${all.dataset.bulkAll} titles`;
  else {
    const room = Number.isNaN(free) ? "" : bytes > free ? `, ${words(bytes - free)} too much` : ", fits";
    said.textContent = `${chosen.length} ${chosen.length === 1 ? "title" : "titles"}, ${words(bytes)}${room}`;
  }
  bar.toggleAttribute("data-too-much", !all?.checked && bytes > free);
};

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (!form) return;
  if (form.matches("[data-sends-itself]")) form.requestSubmit();
  // A range ticked with shift is ticked after this event.
  else if (form.querySelector("[data-bulk]")) setTimeout(() => tell(form));
});
document.addEventListener("click", (event) => {
  const form = event.target.form;
  if (form?.querySelector?.("[data-bulk]")) setTimeout(() => tell(form));
});
document.documentElement.dataset.script = "on";
