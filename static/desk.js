/* Deskhand's behaviour: one delegated listener for each concern. Every page works without this file; the words stand in the templates. */
(() => {
"use strict";
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];
const on = (type, handler, capture = false) => document.addEventListener(type, handler, capture);
const typesInto = el => el.matches?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]");
const visible = el => el?.checkVisibility();
const loading = {};
const load = url => loading[url] ??= new Promise((yes, no) => {
  document.head.append(Object.assign(document.createElement("script"), { src: url, onload: yes, onerror: no }));
});

/* The server shows times in the viewer's zone: the browser names it once. */
if (!/(^|; )tz=/.test(document.cookie)) {
  document.cookie = `tz=${Intl.DateTimeFormat().resolvedOptions().timeZone}; path=/; max-age=31536000; samesite=lax`;
}

/* Has anything in this form been changed? */
const changed = el => el.type === "hidden" ? false
  : /^(checkbox|radio)$/.test(el.type) ? el.checked !== el.defaultChecked
  : el.options ? el.value !== (($$("option", el).find(o => o.defaultSelected) ?? el.options[0])?.value ?? "")
  : "defaultValue" in el && el.value !== el.defaultValue;
const dirty = form => !form.saved && [...form.elements].some(changed);
let posting = false;
on("submit", event => {
  if (!event.defaultPrevented) posting = true;
  if (event.target.matches("[data-sign-out]")) sessionStorage.clear();
  if (event.target.matches("[data-close-menu]")) event.target.closest("details").open = false;
  if (event.target.matches("[data-theme-form]") && event.submitter) {
    document.documentElement.dataset.bsTheme = event.submitter.value;
    for (const button of $$("button", event.target)) button.setAttribute("aria-pressed", button === event.submitter);
  }
});
addEventListener("beforeunload", event => { if (!posting && $$("form[data-guard]").some(dirty)) event.preventDefault(); });
addEventListener("pageshow", () => { posting = false; });

/* Filter forms leave out what is empty, so that addresses stay short. */
on("formdata", ({ target, formData }) => {
  if (!target.matches("[data-tidy]")) return;
  for (const [name, value] of [...formData]) if (value === "") formData.delete(name);
  for (const [name, value] of [...formData]) {
    if (name.startsWith("op.") && !/empty$/.test(value) && !formData.has("f." + name.slice(3))) formData.delete(name);
  }
});

