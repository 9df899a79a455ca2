// [data-copy="id"] copies what stands in the field of that id.
for (const button of document.querySelectorAll("[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  const words = button.querySelector("[data-copy-words]");
  button.hidden = false;
  button.addEventListener("click", async () => {
    field.select();
    // Without https browsers keep the clipboard shut; the old way still works there.
    if (navigator.clipboard) await navigator.clipboard.writeText(field.value);
    else document.execCommand("copy");
    words.textContent = words.dataset.copyWords;
  });
}
