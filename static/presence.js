/* Rows of a list whose records others have open bear their names; what was said is taken out of its box. */
(() => {
"use strict";
const mark = () => {
  for (const old of document.querySelectorAll(".open-mark")) old.remove();
  for (const line of document.querySelectorAll("[data-marks]")) {
    const cell = document.getElementById(line.dataset.marks)?.cells[0];
    if (!cell) continue;
    const sign = document.createElement("span");
    sign.className = "open-mark";
    sign.title = line.textContent.trim();
    const words = document.createElement("span");
    words.className = "visually-hidden";
    words.textContent = sign.title;
    sign.append(words);
    cell.append(sign);
  }
};
document.addEventListener("htmx:after:swap", mark);
document.addEventListener("word:said", () => { for (const form of document.querySelectorAll("[data-word]")) form.reset(); });
})();
