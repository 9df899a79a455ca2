// Files to decide on: j and k move, x ticks, a accepts the likeliest, s searches, i ignores.
const entries = () => [...document.querySelectorAll("[data-decide]")];
const boxOf = (entry) => entry?.querySelector("input[type=checkbox][name=file]");
const current = () => entries().find((entry) => entry.contains(document.activeElement));

const move = (step) => {
  const all = entries();
  const at = all.indexOf(current());
  const next = all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))];
  boxOf(next)?.focus();
  next?.scrollIntoView({ block: "nearest" });
};

const ignore = (entry) => {
  const box = boxOf(entry);
  const button = box?.form?.querySelector("button[value=ignore]");
  if (!button) return;
  for (const each of box.form.elements) if (each.name === "file") each.checked = each === box;
  button.click();
};

const deeds = {
  j: () => move(1),
  k: () => move(-1),
  x: () => boxOf(current())?.click(),
  a: () => current()?.querySelector(".candidate button")?.click(),
  s: () => current()?.querySelector("a[href]")?.click(),
  i: () => ignore(current()),
};

let went = 0;
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (event.target.closest?.("input:not([type=checkbox]), textarea, select")) return;
  if (event.key === "g") { went = Date.now(); return; }
  // "g" and a letter goes to a place; see shortcuts.js.
  if (!deeds[event.key] || Date.now() - went < 1500) return;
  deeds[event.key]();
  event.preventDefault();
});
