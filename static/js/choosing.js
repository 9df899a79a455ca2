// [data-bulk] tells how much is ticked, and whether it fits on the compared drive.
// A form [data-sends-itself] is sent when a list in it is changed.
const words = (bytes) => {
  const units = ["Bytes", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let size = bytes;
  while (size >= 1000 && unit < units.length - 1) { size /= 1000; unit += 1; }
  const number = size.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 });
  return `${number} ${units[unit]}`;
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
  const place = bar.querySelector("[data-bulk-words]");
  const { chosenWords, fitsWords, tooMuchWords } = place.dataset;
  const said = [chosenWords.replace("{number}", all?.checked ? all.dataset.bulkAll : chosen.length)];
  if (!Number.isNaN(bytes)) said.push(words(bytes));
  if (bytes <= free) said.push(fitsWords);
  if (bytes > free) said.push(tooMuchWords.replace("{size}", words(bytes - free)));
  place.textContent = said.join(" · ");
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