/* A cell being edited: Enter saves, Esc leaves it as it was, Tab saves and asks for the neighbour. */
const save = (form, then = "") => { form.elements._then.value = then; form.requestSubmit(); };
on("keydown", event => {
  const form = event.target.closest?.("form[data-cell]"), { key, target } = event;
  if (!form || event.isComposing || event.defaultPrevented) return;
  if (key === "Enter" && typesInto(target) && (target.tagName !== "TEXTAREA" || event.ctrlKey || event.metaKey)) {
    event.preventDefault(); save(form);
  }
  if (key === "Tab") {
    const fields = $$("input:not([type=hidden]), select, textarea", form).filter(el => el.tabIndex >= 0 && visible(el));
    const at = fields.indexOf(target);
    if (at < 0 || "conflict" in form.dataset || fields[at + (event.shiftKey ? -1 : 1)]) return;
    const select = $("select", form)?.tomselect;
    if (select?.isOpen && select.activeOption) select.onOptionSelect(event, select.activeOption);
    event.preventDefault(); save(form, event.shiftKey ? "prev" : "next");
  }
});
on("keydown", event => {
  const form = event.key === "Escape" && !event.isComposing && event.target.closest?.("form[data-cell]");
  if (form) { event.preventDefault(); event.stopPropagation(); $("[data-cancel]", form).click(); }
}, true);
/* Leaving it by mouse saves what was changed; a link clicked meanwhile waits for the answer. */
let waiting = null;
on("mousedown", event => {
  if (event.button) return;
  for (const form of $$("form[data-cell]")) {
    if (form.contains(event.target) || event.target.closest(".ts-dropdown, .toasts, .alerts, dialog")) continue;
    if (dirty(form)) { form.away = true; waiting = { form }; save(form); }
    else if (!$("[aria-invalid]", form) && !("conflict" in form.dataset)) { form.away = true; $("[data-cancel]", form).click(); }
  }
}, true);
on("click", event => {
  const link = event.target.closest?.("a[href]:not([hx-get], [target], [download])");
  if (!waiting || !link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault(); event.stopPropagation(); waiting.href = link.href;
}, true);

/* What is typed while the form of a cell is on its way goes into it. */
let early = "";
on("keydown", event => {
  if (event.key.length > 1 || event.ctrlKey || event.metaKey || event.altKey || typesInto(event.target) || !event.target.closest?.(".cell[aria-busy]")) return;
  event.preventDefault(); early += event.key;
});

/* Around htmx: where the focus goes, what is shown when there is no good answer. */
const show = name => { if ($("#alerts").dataset.shows !== name) { $("#alerts").replaceChildren($("#" + name).content.cloneNode(true)); $("#alerts").dataset.shows = name; } };
const calm = () => { $("#alerts").replaceChildren(); delete $("#alerts").dataset.shows; };
on("htmx:before:request", ({ detail: { ctx } }) => { if (ctx.sourceEvent?.type !== "every") ctx.target?.setAttribute?.("aria-busy", "true"); });
on("htmx:finally:request", ({ detail: { ctx } }) => {
  ctx.target?.removeAttribute?.("aria-busy");
  if (ctx.sourceElement === waiting?.form || ctx.cellForm === waiting?.form) {
    const { href } = waiting ?? {}; waiting = null;
    if (href && ctx.response?.status < 400) location.assign(href);
  }
});
on("htmx:error", ({ detail: { ctx } }) => { if (ctx && !ctx.response && ctx.sourceEvent?.type !== "every") show("offline"); });
on("htmx:after:request", event => {
  const { ctx } = event.detail, { status, raw } = ctx.response, source = ctx.sourceElement;
  if (status < 400 && ctx.sourceEvent?.type !== "every") {
    if (ctx.request.method !== "GET" || $("#alerts").dataset.shows) calm();
    if (source.matches?.("form") && ctx.request.method !== "GET") source.saved = true;
  }
  if (ctx.hx.retarget || ctx.target === document.body) return;
  const page = /^\s*<!doctype/i.test(ctx.text);
  if (status >= 500 || (page && status >= 400)) { event.preventDefault(); show("broken"); }
  else if (page) { event.preventDefault(); location.assign(raw.url); }
});
on("htmx:before:swap", ({ detail: { ctx, tasks } }) => {
  const source = ctx.sourceElement, form = source.closest?.("form[data-cell]"), cell = source.closest?.(".cell"), has = document.activeElement;
  ctx.goal = source.dataset?.focus; ctx.toTop = "top" in (source.dataset ?? {}); /* the source may be gone afterwards */
  if (!cell) return;
  ctx.cellForm = form; ctx.cellId = cell.id;
  ctx.focusBack = !form?.away && (has === document.body || cell.contains(has));
  if (form?.away && has !== document.body && !cell.contains(has)) {
    for (const task of tasks) for (const el of $$("[autofocus]", task.fragment)) el.removeAttribute("autofocus");
  }
});
on("htmx:after:swap", ({ detail: { ctx } }) => {
  const has = document.activeElement, form = has.closest("form[data-cell]"), long = has.tagName === "TEXTAREA", id = ctx.cellId ?? ctx.goal, dialog = $("#dialog");
  if (id && (has === document.body ? ctx.focusBack ?? true : ctx.goal)) $(`#${CSS.escape(id)} [data-edit]`)?.focus();
  if (form && early && typesInto(has) && !has.options) {
    has.value = long ? has.value + early : early;
    has.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (form && has.matches("input:not([aria-invalid])")) has.select();
  if (form && long) has.setSelectionRange(has.value.length, has.value.length);
  early = "";
  form?.scrollIntoView({ block: "nearest" });
  if (ctx.toTop) { const scroll = $("[data-list] .list-scroll"); if (scroll) { scroll.scrollTop = 0; scroll.scrollIntoView({ block: "nearest" }); } }
  if (dialog.childElementCount && !dialog.open) { dialog.setAttribute("aria-label", $("h1, h2", dialog)?.textContent ?? ""); dialog.showModal(); }
});
on("csrf:renewed", ({ detail: { token } }) => {
  document.body.setAttribute("hx-headers:inherited", JSON.stringify({ "X-CSRFToken": token }));
  for (const input of $$("input[name=csrf_token]")) input.value = token;
});

/* What is typed while the palette is on its way goes into it. */
let ahead = null;
on("keydown", event => {
  if (!ahead || event.ctrlKey || event.metaKey || event.altKey || (event.key.length > 1 && event.key !== "Enter")) return;
  event.preventDefault(); event.stopPropagation();
  ahead.enter = event.key === "Enter";
  if (!ahead.enter) ahead.text += event.key;
}, true);

/* Dialogs, menus, messages */
on("dialog:close", () => $("#dialog").close());
on("close", event => { if (event.target.id === "dialog") event.target.replaceChildren(); }, true);
on("click", event => {
  const dismiss = event.target.closest("[data-dismiss]"), close = event.target.closest("#dialog [data-close]"), move = event.target.closest("[data-move]"), opens = event.target.closest("[data-opens]");
  if (opens && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    ahead ??= { text: "", enter: false };
    load(opens.dataset.opens).then(() => document.dispatchEvent(new CustomEvent("palette:open", { detail: ahead }))).finally(() => { ahead = null; });
  }
  if (dismiss) { if (dismiss.closest("#alerts")) calm(); else dismiss.closest(dismiss.dataset.dismiss).remove(); }
  if (close) { event.preventDefault(); $("#dialog").close(); }
  if (move) {
    event.preventDefault();
    const item = move.closest("li"), up = move.dataset.move === "up", other = up ? item.previousElementSibling : item.nextElementSibling;
    if (other) up ? other.before(item) : other.after(item);
    (visible(move) && getComputedStyle(move).visibility === "visible" ? move : $(`[data-move=${up ? "down" : "up"}]`, item)).focus();
  }
  for (const menu of $$("details[data-menu][open]")) if (!menu.contains(event.target) || event.target.closest("[hx-target='#dialog']")) menu.open = false;
});
const arrange = details => {
  const list = details.open && $("[data-order]", details);
  if (list && !list.sortable) load(list.dataset.order).then(() => { list.sortable = new Sortable(list, { handle: "[data-grip]", animation: 120 }); });
};
on("toggle", ({ target }) => {
  const later = target.open && $("[data-later]", target);
  if (later) htmx.ajax("GET", later.href, { source: later, target: later.closest(".menu-panel"), swap: "outerHTML" }).then(() => arrange(target));
  else arrange(target);
  if (target.open) $("[data-writes]", target)?.elements.text.focus();
}, true);
const linger = line => {
  let left = 10;
  const clock = setInterval(() => {
    if (!line.matches(":hover, :focus-within") && !document.hidden) left -= 1;
    if (left <= 0 || !line.isConnected) { clearInterval(clock); line.remove(); }
  }, 1000);
};
const greet = () => { for (const line of $$("[data-toast]")) if (!line.lingers && !$(".toast-bad", line)) { line.lingers = true; linger(line); } };
new MutationObserver(greet).observe($("#toasts"), { childList: true });
greet();

/* Keys. [data-key] names what a key does; body[data-keys] allows single letters; nothing happens while somebody types. */
{
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
}

/* Islands: a part that is seldom needed comes when its element is first entered. */
on("focusin", ({ target }) => { if (target.dataset.island) load(target.dataset.island); });
})();
