/* Questions that depend on earlier answers appear and go while one answers. Without this file all stand there, each with its condition in words. */
(() => {
"use strict";
const fold = text => String(text).trim().toLowerCase();
/* What stands in the controls of a question: "yes" or "no", the ticked choices, or the text. */
const answer = (form, name, hidden) => {
  const controls = [...form.elements].filter(el => el.name === name || el.name === `${name}_text`);
  const first = controls[0];
  if (first?.type === "checkbox" && !first.closest(".checks")) return first.checked && !hidden ? "yes" : "no";
  if (hidden) return "";
  if (first?.type !== "checkbox") return fold(controls.find(el => el.value)?.value ?? "");
  return controls.filter(el => el.checked).map(el => fold(el.value));
};
const holds = (form, { field, verb, value }, hidden) => {
  const found = answer(form, field, hidden.has(field)), wanted = fold(value);
  if (verb === "empty") return !found.length;
  if (verb === "not_empty") return found.length > 0;
  if (verb === "contains") return found.length > 0 && found.includes(wanted);
  return (found === wanted) === (verb === "is");
};
/* Leaves the choices that go with the answer to another question; those that no answer names always do. Is anything left? */
const offer = (form, question, { field, choices }, hidden) => {
  const given = answer(form, field, hidden.has(field));
  const named = new Set(Object.values(choices).flat());
  const fits = new Set(Object.entries(choices).filter(([one]) => fold(one) === given).flatMap(([, values]) => values));
  let left = false;
  for (const choice of question.querySelectorAll("option, [type=checkbox]")) {
    if (!choice.value) continue;
    const out = named.has(choice.value) && !fits.has(choice.value);
    left ||= !out;
    choice.disabled = (choice.closest(".check") ?? choice).hidden = out;
    if (!out) continue;
    choice.checked = false;
    if (choice.selected) choice.parentElement.value = "";
  }
  return left;
};
const apply = form => {
  const hidden = new Set();
  for (const question of form.querySelectorAll("[data-rules]")) {
    const { show, require, offer: offered } = JSON.parse(question.dataset.rules);
    const out = show && !holds(form, show, hidden) || offered && !offer(form, question, offered, hidden);
    /* What the server has refused stays in sight. */
    question.hidden = out && !question.matches(".field-wrong");
    const control = question.querySelector("[name]");
    if (question.hidden && control) hidden.add(control.name.replace(/_text$/, ""));
    if (!require) continue;
    const needed = holds(form, require, hidden);
    question.querySelector(".needed")?.toggleAttribute("hidden", !needed);
    if (control?.matches("[aria-required], input:not([type=checkbox]), select, textarea")) control.setAttribute("aria-required", needed);
  }
  for (const section of form.querySelectorAll(".form-section")) {
    section.hidden = ![...section.querySelectorAll(".field")].some(field => !field.hidden);
  }
};
const start = () => {
  for (const form of new Set([...document.querySelectorAll("[data-rules]")].map(el => el.closest("form")))) {
    form.classList.add("ruled");
    apply(form);
  }
};
for (const type of ["input", "change"]) {
  document.addEventListener(type, event => { if (event.target.form?.matches(".ruled")) apply(event.target.form); });
}
document.addEventListener("htmx:after:swap", start);
start();
})();
