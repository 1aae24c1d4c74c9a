// node --test static/js/scan/tests/
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Burst, character } from "../capture.js";
import { advance, judge, replay } from "../judge.js";
import { checkCharacter, elements, read, sameItem } from "../parse.js";
import { Queue } from "../queue.js";
import { BUZZES, loudness, SOUNDS } from "../sounds.js";
import { memoryStore } from "../store.js";

globalThis.localStorage ??= { getItem: () => null };

const key = (letter, timeStamp, more = {}) => ({ key: letter, code: "", timeStamp, ...more });

function scanned(burst, code, { start = 0, ms = 8, end = "Enter", wait = ms } = {}) {
  let at = start;
  for (const letter of code) { burst.take(key(letter, at)); at += ms; }
  return burst.take(key(end, at - ms + wait));
}

// Capture -----------------------------------------------------------------------------------------
test("a burst is four characters and a quick Enter or Tab", () => {
  const burst = new Burst();
  assert.equal(scanned(burst, "7350000000017").text, "7350000000017");
  assert.equal(scanned(burst, "ABCD", { start: 1000, end: "Tab" }).text, "ABCD");
  assert.equal(scanned(burst, "ABC", { start: 2000 }), null);
  assert.equal(scanned(burst, "ABCDEF", { start: 3000, wait: 151 }), null);
});

test("a gap of 150 ms is still one scan, 151 ms is not", () => {
  const burst = new Burst();
  assert.equal(scanned(burst, "12345678", { ms: 150 }).text, "12345678");
  assert.equal(scanned(burst, "12345678", { start: 10_000, ms: 151 }), null);
});

test("keys before a pause are not part of the scan", () => {
  const burst = new Burst();
  burst.take(key("x", 0));
  assert.equal(scanned(burst, "SO-104999", { start: 400 }).text, "SO-104999");
});

const US = { A: "KeyA", Q: "KeyQ", Z: "KeyZ", Y: "KeyY", "-": "Minus", 1: "Digit1" };
test("the place of the key counts, not the layout of the host", () => {
  const layouts = { swedish: { "-": "+" }, german: { "-": "ß", Z: "Y", Y: "Z" }, french: { A: "Q", Q: "A", "-": ")", 1: "&" } };
  for (const layout of Object.values(layouts)) {
    const burst = new Burst();
    let at = 0;
    for (const letter of "QAZY-1A-Q") {
      const shiftKey = /[A-Z]/.test(letter);
      burst.take({ key: layout[letter] ?? letter, code: US[letter], shiftKey, timeStamp: (at += 8) });
    }
    assert.equal(burst.take(key("Enter", at + 8)).text, "QAZY-1A-Q");
  }
});

test("characters of the number pad, the separator, and none of a shortcut", () => {
  assert.equal(character({ code: "Numpad7", key: "Home" }), "7");
  assert.equal(character({ code: "BracketRight", key: "]", ctrlKey: true }), "\x1d");
  assert.equal(character({ code: "KeyK", key: "k", ctrlKey: true }), "");
  assert.equal(character({ code: "", key: "é" }), "é");
  assert.equal(character({ code: "", key: "Unidentified" }), "");
});

// Parse -------------------------------------------------------------------------------------------
test("our codes agree with ordermgmt/codes.py", { skip: !process.env.CODE_VECTORS }, () => {
  for (const { text, answer } of JSON.parse(readFileSync(process.env.CODE_VECTORS, "utf8"))) {
    const ours = read(text);
    assert.deepEqual(ours && { text: ours.text, kind: ours.kind, name: ours.name }, answer, text);
  }
});

test("a code that was cut short is none, never another item", () => {
  const place = `B-A12-03-2-${checkCharacter("B-A12-03-2")}`;
  assert.equal(read(place).name, "A12-03-2");
  for (const whole of [place, "7350000000017", "073500120000000123"].map(String)) {
    if (read(whole) === null) continue;
    const cut = read(whole.slice(2));
    assert.ok(cut === null || cut.kind === "", whole);
  }
  assert.equal(read("7350000000010"), null);
});

