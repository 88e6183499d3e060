/* Who else is here: on a record's page and in a list it is asked quietly, beside whatever is being done, and only while somebody is at the browser. */
(() => {
"use strict";
const EVERY = 20000, AWAY = 300000;
let active = Date.now();
for (const type of ["pointermove", "keydown", "scroll"]) addEventListener(type, () => { active = Date.now(); }, { passive: true, capture: true });
const here = document.getElementById("presence"), list = document.getElementById("open-elsewhere");
const ask = async (url, method) => {
  if (document.hidden || Date.now() - active > AWAY) return null;
  try {
    const headers = { "HX-Request": "true", ...JSON.parse(document.body.getAttribute("hx-headers:inherited")) };
    const answer = await fetch(url, { method, headers, redirect: "error" });
    if (!answer.ok) return null;
    const told = document.createElement("template");
    told.innerHTML = await answer.text();
    return told.content;
  } catch { return null; }
};
const mark = () => {
  for (const old of document.querySelectorAll(".open-mark")) old.remove();
  for (const line of list.querySelectorAll("[data-marks]")) {
    const cell = document.getElementById(line.dataset.marks)?.cells[0];
    if (!cell) continue;
    const sign = document.createElement("span"), words = document.createElement("span");
    sign.className = "open-mark";
    words.className = "visually-hidden";
    words.textContent = sign.title = line.textContent.trim();
    sign.append(words);
    cell.append(sign);
  }
};
const turn = async () => {
  const told = here ? await ask(here.dataset.presence, "POST") : list ? await ask(list.dataset.presence, "GET") : null;
  if (!told) return;
  if (list) { list.replaceChildren(told); mark(); }
  else if (told.firstElementChild?.innerHTML !== document.getElementById("present").innerHTML) document.getElementById("present").replaceWith(told);
};
if (list) document.addEventListener("htmx:after:swap", mark);
document.addEventListener("word:said", () => { for (const form of document.querySelectorAll("[data-word]")) form.reset(); });
if (here || list) { turn(); setInterval(turn, EVERY); }
})();
