// <div id="…" data-poll="/address/" data-every="30">: refreshed while the tab is visible. ETags are the browser's work
// (`fetch` revalidates and gets 304 for free). After three failures the block says how old it is.
import { say } from "./words.js";

const TIMEOUT = 20_000;
const pollers = new Map();

function stale(box, since) {
  if (box.querySelector("[data-stale]")) return;
  const note = document.createElement("p");
  note.className = "stale";
  note.dataset.stale = "";
  note.setAttribute("role", "status");
  note.textContent = say("stale", since.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  box.prepend(note);
}

// What a number said before: one that changed is underlined for a second (not by colour alone).
const cells = (box) => new Map([...box.querySelectorAll("[data-cell]")].map((cell) => [cell.dataset.cell, cell.textContent]));

function mark(box, before) {
  for (const cell of box.querySelectorAll("[data-cell]")) {
    if (!before.has(cell.dataset.cell) || before.get(cell.dataset.cell) === cell.textContent) continue;
    cell.classList.add("is-changed");
    setTimeout(() => cell.classList.remove("is-changed"), 1000);
  }
}

function tell(box, at) {
  for (const clock of document.querySelectorAll(`[data-fresh="${CSS.escape(box.id)}"]`)) {
    clock.textContent = at.toLocaleTimeString("en-GB", clock.dataset.zone ? { timeZone: clock.dataset.zone } : {});
    clock.dateTime = at.toISOString();
  }
}

// Somebody works in the block: what they hold must not be swapped away.
const isHeld = (box) => box.contains(document.activeElement);

// One question at a time: an answer that comes late never covers a later one.
async function refresh(box, state) {
  if (document.hidden || isHeld(box) || state.asks) return;
  state.asks = true;
  await ask(box, state);
  state.asks = false;
}

async function ask(box, state) {
  try {
    const signal = AbortSignal.timeout(TIMEOUT);
    const answer = await fetch(box.dataset.poll, { headers: { "HX-Request": "true" }, cache: "no-cache", signal });
    if (!answer.ok) throw new Error(answer.status);
    const text = await answer.text();
    Object.assign(state, { failures: 0, fresh: new Date() });
    if (text !== state.text && isHeld(box)) return;
    if (text !== state.text) {
      const before = cells(box);
      window.htmx?.swap(box, text, { swapStyle: "innerHTML" });
      mark(box, before);
    }
    state.text = text;
    tell(box, state.fresh);
    box.querySelector("[data-stale]")?.remove();
  } catch {
    state.failures += 1;
    if (state.failures >= 3) stale(box, state.fresh);
  }
}

function start(box) {
  if (pollers.has(box)) return;
  const state = { failures: 0, fresh: new Date(), text: null };
  const timer = setInterval(() => {
    if (box.isConnected) refresh(box, state);
    else { clearInterval(timer); pollers.delete(box); }
  }, Number(box.dataset.every || 30) * 1000);
  pollers.set(box, state);
}

const find = () => document.querySelectorAll("[data-poll]").forEach(start);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) pollers.forEach((state, box) => refresh(box, state));
});
document.addEventListener("htmx:afterSettle", find);
find();
