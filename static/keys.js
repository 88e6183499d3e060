/* Keys. [data-key] names what a key does; body[data-keys] allows single letters; nothing happens while somebody types. */
(() => {
"use strict";
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const typesInto = el => el.matches?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
const letters = () => "keys" in document.body.dataset;
const row = () => document.activeElement.closest("[data-row]");
let first = "";
const step = by => {
  const rows = $$("[data-row]"), from = row(), next = rows[from ? rows.indexOf(from) + by : 0];
  const at = from ? [...from.cells].indexOf(document.activeElement.closest("td")) : 0;
  const goal = next && ($("a, button", next.cells[Math.max(at, 0)]) ?? $("a", next));
  goal?.focus();
  return goal;
};
/* In an open menu the arrows go from one entry to the next. */
const entry = (menu, by) => {
  const all = $$(".menu-item", menu), at = all.indexOf(document.activeElement);
  const goal = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : (at + by + all.length) % all.length];
  goal?.focus();
  return goal;
};
/* What was done last is undone first: a message stands before the history. */
const goalOf = keys => [...$$("#toasts [data-key]"), ...$$("[data-key]")].find(el => el.dataset.key === keys && !el.closest("[hidden]"));
const press = keys => {
  const goal = goalOf(keys), menu = goal?.closest("summary")?.parentElement;
  if (goal && typesInto(goal) && !goal.dataset.opens) { goal.focus(); goal.select?.(); } else goal?.click();
  if (menu?.open) entry(menu, 1);
  return goal;
};
/* The field that has the focus; in a row its first one; on the page of a record the first of all. */
const edit = (key, target) => {
  if (key !== "F2" && !(letters() && key === "e")) return null;
  const place = target.closest(".cell") ?? (key === "e" ? row() ?? $("#facts") : null);
  const goal = place && $("[data-edit]", place);
  goal?.click();
  return goal;
};
const tick = () => {
  const box = row() && $("input[type=checkbox]", row());
  box?.click();
  return box;
};
document.addEventListener("keydown", event => {
  const { key, target } = event, open = $("details[data-menu][open]");
  if (event.defaultPrevented || event.isComposing) return;
  if (key === "Escape" && open) { open.open = false; $("summary", open).focus(); return; }
  /* A sign that takes AltGr, such as [ on a German keyboard, is a letter like others. */
  const graph = event.getModifierState("AltGraph");
  if ($("dialog[open], [popover][role=dialog]:popover-open") || (event.altKey && !graph)) return;
  let done = null;
  if ((event.ctrlKey || event.metaKey) && !graph) done = press("mod+" + key.toLowerCase());
  else if (!typesInto(target)) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[key], letter = letters() ? key.toLowerCase() : "";
    if (open?.contains(target) && by) done = entry(open, by);
    else if ((done = edit(key, target))) first = "";
    else if (by && row()) done = step(by);
    else if (letter === "j" && !first) done = step(1);
    else if (letter === "k" && !first) done = step(-1);
    else if (letter === "x" && !first && row()) done = tick();
    else if (letter.length === 1) {
      done = press(first + letter);
      first = !done && !first && letter === "g" ? "g " : "";
    }
  }
  if (done) event.preventDefault();
});

/* Printing takes scripts. */
for (const button of $$("[data-print]")) { button.hidden = false; button.addEventListener("click", () => print()); }

/* The help lists what works here. */
document.addEventListener("beforetoggle", ({ target, newState }) => {
  if (target.id !== "keys" || newState !== "open") return;
  for (const line of $$("[data-works]", target)) line.hidden = !$(line.dataset.works);
  for (const part of $$("section", target)) part.hidden = !$("[data-works]:not([hidden])", part);
}, true);
})();
