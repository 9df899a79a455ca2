// After a deed the page comes back where it was: same height, focus on the same row.
// j and k go from row to row, for those who mend long lists without a mouse; files to decide on have their own (deciding.js).
const PLACE = "drivearr-place";
const FRESH = 30_000;
const ROW = "main .rows__entry, main .candidate";
const here = () => location.pathname + location.search;
const rows = () => [...document.querySelectorAll(ROW)];
const within = (row) => row.querySelector("button:not([disabled], [hidden]), a[href], input:not([type=hidden])");

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || !form.closest("main")) return;
  const row = event.submitter?.closest(".candidate, .rows__entry");
  const place = { at: here(), time: Date.now(), top: scrollY, row: row ? rows().indexOf(row) : -1 };
  sessionStorage.setItem(PLACE, JSON.stringify(place));
});

const place = JSON.parse(sessionStorage.getItem(PLACE) ?? "null");
sessionStorage.removeItem(PLACE);
if (place && place.at === here() && Date.now() - place.time < FRESH && !location.hash) {
  scrollTo({ top: place.top, behavior: "instant" });
  const all = rows();
  const row = place.row < 0 ? null : all[Math.min(place.row, all.length - 1)];
  if (row) within(row)?.focus({ preventScroll: true, focusVisible: true });
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || !["j", "k"].includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, dialog")) return;
  const all = rows().filter(within);
  if (!all.length || document.querySelector("[data-decide]")) return;
  const at = all.findLastIndex((row) => row.contains(document.activeElement));
  const to = event.key === "j" ? Math.min(at + 1, all.length - 1) : Math.max(at - 1, 0);
  within(all[to]).focus({ focusVisible: true });
  all[to].scrollIntoView({ block: "nearest" });
  event.preventDefault();
});
