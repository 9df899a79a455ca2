// Says so when a poll gets no answer, and takes it back when one comes.
const note = document.getElementById("offline");
if (note) {
  const show = (is) => () => { note.hidden = !is; };
  document.body.addEventListener("htmx:sendError", show(true));
  document.body.addEventListener("htmx:responseError", show(true));
  document.body.addEventListener("htmx:afterOnLoad", show(false));
}
