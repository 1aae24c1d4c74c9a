// A verdict as light, sound and words. Wrong, unknown, extra and stop stay until a person clears them.
import { announce } from "../behaviours/announce.js";
import { sound } from "./sounds.js";
import { words } from "./words.js";

const SOUND_OF = {
  accepted: "ok", line_done: "line", job_done: "job", command: "ok", wrong: "wrong", unknown: "wrong", extra: "warn", stop: "stop",
};
const FLOOD_OF = { job_done: "ok", wrong: "wrong", unknown: "wrong", extra: "warn", stop: "wrong" };
const ICON_OF = { ok: "check", wrong: "shape-octagon", warn: "shape-triangle" };
const EDGE_MS = 400;
let shown = null;
let edge = 0;

export const stays = (verdict) => verdict in FLOOD_OF;
export const isOpen = () => shown !== null;
export const isStopped = () => shown?.verdict === "stop";

function picture(name) {
  const sprite = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0];
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite ?? "/static/img/sprite.svg"}#${name}`);
  svg.append(use);
  return svg;
}

function flood(verdict, title, text) {
  const kind = FLOOD_OF[verdict];
  const box = document.createElement("div");
  box.className = `flood flood-${kind}`;
  box.dataset.verdict = verdict;
  box.setAttribute("role", "alert");
  const head = document.createElement("h2");
  head.textContent = title;
  box.append(picture(ICON_OF[kind]), head);
  if (text) {
    const body = document.createElement("p");
    body.textContent = text;
    box.append(body);
  }
  const button = document.createElement("button");
  button.className = "btn";
  button.type = "button";
  button.textContent = words.ok;
  box.append(button);
  box.addEventListener("click", clear);
  document.body.append(box);
  return box;
}

// Takes the flood away; what waits for that (a page to open) goes on.
export function clear() {
  if (!shown) return;
  const { box, then } = shown;
  shown = null;
  box.remove();
  document.getElementById("scan-field")?.focus({ preventScroll: true });
  then?.();
}

function flash(isOffline) {
  const frame = document.querySelector(".scan") ?? document.getElementById("main");
  frame?.classList.add("edge-ok");
  frame?.classList.toggle("edge-offline", isOffline);
  clearTimeout(edge);
  edge = setTimeout(() => frame?.classList.remove("edge-ok", "edge-offline"), EDGE_MS);
}

// Shows a verdict: {verdict, message}. `then` runs when a staying verdict was cleared.
export function show({ verdict, message = "", detail = "" }, { then = null, isOffline = false } = {}) {
  const after = shown?.then;
  if (shown && (stays(verdict) || verdict === "accepted" || verdict === "line_done")) { shown.then = null; clear(); }
  if (stays(verdict)) shown = { verdict, box: flood(verdict, message || verdict, detail), then: then ?? after };
  else if (verdict === "accepted" || verdict === "line_done") flash(isOffline);
  sound(SOUND_OF[verdict] ?? "ok");
  const last = document.querySelector("[data-scan-last]");
  if (last && message) last.textContent = message;
  if (!stays(verdict)) announce(message.slice(0, 120));
  document.dispatchEvent(new CustomEvent("scan:verdict", { detail: { verdict, message } }));
}

// The bar that says how many scans wait; "" takes it away.
export function bar(text) {
  let strip = document.querySelector(".offline-bar");
  if (!text) { strip?.remove(); return; }
  if (!strip) {
    strip = document.createElement("div");
    strip.className = "offline-bar";
    strip.setAttribute("role", "status");
    document.getElementById("main")?.before(strip);
  }
  strip.textContent = text;
}
