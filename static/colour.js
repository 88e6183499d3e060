/* A colour: the browser's own picker beside the text that is sent. It shows as soon as the text is entered; without scripts there is the text alone. */
(() => {
"use strict";
const beside = (el, what) => el.parentElement.querySelector(what);
const full = text => /^#?([0-9a-f]{3}){1,2}$/i.test(text) && "#" + text.replace("#", "").replace(/^(.)(.)(.)$/, "$1$1$2$2$3$3").toLowerCase();
const show = text => { beside(text, "[data-picks]").hidden = false; };
document.addEventListener("focusin", ({ target }) => { if (target.matches("[data-colour]")) show(target); });
document.addEventListener("input", ({ target }) => {
  if (target.matches("[data-picks]")) beside(target, "[data-colour]").value = target.value;
  if (target.matches("[data-colour]") && full(target.value)) beside(target, "[data-picks]").value = full(target.value);
});
if (document.activeElement?.matches("[data-colour]")) show(document.activeElement);
})();
