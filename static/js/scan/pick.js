// The pick screen (P20): draws the task's view; buttons stand for command cards.
import { beatEvery } from "./beat.js";
import { currentTask, scan } from "./engine.js";
import { checkCharacter } from "./parse.js";

const root = document.getElementById("scan-content");
const at = (name) => root.querySelector(`[data-bind=${name}]`) ?? document.querySelector(`[data-bind=${name}]`);
const short = root.querySelector("[data-short]");
const count = root.querySelector("[data-count]");
// Up to so many units are scanned one by one; of more, one is scanned and the number said.
const FEW = 5;
let left = 0;
let wanted = 0;

export const command = (name, facts = {}) => scan(`CMD-${name}-${checkCharacter(`CMD-${name}`)}`, facts);

function say(name, text, hide = !text) {
  const place = at(name);
  place.textContent = text ?? "";
  place.hidden = hide;
}

function picture(view) {
  const place = at("image");
  const shown = place.querySelector("img");
  if (!view.image) { shown?.remove(); place.querySelector("svg").toggleAttribute("hidden", false); return; }
  const image = shown ?? document.createElement("img");
  image.src = view.image;
  image.alt = "";
  place.querySelector("svg")?.toggleAttribute("hidden", true);
  if (!shown) place.append(image);
}

function code(view) {
  const place = at("barcode");
  const text = view.barcode ?? "";
  const tail = document.createElement("b");
  tail.textContent = text.slice(-3);
  place.replaceChildren(text.length > 7 ? `…${text.slice(-7, -3)} ` : text.slice(0, -3), tail);
}

function drawStop(view, task) {
  // What was scanned but not answered yet counts already.
  const open = task.step === "item" ? task.expect[0]?.left ?? view.left : view.left;
  left = open;
  wanted = view.quantity;
  root.querySelector("[data-count-open]").hidden = task.step !== "item" || wanted <= FEW || left === wanted;
  say("place", view.place);
  say("item", view.item);
  say("code", view.code);
  code(view);
  picture(view);
  say("lot", view.lot ? `${at("lot").dataset.word} ${view.lot}` : "");
  say("left", String(task.step === "tote" ? view.quantity : Math.max(open, 0)));
  say("of", view.quantity > 1 ? `/ ${view.quantity}` : "", view.quantity <= 1);
  say("tote", view.tote);
  root.querySelector("[data-tote]").hidden = !view.tote;
  root.querySelector(".scan-pair").classList.toggle("is-alone", !view.tote);
  root.querySelector("[data-pick]").dataset.step = task.step;
}

function draw(task) {
  const { view, step } = task;
  const ended = step === "end";
  document.body.dataset.step = step;
  root.querySelector("[data-pick]").hidden = ended;
  root.querySelector("[data-end]").hidden = !ended;
  document.querySelector(".scan-foot").hidden = ended;
  root.querySelector("[data-scan-prompt]").hidden = ended;
  say("count", `${Math.min(view.line, view.lines)} / ${view.lines}`);
  Object.assign(at("progress"), { max: view.lines || 1, value: view.done ?? 0 });
  if (ended) { say("end", task.prompt); say("sum", view.sum); }
  else drawStop(view, task);
  if (step !== "item" && step !== "location") close();
}

// Keypads: how many are here and why (short), or how many there are in all --------------------------
const panels = [short, count];
const typed = (panel) => panel.querySelector("[data-found]");
const most = (panel) => (panel === short ? Math.max(left - 1, 0) : wanted);

function close() {
  panels.forEach((panel) => { panel.hidden = true; });
  root.querySelector("[data-pick]").classList.remove("is-behind");
  document.getElementById("scan-field")?.focus({ preventScroll: true });
}

function open(panel) {
  close();
  typed(panel).value = "0";
  panel.hidden = false;
  root.querySelector("[data-pick]").classList.add("is-behind");
  panel.querySelector("button").focus();
}

short.addEventListener("submit", (event) => {
  event.preventDefault();
  command("SHORT", { found: Number(typed(short).value), reason: event.submitter?.value ?? "not_found" });
  close();
});
count.addEventListener("submit", (event) => {
  event.preventDefault();
  if (Number(typed(count).value)) command(`Q-${Number(typed(count).value)}`);
  close();
});

function press(digit) {
  const panel = digit.closest("form");
  typed(panel).value = String(Math.min(Number(`${typed(panel).value}${digit.dataset.keyDigit}`), most(panel)));
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { dataset } = button;
  if (dataset.command) command(dataset.command);
  else if (dataset.keyDigit) press(button);
  else if ("keyClear" in dataset) typed(button.closest("form")).value = "0";
  else if ("shortOpen" in dataset) open(short);
  else if ("countOpen" in dataset) open(count);
  else if ("keypadClose" in dataset) close();
  else if ("typeCode" in dataset) type();
});

function type() {
  const field = document.getElementById("scan-field");
  field.inputMode = "text";
  field.focus();
}

// The SHORT card asks on the screen, as the button does.
document.addEventListener("scan:answer", ({ detail: answer }) => { if (answer.ask === "short") open(short); });
document.addEventListener("scan:verdict", () => { document.getElementById("scan-field").inputMode = "none"; });
document.addEventListener("scan:task", ({ detail: task }) => draw(task));
draw(currentTask());
beatEvery(15);

// Keep the screen on while the page is open.
async function stayAwake() {
  try { await navigator.wakeLock?.request("screen"); } catch { /* the battery decides */ }
}
stayAwake();
document.addEventListener("visibilitychange", () => { if (!document.hidden) stayAwake(); });
