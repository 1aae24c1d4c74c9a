// Checkboxes of a list: head selects the page, Shift-click a range, the bar shows while something is chosen.
// <form data-selectable> holds [data-select-all], [data-select] and [data-bulk] with [data-count] and [data-all-matching].
import { announce } from "./announce.js";
import { say } from "./words.js";

let last = null;

const boxes = (list) => [...list.querySelectorAll("[data-select]")];

function show(list) {
  const all = boxes(list);
  const chosen = all.filter((box) => box.checked);
  const head = list.querySelector("[data-select-all]");
  if (head) {
    head.checked = chosen.length > 0 && chosen.length === all.length;
    head.indeterminate = chosen.length > 0 && chosen.length < all.length;
  }
  const bar = list.querySelector("[data-bulk]");
  if (!bar) return;
  bar.hidden = chosen.length === 0;
  list.querySelector("[data-filters]")?.toggleAttribute("hidden", chosen.length > 0);
  bar.querySelector("[data-count]").textContent = chosen.length;
  bar.querySelector("[data-all-matching]")?.toggleAttribute("hidden", chosen.length < all.length);
}

function range(list, from, to, checked) {
  const all = boxes(list);
  const [a, b] = [all.indexOf(from), all.indexOf(to)].sort((x, y) => x - y);
  if (a >= 0) all.slice(a, b + 1).forEach((box) => { box.checked = checked; });
}

document.addEventListener("click", (event) => {
  const box = event.target.closest?.("[data-select]");
  const list = box?.closest("[data-selectable]");
  if (!list) return;
  if (event.shiftKey && last?.isConnected) range(list, last, box, box.checked);
  last = box;
  show(list);
});
document.addEventListener("change", (event) => {
  const list = event.target.closest?.("[data-selectable]");
  if (!list) return;
  if (event.target.matches("[data-select-all]")) {
    boxes(list).forEach((box) => { box.checked = event.target.checked; });
    announce(say("selected", boxes(list).filter((box) => box.checked).length));
  }
  show(list);
});
document.addEventListener("htmx:afterSettle", () => document.querySelectorAll("[data-selectable]").forEach(show));
document.addEventListener("click", (event) => {
  const list = event.target.closest?.("[data-clear-selection]")?.closest("[data-selectable]");
  if (!list) return;
  boxes(list).forEach((box) => { box.checked = false; });
  show(list);
});
document.querySelectorAll("[data-selectable]").forEach(show);
