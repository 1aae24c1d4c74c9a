// A search field with its rows (combobox and listbox): <input data-results="#id"> asks /search/ after a pause of 150 ms.
// Arrows move, Enter opens, Ctrl+Enter opens a new tab. Without this script the field is part of a plain form.
// <input data-results="#id" data-ask="/address/" data-with="other fields"> asks elsewhere: its options are buttons of the
// form, Enter presses the chosen one, and its [data-next] button when there is none.
import { announce } from "./announce.js";

const PAUSE = 150;
const timers = new WeakMap();
const asking = new WeakMap();

const listOf = (field) => document.querySelector(field.dataset.results);
const options = (field) => [...listOf(field).querySelectorAll("[role=option]")];
const chosen = (field) => options(field).find((one) => one.getAttribute("aria-selected") === "true");

function choose(field, option) {
  for (const one of options(field)) one.setAttribute("aria-selected", String(one === option));
  if (option) field.setAttribute("aria-activedescendant", option.id);
  else field.removeAttribute("aria-activedescendant");
  option?.scrollIntoView({ block: "nearest" });
  field.dispatchEvent(new CustomEvent("results:chosen", { bubbles: true, detail: option }));
}

function show(field, html) {
  const list = listOf(field);
  list.innerHTML = html;
  field.setAttribute("aria-expanded", String(options(field).length > 0));
  choose(field, html.trim() ? options(field)[0] : undefined);
}

function addressOf(field, text) {
  const address = new URL(field.dataset.ask || "/search/", location.origin);
  address.searchParams.set("q", text);
  if (!field.dataset.ask) { address.searchParams.set("fragment", "1"); address.searchParams.set("from", location.pathname); }
  const form = field.dataset.with && new FormData(field.form);
  for (const name of form ? field.dataset.with.split(" ") : []) address.searchParams.set(name, form.get(name) ?? "");
  return address;
}

function giveUp(field, text) {
  if (!field.dataset.ask) location.assign(`/search/?${new URLSearchParams({ q: text })}`);
}

// Ask now; resolves when the rows are for what the field says.
export async function ask(field) {
  clearTimeout(timers.get(field));
  asking.get(field)?.abort();
  const text = field.value.trim();
  if (!text) { show(field, ""); return; }
  const stop = new AbortController();
  asking.set(field, stop);
  try {
    const answer = await fetch(addressOf(field, text), { signal: stop.signal });
    if (!answer.ok || answer.redirected) { giveUp(field, text); return; }
    show(field, await answer.text());
    field.dataset.shown = text;
    announce(JSON.parse(answer.headers.get("HX-Trigger") || "{}").announce);
  } catch (problem) {
    if (problem.name !== "AbortError") giveUp(field, text);
  }
}

async function enter(field, newTab) {
  if (field.dataset.shown !== field.value.trim()) await ask(field);
  const option = chosen(field) ?? options(field)[0];
  if (field.dataset.ask) { (option ?? field.form.querySelector("[data-next]"))?.click(); return; }
  if (!option) return;
  if (newTab) window.open(option.href, "_blank", "noopener");
  else location.assign(option.href);
}

document.addEventListener("input", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-results]")) return;
  clearTimeout(timers.get(field));
  timers.set(field, setTimeout(() => ask(field), PAUSE));
});

document.addEventListener("keydown", (event) => {
  const field = event.target;
  if (!field.matches?.("[data-results]")) return;
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step) {
    event.preventDefault();
    const all = options(field);
    choose(field, all[(all.indexOf(chosen(field)) + step + all.length) % all.length]);
  } else if (event.key === "Enter" && field.value.trim() && !(field.dataset.ask && (event.ctrlKey || event.metaKey))) {
    event.preventDefault();
    enter(field, event.ctrlKey || event.metaKey);
  }
});

// A page that comes with rows (?phone=) has the first one chosen, as after typing.
for (const field of document.querySelectorAll("[data-results]")) {
  if (field.value && options(field).length) { field.dataset.shown = field.value.trim(); show(field, listOf(field).innerHTML); }
}