test("GS1 element strings in all three dresses", () => {
  const facts = { gtin: "07350012000011", lot: "L42", expiry: "2026-12-31", count: 6 };
  assert.deepEqual(elements("]C10107350012000011172612311" + "0L42\x1d376"), facts);
  assert.deepEqual(elements("(01)07350012000011(17)261231(10)L42(37)6"), facts);
  assert.deepEqual(elements("]d201073500120000111726120010L42\x1d376"), facts);
  assert.deepEqual(elements("]C10107350012000011211234"), { gtin: "07350012000011", serial: "1234" });
  assert.equal(elements("0107350012000012"), null);
  assert.equal(elements("7350000000017"), null);
});

test("a GTIN is the same with and without leading zeros", () => {
  assert.ok(sameItem("07350012000011", "7350012000011"));
  assert.ok(!sameItem("A-01", "A-1"));
});

// Judge -------------------------------------------------------------------------------------------
const OAT = "7350012000011", CASE = "17350012000018", SOY = "7350012000028";
const task = {
  id: "WV-118", station: "pick", wrong: "You scanned {code}. Needed: Oat drink 1 l.", known: { [SOY]: "Soy drink 1 l" },
  expect: [
    { codes: [OAT], units: 1, left: 4, verdict: "accepted", message: "Oat drink 1 l" },
    { codes: [CASE], units: 6, left: 4, verdict: "accepted", message: "Oat drink 1 l" },
  ],
  commands: ["SHORT"],
};

test("right, wrong, unknown, too many, cut short, command", () => {
  assert.equal(judge(task, OAT).verdict, "accepted");
  assert.equal(judge(task, `0${OAT}`).units, 1);
  assert.deepEqual([judge(task, SOY).verdict, judge(task, SOY).message], ["wrong", "You scanned Soy drink 1 l. Needed: Oat drink 1 l."]);
  assert.equal(judge(task, "4006381333931").verdict, "unknown");
  assert.equal(judge(task, "4006381333932").message, "That scan was cut short. Scan again");
  assert.equal(judge(task, CASE).verdict, "extra");
  assert.equal(judge(task, `CMD-SHORT-${checkCharacter("CMD-SHORT")}`).command, "SHORT");
  assert.equal(judge(task, "WV-200").verdict, "");
});

test("a case counts its content and says so", () => {
  const roomy = { ...task, expect: [{ codes: [CASE], units: 6, left: 12, verdict: "accepted", message: "Oat drink 1 l" }] };
  const verdict = judge(roomy, CASE);
  assert.equal(verdict.units, 6);
  assert.equal(verdict.message, "Case of 6. Oat drink 1 l");
  assert.equal(judge(roomy, `]C102${CASE}372`).units, 12);
});

test("wrong scans do not change counts", () => {
  for (const code of [SOY, "4006381333931", "1234567", CASE]) assert.equal(advance(task, judge(task, code)), task);
});

test("counts go down, then the next step comes, then only the server knows", () => {
  const step = { prompt: "Scan soy", expect: [{ codes: [SOY], left: 1, verdict: "job_done" }] };
  const short = { ...task, expect: [{ codes: [OAT], left: 2 }], ahead: [step] };
  const once = replay(short, [OAT]);
  assert.equal(once.expect[0].left, 1);
  const twice = replay(short, [OAT, OAT]);
  assert.equal(twice.prompt, "Scan soy");
  assert.equal(judge(twice, SOY).verdict, "job_done");
  assert.equal(replay(short, [OAT, OAT, SOY]).isGuess, true);
});

