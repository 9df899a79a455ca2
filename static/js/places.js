// Where links stand in one scrolling row, the one of this page is brought into view.
for (const here of document.querySelectorAll(".chips [aria-current]")) {
  const row = here.closest(".chips");
  if (row.scrollWidth > row.clientWidth) row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}
