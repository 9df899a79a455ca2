// Keys: "/" searches, "g" and a letter goes to a place, "?" shows them all.
// A link or button with data-key is pressed by its key. Never Delete.
const typing = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
let waiting = 0;

const find = (key) => document.querySelector(`[data-key="${CSS.escape(key)}"]`);

const search = () => {
  const field = document.querySelector("[data-search]");
  if (!field) {
    const library = find("g l");
    if (library) location.href = `${library.href}#q`;
    return;
  }
  field.focus();
  field.select();
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  const sheet = document.getElementById("keys");
  if (event.key === "/") search();
  else if (event.key === "?" && sheet) sheet.open ? sheet.close() : sheet.showModal();
  else if (event.key === "g") { waiting = Date.now(); return; }
  else {
    const key = Date.now() - waiting < 1500 ? `g ${event.key}` : event.key;
    const found = find(key);
    waiting = 0;
    if (!found || document.querySelector("dialog[open]")) return;
    found.click();
  }
  event.preventDefault();
});
if (location.hash === "#q") search();
