// Messages float as toasts: what went well goes by itself, trouble stays until it is closed.
// The bell opens past notices beside the page; without script it leads to their own page.
const GOES_AFTER = 8000;
const UNDO_GOES_AFTER = 20000;

const settle = (message) => {
  if (message.dataset.settled) return;
  message.dataset.settled = "yes";
  const shut = message.querySelector("[data-close]");
  if (shut) {
    shut.hidden = false;
    shut.addEventListener("click", () => message.remove());
  }
  if (message.dataset.state !== "DONE") return;
  let timer = 0;
  const leave = () => { timer = setTimeout(() => message.remove(), message.querySelector("form") ? UNDO_GOES_AFTER : GOES_AFTER); };
  const stay = () => clearTimeout(timer);
  for (const name of ["pointerenter", "focusin"]) message.addEventListener(name, stay);
  for (const name of ["pointerleave", "focusout"]) message.addEventListener(name, leave);
  leave();
};

const settleAll = () => document.querySelectorAll("#messages > .message").forEach(settle);
settleAll();
document.body.addEventListener("htmx:oobAfterSwap", settleAll);

const drawer = document.getElementById("drawer");
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-drawer]");
  if (!link || !drawer || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  drawer.showModal();
  htmx.ajax("GET", link.href, { target: "#drawer-content", swap: "innerHTML" });
});
// A click beside the drawer shuts it.
drawer?.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); });