test("the codes of one line count down together", () => {
  const line = (codes, units = 1) => ({ codes, units, left: 3, line: "A1 OAT" });
  const three = { ...task, expect: [line(["OAT-1L"]), line([OAT]), line([CASE], 2)], ahead: [{ prompt: "Scan soy", expect: [] }] };
  const after = advance(three, judge(three, CASE));
  assert.deepEqual(after.expect.map((one) => one.left), [1, 1, 1]);
  assert.equal(judge(after, CASE).verdict, "extra");
  assert.equal(judge(after, OAT).verdict, "line_done");
  assert.equal(replay(three, [OAT, "OAT-1L", OAT]).prompt, "Scan soy");
});

test("one unit more than wanted is extra", () => {
  const full = { ...task, expect: [{ codes: [OAT], left: 0 }, { codes: [SOY], left: 1 }] };
  assert.equal(judge(full, OAT).verdict, "extra");
});

// Queue -------------------------------------------------------------------------------------------
function queueWith(send) {
  const answers = [], refusals = [];
  const queue = new Queue({
    store: memoryStore(), send, pause: () => Promise.resolve(),
    onAnswer: (row, answer) => answers.push([row.code, answer]), onRefused: (row) => refusals.push(row.code),
  });
  return { queue, answers, refusals };
}

test("scans arrive once, in order, whatever fails between", async () => {
  const got = [];
  let calls = 0;
  const { queue, answers } = queueWith(async (row) => {
    calls += 1;
    if (calls % 3 === 0) throw new Error("network");
    got.push(row);
    return { verdict: "accepted" };
  });
  for (let n = 0; n < 30; n += 1) await queue.add({ code: String(n) });
  await queue.work();
  assert.deepEqual(got.map((row) => row.code), [...Array(30).keys()].map(String));
  assert.equal(answers.length, 30);
  const numbers = got.map((row) => row.sequence);
  assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b));
  assert.equal(new Set(numbers).size, 30);
  assert.deepEqual(await queue.pending(), []);
});

test("an answer that was lost is asked for again under the same number", async () => {
  const seen = [];
  const { queue } = queueWith(async (row) => {
    seen.push(row.sequence);
    if (seen.length === 1) throw new Error("answer lost");
    return {};
  });
  await queue.add({ code: "1" });
  await queue.work();
  assert.equal(seen[0], seen[1]);
});

test("what is scanned before an answer is for the work that the answer names", async () => {
  const sent = [];
  const { queue } = queueWith(async ({ code, task }) => {
    sent.push([code, task]);
    return { task: { station: "pack", id: code === "tote" ? "FO-1" : task } };
  });
  for (const [station, code] of [["pack", "tote"], ["pack", "item"], ["pick", "other"], ["pack", "item"]]) {
    await queue.store.append({ station, task: "", code });
  }
  await queue.work();
  assert.deepEqual(sent.filter(([code]) => code === "item"), [["item", "FO-1"], ["item", "FO-1"]]);
  assert.deepEqual(sent.find(([code]) => code === "other"), ["other", ""]);
});

test("a scan the server cannot read is reported and does not block the others", async () => {
  const { queue, answers, refusals } = queueWith(async (row) => {
    if (row.code === "bad") throw Object.assign(new Error("400"), { final: true });
    return {};
  });
  for (const code of ["a", "bad", "b"]) await queue.add({ code });
  await queue.work();
  assert.deepEqual(refusals, ["bad"]);
  assert.deepEqual(answers.map(([code]) => code), ["a", "b"]);
});

// Sounds ------------------------------------------------------------------------------------------
test("sounds and vibrations of the table", () => {
  const length = (name) => SOUNDS[name].reduce((sum, part) => sum + part.ms, 0);
  assert.deepEqual(["ok", "line", "job", "warn", "wrong", "stop", "print"].map(length), [70, 160, 330, 220, 400, 900, 40]);
  assert.deepEqual(BUZZES.wrong, [200, 100, 200]);
  assert.deepEqual(BUZZES.stop, [400, 100, 400]);
  assert.equal(loudness("ok", 0), 0);
  assert.equal(loudness("wrong", 0), 0.2);
});
