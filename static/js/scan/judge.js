// The verdict before the network answers, from the task the page carries (docs/scanning.md). Pure.
import { read, sameItem } from "./parse.js";
import { fill, words } from "./words.js";

const isRight = (code, expected) => expected.codes.some((one) => sameItem(code.text, one.toUpperCase()));

function units(code, expected) {
  return (code.gs1?.count ?? 1) * (expected.units ?? 1);
}

function hit(code, expected) {
  const counted = units(code, expected);
  const left = expected.left ?? 1;
  if (counted > left) return { verdict: "extra", message: fill(left > 0 ? words.tooMany : words.extra, { left, units: counted }), units: 0 };
  const said = counted > 1 ? fill(words.caseOf, { units: counted }) : "";
  return {
    verdict: expected.line && counted === left ? "line_done" : expected.verdict ?? "accepted",
    message: [said, expected.message].filter(Boolean).join(" "),
    units: counted,
    expected,
  };
}

function nameOf(task, code) {
  const known = Object.entries(task.known ?? {}).find(([one]) => sameItem(code.text, one.toUpperCase()));
  return known?.[1];
}

// {verdict, message, units, command}; verdict "" means only the server can tell (a code of ours that starts other work).
export function judge(task, raw) {
  const code = read(raw);
  if (code === null) return { verdict: "unknown", message: words.cut, units: 0 };
  if (code.kind === "CMD") return { verdict: "command", message: "", units: 0, command: code.name };
  const expected = (task.expect ?? []).filter((one) => isRight(code, one));
  const open = expected.find((one) => (one.left ?? 1) > 0) ?? expected[0];
  if (open) return hit(code, open);
  const name = nameOf(task, code);
  if (name) return { verdict: "wrong", message: fill(task.wrong || words.wrong, { code: name }), units: 0 };
  if (code.kind || !task.expect?.length) return { verdict: "", message: "", units: 0 };
  return { verdict: "unknown", message: fill(words.unknown, { code: code.text }), units: 0 };
}

const used = (task) => (task.expect ?? []).length > 0 && task.expect.every((one) => (one.left ?? 1) <= 0);

// The codes of one line (its item, its barcode, its case) stand for the same goods.
const isSame = (one, other) => one === other || (one.line !== undefined && one.line === other.line);

// The task after a right scan, as far as the page can know: counts go down; when all is done the next step of `ahead` comes.
// `isGuess` marks a task whose next step only the server knows.
export function advance(task, verdict) {
  if (!verdict.units) return task;
  const expect = task.expect.map((one) => (isSame(one, verdict.expected) ? { ...one, left: (one.left ?? 1) - verdict.units } : one));
  const next = { ...task, expect };
  if (!used(next)) return next;
  const [step, ...ahead] = task.ahead ?? [];
  return step ? { ...next, ...step, ahead } : { ...next, isGuess: true };
}

// The task with the scans on top that the server has not answered yet.
export function replay(task, codes) {
  return codes.reduce((state, code) => (state.isGuess ? state : advance(state, judge(state, code))), task);
}
