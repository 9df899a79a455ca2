// [data-order] is a list whose entries [data-place] are put in order by their grip:
// dragged, or with the arrow keys, Home and End. Its form says where to.
const listOf = (grip) => grip.closest("[data-order]");
const entryOf = (grip) => grip.closest("[data-place]");
let held = null;

const send = (form, name, value) => {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value });
  form.append(field);
  form.requestSubmit();
  field.remove();
};

const neighbour = (entry, step) => {
  let next = entry[step];
  while (next && !next.dataset.place) next = next[step];
  return next?.dataset.place;
};

const drop = (event) => {
  const { entry, grip, place } = held;
  held = null;
  entry.removeAttribute("data-held");
  const at = [...listOf(grip).children].indexOf(entry);
  if (at === place) return;
  if (event.type === "pointercancel") {
    const rest = [...listOf(grip).children].filter((each) => each !== entry);
    if (rest[place]) rest[place].before(entry);
    else rest.at(-1).after(entry);
    return;
  }
  const above = neighbour(entry, "previousElementSibling");
  const below = neighbour(entry, "nextElementSibling");
  if (above) send(grip.form, "after", above);
  else if (below) send(grip.form, "before", below);
};

document.addEventListener("pointerdown", (event) => {
  const grip = event.target.closest?.("[data-grip]");
  if (!grip || event.button) return;
  const entry = entryOf(grip);
  held = { grip, entry, place: [...listOf(grip).children].indexOf(entry) };
  entry.toggleAttribute("data-held", true);
  grip.setPointerCapture(event.pointerId);
});
document.addEventListener("pointermove", (event) => {
  if (!held) return;
  const { entry, grip } = held;
  const others = [...listOf(grip).querySelectorAll("[data-place]")].filter((each) => each !== entry);
  const middle = (each) => { const box = each.getBoundingClientRect(); return box.top + box.height / 2; };
  const below = others.find((each) => event.clientY < middle(each));
  const last = others.at(-1);
  if (below && below.previousElementSibling !== entry) below.before(entry);
  else if (!below && last && last.nextElementSibling !== entry) last.after(entry);
});
document.addEventListener("pointerup", (event) => held && drop(event));
document.addEventListener("pointercancel", (event) => held && drop(event));

document.addEventListener("keydown", (event) => {
  const grip = event.target.closest?.("[data-grip]");
  const where = { ArrowUp: "earlier", ArrowDown: "later", Home: "first", End: "last" }[event.key];
  if (!grip || !where) return;
  event.preventDefault();
  send(grip.form, "where", where);
});

// The list must not be replaced under the hand that holds an entry of it, nor while
// another deed of an entry is under way: the last answer is the newest.
const keep = ({ detail }) => {
  const others = [...detail.target.querySelectorAll(".htmx-request")];
  const isBusy = others.some((each) => each !== detail.requestConfig?.elt && !each.hidden);
  if (isBusy || (held && detail.target.contains(held.entry))) detail.shouldSwap = false;
};
document.addEventListener("htmx:beforeSwap", keep);
document.addEventListener("htmx:oobBeforeSwap", keep);

// A deed's answer took the element away that had asked: what it is told now is older.
document.addEventListener("htmx:beforeRequest", ({ target }) => {
  if (!target.id?.endsWith("-poll")) return;
  const drop = (event) => { if (!target.isConnected) event.detail.shouldSwap = false; };
  target.addEventListener("htmx:beforeSwap", drop, { once: true });
});
