// The keyboard map: #keys-map comes from ordermgmt/keyboard.py; this file says what the acts do.
// Single keys wait 80 ms, so that a scanner's burst never fires one; they are off in fields and when the person switched them off.
import * as list from "./lists.js";
import { openPalette } from "./palette.js";
import { undoLast } from "./toasts.js";

const WAIT = 80;
const SEQUENCE = 1000;
const map = new Map(Object.entries(JSON.parse(document.getElementById("keys-map")?.textContent || "{}")));
const singles = document.querySelector("[data-single-keys]")?.dataset.singleKeys !== "off";
const listActs = new Set(["down", "up", "open", "peek", "select", "filter", "save"]);
let pending = 0;
let before = { key: "", at: 0 };

const inField = (target) => target.closest?.("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable], dialog[open]");
const follow = (selector) => { const link = document.querySelector(selector); if (link) location.assign(link.href); };

async function showHelp() {
  if (!document.getElementById("keys-help")) {
    const answer = await fetch(`/preferences/keys/help/?${new URLSearchParams({ from: location.pathname + location.search })}`);
    if (answer.ok && !answer.redirected) document.body.insertAdjacentHTML("beforeend", await answer.text());
  }
  document.getElementById("keys-help")?.showModal();
}

const acts = {
  search: () => document.getElementById("global-search")?.focus(),
  palette: () => openPalette(),
  help: showHelp,
  previous: () => follow("[data-previous], a[rel=prev]"),
  next: () => follow("[data-next], a[rel=next]"),
  undo: undoLast,
  down: () => list.move(1),
  up: () => list.move(-1),
  open: list.open,
  peek: list.look,
  select: list.select,
  filter: list.filter,
  save: list.saveView,
};

function press(key) {
  const control = document.querySelector(`main [data-key="${CSS.escape(key)}"], .peek [data-key="${CSS.escape(key)}"]`);
  control?.click();
  // A menu that opened by its key is gone on with by keys.
  const menu = control?.closest("details[data-menu][open]");
  if (control?.matches("summary")) menu?.querySelector(".menu-panel :is(select, button, a, input:not([type=hidden]))")?.focus();
  return Boolean(control);
}

function run(keys) {
  const act = map.get(keys);
  if (act?.startsWith("/")) { location.assign(act); return; }
  if (act && act !== "press" && (!listActs.has(act) || list.hasList())) { acts[act]?.(); return; }
  press(keys);
}

const isNext = (at) => before.key && at - before.at < SEQUENCE;

function single(event) {
  const keys = isNext(event.timeStamp) && map.has(`${before.key} ${event.key}`) ? `${before.key} ${event.key}` : event.key;
  before = { key: event.key, at: event.timeStamp };
  pending = setTimeout(() => { pending = 0; run(keys); }, WAIT);
}

function listKey(event) {
  if (!list.hasList()) return false;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const onRow = event.target.closest?.("[data-keys=list]") || event.target === document.body;
  if (step && onRow) { event.preventDefault(); list.move(step); return true; }
  if (event.key === " " && onRow && !event.target.matches("button, summary, input")) { event.preventDefault(); }
  return false;
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") {
    const form = event.target.form ?? document.querySelector("main form[method=post]");
    const main = form?.querySelector("[data-main-submit]");
    if (form) { event.preventDefault(); if (main) main.click(); else form.requestSubmit(); }
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || inField(event.target)) return;
  if (event.key === "Enter") { if (event.target === document.body) list.open(); return; }
  if (listKey(event) || event.key.length !== 1) return;
  if (pending) { clearTimeout(pending); pending = 0; before = { key: "", at: 0 }; return; }
  if (singles && !event.repeat) single(event);
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && event.target.matches?.("#global-search")) event.target.blur();
});
