// Says when Drivearr gives no answer, or one that cannot be shown; takes it back when one comes.
const note = document.getElementById("offline");
if (note) {
  const words = note.querySelector("[data-words]");
  const say = (text) => { words.textContent = text; note.hidden = false; };
  const sort = (status) => (status === 403 ? "refused" : status === 404 ? "gone" : status === 429 ? "often" : "fault");
  const away = () => say(words.dataset.away);
  document.body.addEventListener("htmx:sendError", away);
  document.body.addEventListener("htmx:timeout", away);
  document.body.addEventListener("htmx:responseError", (event) => {
    const status = event.detail.xhr.status;
    // A proxy answers 502 to 504 while Drivearr itself is away.
    if (status >= 502 && status <= 504) away();
    else say(words.dataset[sort(status)]);
  });
  document.body.addEventListener("htmx:afterOnLoad", () => { note.hidden = true; });
}
