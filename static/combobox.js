/* A remote choice: the text input becomes a Tom Select when it is first entered. Without scripts it stays a text input with a datalist. */
(() => {
"use strict";
const files = {}, boxes = new Set();
const load = url => files[url] ??= new Promise((yes, no) => {
  document.head.append(Object.assign(document.createElement("script"), { src: url, onload: yes, onerror: no }));
});
const enhance = async input => {
  if (!input?.matches?.("input[data-combobox]") || input.enhanced) return;
  input.enhanced = true;
  const { combobox, name, value, none, script, style, new: fresh, comments } = input.dataset;
  if (!document.querySelector(`link[href="${style}"]`)) {
    document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href: style }));
  }
  await load(script);
  const select = document.createElement("select"), had = document.activeElement === input;
  const typed = input.value !== input.defaultValue ? input.value : "";
  const label = input.getAttribute("aria-label") ?? input.labels[0]?.textContent.trim();
  Object.assign(select, { id: input.id, name });
  select.setAttribute("aria-hidden", "true"); /* the combobox beside it speaks for it */
  if (input.hasAttribute("form")) select.setAttribute("form", input.getAttribute("form"));
  select.append(new Option("", ""));
  if (value) select.append(new Option(input.defaultValue, value, true, true));
  const ask = function (_, done) {
    const q = this.asked = this.control_input.value;
    const take = found => { if (this.asked === q) { this.clearOptions(); done(found); } else done(); }; /* an older answer may come later */
    return fetch(`${combobox}${combobox.includes("?") ? "&" : "?"}q=${encodeURIComponent(q)}`, { headers: { Accept: "application/json" } })
    .then(answer => answer.json()).then(take, () => done());
  };
  const home = input.closest("dialog, main");
  input.replaceWith(select);
  const box = new TomSelect(select, {
    valueField: "value", labelField: "text", searchField: [], maxItems: 1, placeholder: " ", hidePlaceholder: false, hideSelected: true, dropdownParent: "body", loadThrottle: 250, preload: "focus",
    load: ask, score: () => () => 1, /* the server has chosen and ordered them */
    create: fresh ? typed => ({ value: `new:${typed}`, text: typed }) : false,
    render: {
      no_results: (_, escape) => `<div class="no-results">${escape(none)}</div>`,
      option_create: (typed, escape) => `<div class="create" role="option">${escape(fresh)} <strong>${escape(typed.input)}</strong></div>`,
    },
  });
  box.control_input.setAttribute("aria-label", label);
  box.wrapper.setAttribute("hx-morph-skip", "");
  /* Nothing is taken by Enter or Tab that was not typed for, pointed at or gone to. */
  /* And what comes after the choice, an answer or the echo of what was typed, does not open the list again. */
  let chosen = false;
  box.on("item_add", () => { chosen = true; });
  /* What should be known of somebody who is chosen comes in the dialog; where there is nothing to say, nothing comes. */
  if (comments) box.on("item_add", id => htmx.ajax("GET", comments.replace("{id}", id), { target: "#dialog", swap: "innerHTML" }));
  for (const type of ["keydown", "mousedown"]) box.control.addEventListener(type, () => { chosen = false; }, true);
  box.hook("after", "refreshOptions", () => {
    if (!box.control_input.value) box.clearActiveOption();
    if (chosen) box.close();
  });
  box.control_input.addEventListener("keydown", event => {
    if (box.activeOption || !box.isOpen) return;
    if (event.key === "Enter") box.close();
    if (event.key === "ArrowDown" && box.selectable().length) { event.preventDefault(); event.stopImmediatePropagation(); box.setActiveOption(box.selectable()[0]); }
  }, true);
  home?.append(box.dropdown); /* inside a landmark; no ancestor is positioned, so the place on the page is the same */
  boxes.add(box);
  if (had) box.focus();
  if (typed) { box.setTextboxValue(typed); box.load(typed); }
};
document.addEventListener("htmx:after:swap", () => {
  for (const box of boxes) if (!box.wrapper.isConnected) { boxes.delete(box); box.destroy(); }
});
document.addEventListener("focusin", event => enhance(event.target));
enhance(document.activeElement);
})();
