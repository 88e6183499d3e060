/* Ticking rows: Shift and a click tick all between, one box ticks the page; the bar says how many are ticked. */
(() => {
"use strict";
const list = el => el.closest("[data-list]");
const boxes = root => [...root.querySelectorAll(".pick")];
const say = root => {
  const bar = root?.querySelector(".selection"), count = bar?.querySelector("[data-pick-count]");
  if (!count) return;
  const all = boxes(root), picked = all.filter(box => box.checked).length, page = bar.querySelector("[data-pick-page]");
  const words = picked ? `${count.dataset.words} ${picked}` : "";
  if (count.textContent !== words) count.textContent = words;
  page.parentElement.hidden = false;
  page.checked = picked > 0 && picked === all.length;
  page.indeterminate = picked > 0 && picked < all.length;
};
let last = null;
document.addEventListener("click", event => {
  const box = event.target;
  if (!box.matches?.(".pick")) return;
  const all = boxes(list(box)), from = all.indexOf(last), to = all.indexOf(box);
  if (event.shiftKey && from >= 0) for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
  last = box;
  say(list(box));
});
document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-pick-page], .pick")) return;
  if (target.matches("[data-pick-page]")) for (const box of boxes(list(target))) box.checked = target.checked;
  say(list(target));
});
const start = () => { for (const root of document.querySelectorAll("[data-list]")) say(root); };
document.addEventListener("htmx:after:swap", start);
addEventListener("pageshow", start);
start();
})();
