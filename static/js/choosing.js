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
  const sum = chosen.reduce((total, box) => total + Number(box.dataset.bytes), 0);
  // What all that match weigh, the server says.
  const weight = bar.querySelector("[data-bulk-weight]")?.dataset.bulkWeight ?? NaN;
  const bytes = all?.checked ? Number(weight) : sum;
  const free = Number(bar.querySelector("[data-bulk-place]")?.selectedOptions[0]?.dataset.free ?? NaN);
  const titles = all?.checked ? `${all.dataset.bulkAll} titles`
    : `${chosen.length} ${chosen.length === 1 ? "title" : "titles"}`;
  const room = Number.isNaN(free) ? "" : bytes > free ? `, ${words(bytes - free)} too much` : ", fits";
  const said = Number.isNaN(bytes) ? titles : `${titles}, ${words(bytes)}${room}`;
  bar.querySelector("[data-bulk-words]").textContent = said;
  bar.toggleAttribute("data-too-much", bytes > free);
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
document.addEventListener("htmx:afterSwap", ({ detail }) => {
  const form = document.querySelector("[data-bulk-weight]")?.closest("form");
  if (form && detail.pathInfo?.requestPath.includes("/weight/")) tell(form);
});
document.documentElement.dataset.script = "on";
