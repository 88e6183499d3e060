/* Ticking rows: Shift and a click tick all between, one box ticks the page, and what is ticked stays so on the other pages of
   the list, sorted or narrowed, in this tab: by number alone, for this person and list, until it is used or they sign out. */
(() => {
"use strict";
const START = "picks ";
const list = el => el.closest("[data-list]");
const boxes = root => [...root.querySelectorAll(".pick")];
const bar = root => root?.querySelector(".selection[data-picks]");
const nameOf = form => START + form.dataset.picks;
/* Where the browser keeps nothing, the page at hand is the selection. */
const kept = name => { try { return new Set(JSON.parse(sessionStorage.getItem(name) ?? "[]").map(String)); } catch { return new Set(); } };
const keep = (name, ids) => { try { ids.size ? sessionStorage.setItem(name, JSON.stringify([...ids])) : sessionStorage.removeItem(name); } catch { /* as above */ } };
const others = (root, form) => { const here = new Set(boxes(root).map(box => box.value)); return [...kept(nameOf(form))].filter(id => !here.has(id)); };
const say = root => {
  const form = bar(root);
  if (!form) return;
  const count = form.querySelector("[data-pick-count]"), page = form.querySelector("[data-pick-page]"), clear = form.querySelector("[data-pick-clear]");
  const all = boxes(root), picked = all.filter(box => box.checked).length, away = others(root, form).length;
  const words = picked + away ? `${count.dataset.words} ${picked + away}${away ? ` (${count.dataset.here} ${picked})` : ""}` : "";
  if (count.textContent !== words) count.textContent = words;
  form.toggleAttribute("data-picked", away > 0);
  page.parentElement.hidden = false;
  clear.hidden = !(picked + away);
  page.checked = picked > 0 && picked === all.length;
  page.indeterminate = picked > 0 && picked < all.length;
};
/* What the page shows is what is kept of it. */
const note = root => {
  const form = bar(root);
  if (!form) return;
  const ids = kept(nameOf(form));
  for (const box of boxes(root)) box.checked ? ids.add(box.value) : ids.delete(box.value);
  keep(nameOf(form), ids);
  say(root);
};
let last = null;
document.addEventListener("click", event => {
  const box = event.target, clear = box.closest?.("[data-pick-clear]");
  if (clear) {
    const root = list(clear), form = bar(root);
    keep(nameOf(form), new Set());
    for (const one of [...boxes(root), ...form.querySelectorAll("[name=all]")]) one.checked = false;
    say(root);
    (boxes(root)[0] ?? root).focus();
  }
  if (!box.matches?.(".pick")) return;
  const all = boxes(list(box)), from = all.indexOf(last), to = all.indexOf(box);
  if (event.shiftKey && from >= 0) for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) one.checked = box.checked;
  last = box;
  note(list(box));
});
document.addEventListener("change", ({ target }) => {
  if (!target.matches("[data-pick-page], .pick")) return;
  if (target.matches("[data-pick-page]")) for (const box of boxes(list(target))) box.checked = target.checked;
  note(list(target));
});
/* What is ticked on other pages is sent along. */
document.addEventListener("formdata", ({ target, formData }) => {
  if (target.matches("[data-picks]") && !formData.has("all")) for (const id of others(list(target), target)) formData.append("id", id);
});
document.addEventListener("submit", ({ target }) => {
  if (target.matches("[data-picks-done]")) keep(START + target.dataset.picksDone, new Set());
});
const start = () => {
  for (const root of document.querySelectorAll("[data-list]")) {
    const form = bar(root);
    if (!form) continue;
    const ids = kept(nameOf(form));
    for (const box of boxes(root)) box.checked = ids.has(box.value);
    say(root);
  }
};
/* What somebody else left in this tab goes. */
try {
  const mine = bar(document)?.dataset.picks.split(" ")[0];
  for (const name of Object.keys(sessionStorage)) if (mine && name.startsWith(START) && name.split(" ")[1] !== mine) sessionStorage.removeItem(name);
} catch { /* nothing is kept here */ }
document.addEventListener("htmx:after:swap", start);
addEventListener("pageshow", start);
start();
})();
