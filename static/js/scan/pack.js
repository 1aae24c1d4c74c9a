// The packing bench (P21): draws the order, its lines, boxes, weight and labels.
import { beatEvery } from "./beat.js";
import { currentTask, scan } from "./engine.js";
import { checkCharacter } from "./parse.js";

const root = document.getElementById("scan-content");
const at = (name) => document.querySelector(`[data-bind=${name}]`);
const part = (name) => document.querySelector(`[data-${name}]`);
const scale = part("scale");
const sprite = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? "/static/img/sprite.svg";

const facts = (more = {}) => ({ scale: scale.checked, ...more });
const command = (name, more = {}) => scan(`CMD-${name}-${checkCharacter(`CMD-${name}`)}`, facts(more));

function node(tag, text = "", css = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (css) made.className = css;
  return made;
}

function icon(name, css = "icon") {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", css);
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${sprite}#${name}`);
  svg.append(use);
  return svg;
}

const kilos = (grams) => (grams / 1000).toFixed(2);

function line(row, isNext) {
  const item = node("li", "", row.have >= row.need ? "done" : "");
  if (isNext) item.setAttribute("aria-current", "true");
  const name = node("span", row.item);
  name.append(" ", node("small", row.code, "muted"));
  item.append(icon(row.have >= row.need ? "check" : isNext ? "scan" : "minus", "icon"), node("b", `${row.have}/${row.need}`), name, node("span", `…${row.tail}`, "code"));
  return item;
}

function box(row, view, number) {
  const button = node("button", "", "btn");
  button.type = "button";
  button.dataset.box = row.command;
  button.setAttribute("aria-pressed", String(row.code === view.box));
  button.append(node("b", row.code), ` ${row.name}`);
  if (number <= 9) { button.dataset.boxKey = number; button.append(node("kbd", String(number))); }
  if (row.code === view.suggested) button.append(node("small", at("boxes").dataset.suggested));
  return button;
}

function label(row) {
  const item = node("li");
  const picture = row.scanned ? "check" : row.state === "failed" ? "warning" : row.state === "printed" ? "print" : "clock";
  item.dataset.state = row.state;
  item.dataset.label = row.id;
  item.append(icon(picture), node("span", row.number, "code"));
  return item;
}

function drawOrder(view, task) {
  at("order").textContent = view.order;
  at("name").textContent = view.name;
  at("way").textContent = view.way.join(" · ");
  const note = [view.gift ? at("note").dataset.gift : "", view.note].filter(Boolean).join(" · ");
  at("note").textContent = note;
  at("note").hidden = !note;
  const next = view.lines.findIndex((row) => row.have < row.need);
  at("lines").replaceChildren(...view.lines.map((row, place) => line(row, place === next && task.step === "item")));
  at("boxes").replaceChildren(...view.boxes.map((row, place) => box(row, view, place + 1)));
  at("carton").textContent = view.cartons > 1 || view.carton > 1 ? `${view.carton} / ${Math.max(view.cartons, view.carton)}` : "";
  at("weight").textContent = view.weight_g ? `${kilos(view.weight_g)} kg` : `${kilos(view.expected_g)} kg`;
  at("expected").textContent = `${kilos(view.expected_g - view.slack_g)}–${kilos(view.expected_g + view.slack_g)} kg`;
  part("weigh").hidden = task.step !== "weigh";
  part("labels").hidden = !view.labels;
  if (view.labels) at("labels").replaceChildren(...view.labels.map(label));
}

function drawQueue(queue) {
  const totes = queue.totes.map(({ tote, wave }) => node("li", wave ? `${tote} · ${wave}` : tote, "chip"));
  if (queue.singles) totes.push(node("li", `${queue.singles} × 1`, "chip"));
  at("queue").replaceChildren(...(totes.length ? totes : [node("li", "–", "muted")]));
}

function draw(task) {
  const { view, step } = task;
  document.body.dataset.step = step;
  part("bench").hidden = step === "idle";
  part("idle").hidden = step !== "idle";
  if (step !== "idle") drawOrder(view, task);
  else at("wave").textContent = view.wave ?? "";
  if (view.queue) drawQueue(view.queue);
  if (step === "weigh") document.getElementById("weight").focus();
  for (const name of ["problem-open", "override-open"]) part(name)?.toggleAttribute("disabled", step === "idle" || step === "label");
  part("reprint-open").toggleAttribute("disabled", step !== "label");
}

// Panels: problem, reprint, override ----------------------------------------------------------------
function show(name, isOpen) {
  const panel = part(name);
  if (!panel) return;
  panel.hidden = !isOpen;
  if (isOpen) panel.querySelector("button, input:not([type=hidden])").focus();
  else document.getElementById("scan-field")?.focus({ preventScroll: true });
}

part("problem").addEventListener("submit", (event) => {
  event.preventDefault();
  command("PROBLEM", { reason: event.submitter.value });
  show("problem", false);
});
part("weigh").addEventListener("submit", (event) => {
  event.preventDefault();
  const kg = Number(document.getElementById("weight").value.replace(",", "."));
  if (kg > 0) command("DONE", { weight_g: Math.round(kg * 1000), reason: document.getElementById("weight-reason").value.trim() });
});

function openReprint() {
  const open = currentTask().view.labels?.find((row) => !row.scanned) ?? currentTask().view.labels?.[0];
  if (!open) return;
  part("reprint").action = `/scan/labels/${open.id}/reprint/`;
  part("open-again").setAttribute("formaction", `/scan/pack/${currentTask().id}/open/`);
  show("reprint", true);
}

function openOverride() {
  part("override").action = `/scan/pack/${currentTask().id}/override/`;
  show("override", true);
}

document.addEventListener("click", (event) => {
  const { dataset } = event.target.closest("button") ?? { dataset: {} };
  if (dataset.command) command(dataset.command);
  else if (dataset.box) scan(dataset.box, facts());
  else if ("problemOpen" in dataset) show("problem", true);
  else if ("problemClose" in dataset) show("problem", false);
  else if ("reprintOpen" in dataset) openReprint();
  else if ("reprintClose" in dataset) show("reprint", false);
  else if ("overrideOpen" in dataset) openOverride();
  else if ("overrideClose" in dataset) show("override", false);
});

document.addEventListener("scan:answer", ({ detail: answer }) => { if (answer.ask === "reprint") openReprint(); });

// A lone digit in the empty field chooses a box; more keys soon after are a code being typed or scanned.
const LONE_KEY_MS = 600;
addEventListener("keydown", ({ key, target }) => {
  if (key === "Escape") { for (const name of ["problem", "reprint", "override"]) show(name, false); return; }
  if (!/^[1-9]$/.test(key) || target.id !== "scan-field" || target.value) return;
  setTimeout(() => {
    const button = document.querySelector(`[data-box-key="${key}"]`);
    if (target.value === key && button) { target.value = ""; button.click(); }
  }, LONE_KEY_MS);
});

scale.checked = localStorage.getItem("bench-scale") === "yes";
scale.addEventListener("change", () => localStorage.setItem("bench-scale", scale.checked ? "yes" : "no"));
document.addEventListener("scan:task", ({ detail: task }) => draw(task));
draw(currentTask());
beatEvery(4);
const first = document.getElementById("scan-first");
if (first) addEventListener("load", () => scan(JSON.parse(first.textContent), facts()));
