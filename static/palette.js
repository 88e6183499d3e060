/* The palette: Ctrl K anywhere. The server finds the lines and orders them; here are the focus and the keys. */
(() => {
"use strict";
document.body.append(document.querySelector("#palette-parts").content.cloneNode(true));
const dialog = document.querySelector("#palette"), act = document.querySelector("#palette-act"), input = dialog.querySelector("[role=combobox]");
const found = () => dialog.querySelector("#found");
const lines = () => [...found().querySelectorAll("[role=option]")];
const typed = () => input.value.trim();
let at = -1, enter = false, timer = 0;

/* The focus stays in the input: which line is meant is told by aria-activedescendant. */
const mean = next => {
  const all = lines();
  all[at]?.setAttribute("aria-selected", "false");
  at = all.length ? (next + all.length) % all.length : -1;
  input.setAttribute("aria-expanded", all.length > 0);
  if (at < 0) { input.removeAttribute("aria-activedescendant"); return; }
  all[at].setAttribute("aria-selected", "true");
  all[at].scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", all[at].id);
};
const ask = async () => {
  clearTimeout(timer);
  await htmx.ajax("GET", `/search?q=${encodeURIComponent(typed())}`, { source: input, target: "#found", swap: "outerHTML" });
  if (found().dataset.q !== typed()) return; /* an older answer, or none: a newer one is on its way */
  dialog.querySelector("[role=status]").textContent = found().dataset.said;
  at = -1; mean(0);
  if (enter) { enter = false; lines()[at]?.click(); }
};
input.addEventListener("input", () => { enter = false; clearTimeout(timer); timer = setTimeout(ask, 120); });
input.addEventListener("keydown", event => {
  if (event.isComposing) return;
  const steps = { ArrowDown: at + 1, ArrowUp: at - 1 };
  if (event.key in steps) { event.preventDefault(); mean(steps[event.key]); }
  if (event.key !== "Enter") return;
  event.preventDefault();
  /* What is taken is what the letters found, even if that is not here yet. */
  if (found().dataset.q === typed()) lines()[at]?.click(); else { enter = true; ask(); }
});
dialog.addEventListener("click", event => { if (event.target.closest("[data-close-palette]")) dialog.close(); });
dialog.addEventListener("close", () => { input.value = ""; enter = false; });
addEventListener("pagehide", () => dialog.close());
document.addEventListener("palette:open", ({ detail }) => {
  if (dialog.open) return;
  input.value = detail.text; enter = detail.enter;
  act.elements.next.value = location.pathname + location.search;
  act.elements.csrf_token.value = document.querySelector("header input[name=csrf_token]").value; /* it may have been renewed */
  dialog.showModal();
  ask();
});
})();
