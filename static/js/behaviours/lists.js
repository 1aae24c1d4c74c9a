// The cursor of a list: j/k and arrows move it, Enter opens, Space looks, x chooses. keys.js calls these.
import * as panel from "./peek.js";

const rows = () => [...document.querySelectorAll("[data-keys=list] tbody tr[data-href]")];
const cursor = () => document.querySelector("[data-keys=list] tr.cursor");

export const hasList = () => rows().length > 0;

export function move(step) {
  const all = rows();
  const at = all.indexOf(cursor());
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  if (!next) return;
  cursor()?.classList.remove("cursor");
  next.classList.add("cursor");
  next.querySelector("th a, td a")?.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  if (panel.isOpen()) panel.peek(next);
}

export const open = () => { const row = cursor(); if (row) location.assign(row.dataset.href); };
export const look = () => { if (panel.isOpen()) panel.close(); else if (cursor()) panel.peek(cursor()); };
export const select = () => cursor()?.querySelector("[data-select]")?.click();
export const filter = () => document.querySelector("[data-filters] input[type=search], [data-filters] input[type=text], [data-filters] summary")?.focus();

export function saveView() {
  const menu = document.getElementById("view-name")?.closest("details");
  if (!menu) return;
  menu.open = true;
  document.getElementById("view-name").focus();
}
