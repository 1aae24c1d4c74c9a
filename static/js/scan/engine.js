// The scan engine (ux 4.0.5). On pages with #scan-task scans are judged at once, queued, and sent to /scan/events/ in order;
// on every other staff page a scan opens the search. The contract of task, event and answer: docs/scanning.md.
// Station modules draw on `scan:task` (detail: the task) and may send scans themselves with `scan(code, facts)`.
import { Burst } from "./capture.js";
import * as feedback from "./feedback.js";
import { advance, judge, replay } from "./judge.js";
import { Queue } from "./queue.js";
import { memoryStore, openStore } from "./store.js";
import { fill, words } from "./words.js";

const ADDRESS = "/scan/events/";
const TIMEOUT = 10_000;
const burst = new Burst();
const page = document.getElementById("scan-task");
let task = page ? JSON.parse(page.textContent) : null;
let queue = null;
let failures = 0;
// Scans on their way into the queue, and where an answer said to go once nothing waits.
let coming = 0;
let onward = "";

export const currentTask = () => task;
export const isScanning = (at) => burst.isRunning(at);

function setTask(next) {
  task = next;
  const prompt = document.querySelector("[data-scan-prompt] span");
  if (prompt && task.prompt) prompt.textContent = task.prompt;
  document.dispatchEvent(new CustomEvent("scan:task", { detail: task }));
}

// A queue outlives its page: an answer belongs to this screen only if its scan was for the work shown here.
const isOurs = (row, answer) =>
  row.station === (task.station ?? "") && [row.task, answer.task?.id].includes(task.id ?? "");
const waitingHere = (rows) => rows.filter((row) => row.station === (task.station ?? "") && row.task === (task.id ?? ""));

// Network ---------------------------------------------------------------------------------------
export const token = () => document.cookie.match(/csrftoken=([^;]+)/)?.[1]
  ?? document.querySelector("[name=csrfmiddlewaretoken]")?.value
  ?? JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] ?? "";

async function send(row) {
  const { local, ...facts } = row;
  const response = await fetch(ADDRESS, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRFToken": token(), Accept: "application/json" },
    body: JSON.stringify(facts),
    signal: AbortSignal.timeout(TIMEOUT),
    redirect: "error",
  });
  if (response.ok) return arrived(row, await response.json());
  if (response.status === 401) throw Object.assign(new Error(words.signedOut), { signedOut: true });
  if (response.status === 403) throw Object.assign(new Error(words.forbidden), { final: true });
  if (response.status < 500 && ![408, 425, 429].includes(response.status)) {
    const { error = String(response.status) } = await response.json().catch(() => ({}));
    throw Object.assign(new Error(fill(words.refused, { error })), { final: true });
  }
  throw new Error(String(response.status));
}

// From this moment on scans are for the work that the answer names; those before it are moved there with the answer.
function arrived(row, answer) {
  if (answer.task && isOurs(row, answer)) task = { ...task, id: answer.task.id };
  return answer;
}

async function tell() {
  const count = (await queue.pending()).length + coming;
  document.body.dataset.waiting = count;
  if (!count || (navigator.onLine && !failures)) feedback.bar("");
  else feedback.bar(fill(navigator.onLine ? words.slow : count === 1 ? words.offlineOne : words.offline, { count }));
}

const GOOD = new Set(["accepted", "line_done", "job_done"]);

async function answered(row, answer) {
  const rest = await queue.pending();
  if (isOurs(row, answer)) {
    if (answer.task) setTask(replay(answer.task, waitingHere(rest).map((one) => one.code)));
    onward = answer.go || onward;
  }
  const leave = onward && !rest.length && !coming ? () => location.assign(onward) : null;
  const agrees = row.local === answer.verdict;
  const detail = row.local && !GOOD.has(answer.verdict) ? words.corrected : "";
  if (!agrees) feedback.show({ verdict: answer.verdict, message: answer.message, detail }, { then: leave });
  else if (leave && feedback.isOpen()) feedback.show(answer, { then: leave });
  if (leave && !feedback.isOpen()) leave();
  document.dispatchEvent(new CustomEvent("scan:answer", { detail: answer }));
  await tell();
}

async function refused(row, problem) {
  feedback.show({ verdict: "unknown", message: problem.message });
  await tell();
}

async function start() {
  const store = await openStore().catch(memoryStore);
  const lock = navigator.locks ? (work) => navigator.locks.request("scan-queue", work) : (work) => work();
  queue = new Queue({
    store, send, lock, onAnswer: answered, onRefused: refused,
    onState: (state) => { failures = state.failures; if (state.problem?.signedOut) feedback.bar(words.signedOut); else tell(); },
  });
  setTask(replay(task, waitingHere(await queue.pending()).map((row) => row.code)));
  addEventListener("online", () => queue.wake());
  addEventListener("offline", tell);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) queue.wake(); });
  document.getElementById("scan-field")?.focus({ preventScroll: true });
  document.body.dataset.scan = "ready";
  queue.work();
}
const started = page ? start() : null;

// Scans -----------------------------------------------------------------------------------------
// A scan (or a button that stands for a command card): judged, shown, queued. `facts` go along (found, reason, weight_g).
export async function scan(code, facts = {}, ms = 0) {
  if (!page) { location.assign(`/search/?scan=1&q=${encodeURIComponent(code)}`); return; }
  const verdict = task.isGuess ? { verdict: "", units: 0 } : judge(task, code);
  if (verdict.command === "OK" && feedback.isOpen()) { feedback.clear(); return; }
  if (feedback.isStopped()) { feedback.show({ verdict: "stop", message: document.querySelector(".flood h2")?.textContent }); return; }
  if (verdict.units) setTask(advance(task, verdict));
  if (verdict.verdict && verdict.verdict !== "command") feedback.show(verdict, { isOffline: !navigator.onLine });
  else feedback.clear();
  coming += 1;
  document.body.dataset.waiting = Number(document.body.dataset.waiting ?? 0) + 1;
  await started;
  const local = verdict.verdict === "command" ? "" : verdict.verdict;
  await queue.add({ station: task.station ?? "", task: task.id ?? "", code, ms, ...facts, local });
  coming -= 1;
  await tell();
}

// Keys ------------------------------------------------------------------------------------------
const FIELD = "input:not([type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";

function swallow(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
}

function ended(event, { text, ms }) {
  const field = event.target.closest?.(FIELD);
  // A field with its own results opens the best row itself; any other field keeps its text.
  if (field && !field.matches("[data-scan]:not([data-results])")) return;
  swallow(event);
  if (field) field.value = "";
  scan(text, {}, ms);
}

function typed(event) {
  const field = event.target.closest?.("#scan-field");
  if (event.key !== "Enter" || !page) return;
  if (field?.value.trim()) {
    swallow(event);
    const code = field.value.trim();
    field.value = "";
    scan(code);
  } else if (feedback.isOpen()) { swallow(event); feedback.clear(); }
}

addEventListener("keydown", (event) => {
  if (event.repeat || event.isComposing) return;
  const found = burst.take(event);
  if (found) ended(event, found);
  else typed(event);
}, true);
document.addEventListener("pointerup", (event) => {
  if (page && !event.target.closest("a, button, input, select, textarea, label, summary, dialog")) document.getElementById("scan-field")?.focus({ preventScroll: true });
});
