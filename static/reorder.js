/* A table whose rows can be dragged: after a drop its form sends the new order. The buttons do the same without this file. */
(() => {
"use strict";
const start = () => {
  for (const list of document.querySelectorAll("[data-reorder]")) {
    if (list.sortable) continue;
    list.sortable = new Sortable(list, {
      handle: "[data-grip]", animation: 120,
      onEnd: event => { if (event.oldIndex !== event.newIndex) document.getElementById(list.dataset.reorder).requestSubmit(); },
    });
  }
};
const first = document.querySelector("[data-reorder]");
if (!first) return;
const script = Object.assign(document.createElement("script"), { src: first.dataset.script, onload: start });
document.head.append(script);
document.addEventListener("htmx:after:swap", () => { if (window.Sortable) start(); });
})();
