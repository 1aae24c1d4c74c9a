// What a scanner says, taken apart. Pure: no page, no network. `ordermgmt/codes.py` is the reference for our own codes.
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const KINDS = new Set(["B", "T", "WV", "SO", "FO", "CMD", "U"]);
const NUMBERED = new Set(["WV", "SO", "FO"]);
const TRADE_LENGTHS = new Set([8, 12, 13, 14, 18]);
export const GS = "\x1d";

// ISO 7064 MOD 37,36 over letters and digits; everything else is passed over.
export function checkCharacter(text) {
  let value = 36;
  for (const letter of text.toUpperCase()) {
    const at = ALPHABET.indexOf(letter);
    if (at < 0) continue;
    value = (value + at) % 36 || 36;
    value = (value * 2) % 37;
  }
  return ALPHABET[(37 - value) % 36];
}

// GTIN-8, -12, -13, -14 and SSCC: the weighted sum is a multiple of ten.
export function tradeDigitHolds(digits) {
  const sum = [...digits].reverse().reduce((total, digit, place) => total + Number(digit) * (place % 2 ? 3 : 1), 0);
  return sum % 10 === 0;
}

// GS1 application identifiers: digits of a fixed length, or up to a length and ended by the separator.
const IDENTIFIERS = {
  "00": ["sscc", 18], "01": ["gtin", 14], "02": ["content", 14], "11": ["made", 6], "13": ["packed", 6], "15": ["best", 6],
  "17": ["expiry", 6], "10": ["lot", -20], "21": ["serial", -20], "30": ["count", -8], "37": ["count", -8], "400": ["order", -30],
};
const MARKS = /^\](C1|d2|e0|Q3|J1)/;

function date(text) {
  const [year, month, day] = [text.slice(0, 2), text.slice(2, 4), text.slice(4, 6)];
  return `20${year}-${month}-${day === "00" ? new Date(Date.UTC(2000 + Number(year), Number(month), 0)).getUTCDate() : day}`;
}

function bracketed(text) {
  const parts = [...text.matchAll(/\((\d{2,4})\)([^(]*)/g)];
  return parts.length ? parts.map(([, ai, value]) => ai + value).join(GS) : text;
}

// {gtin, lot, expiry, serial, count, sscc} of a GS1 element string; null when it is none.
export function elements(raw) {
  const marked = MARKS.test(raw) || raw.includes(GS) || /^\(\d{2,4}\)/.test(raw);
  let rest = bracketed(raw.replace(MARKS, ""));
  if (!marked && !/^(01\d{14}|00\d{18}$|02\d{14}37)/.test(rest)) return null;
  const found = {};
  while (rest) {
    if (rest[0] === GS) { rest = rest.slice(1); continue; }
    const ai = [2, 3].map((n) => rest.slice(0, n)).find((start) => start in IDENTIFIERS);
    if (!ai) return null;
    const [name, length] = IDENTIFIERS[ai];
    const body = rest.slice(ai.length);
    const end = length > 0 ? length : Math.min(...[body.indexOf(GS), body.length, -length].filter((n) => n >= 0));
    const value = body.slice(0, end);
    if (!value || (length > 0 && !/^\d+$/.test(value)) || value.length < length) return null;
    found[name] = value;
    rest = body.slice(end);
  }
  return tidy(found);
}

function tidy(found) {
  for (const name of ["gtin", "content", "sscc"]) if (found[name] && !tradeDigitHolds(found[name])) return null;
  const facts = { ...found, gtin: found.gtin ?? found.content };
  for (const name of ["made", "packed", "best", "expiry"]) if (facts[name]) facts[name] = date(facts[name]);
  if (facts.count) facts.count = Number(facts.count);
  delete facts.content;
  if (facts.gtin === undefined) delete facts.gtin;
  return facts;
}

function digits(text) {
  if (text.length > 18) return { text, kind: "", name: "" };
  return TRADE_LENGTHS.has(text.length) && tradeDigitHolds(text) ? { text, kind: "", name: "" } : null;
}

// {text, kind, name, gs1}; null when the scan was cut short (a check fails). Never an unknown item for a bad check.
export function read(raw) {
  const gs1 = elements(raw.trim());
  const text = raw.replaceAll(GS, "").replace(/\s+/g, "").toUpperCase();
  if (gs1) return { text: gs1.gtin ?? gs1.sscc ?? text, kind: "", name: "", gs1 };
  if (/^\d+$/.test(text)) return digits(text);
  const [kind, ...rest] = text.split("-");
  const tail = rest.join("-");
  if (!KINDS.has(kind) || !tail) return { text, kind: "", name: "" };
  if (NUMBERED.has(kind) && /^\d+$/.test(tail)) return { text, kind, name: text };
  const cut = text.lastIndexOf("-");
  const body = text.slice(0, cut);
  if (text.slice(cut + 1) !== checkCharacter(body)) return null;
  return { text, kind, name: NUMBERED.has(kind) ? body : body.slice(body.indexOf("-") + 1) };
}

// A GTIN is the same with and without leading zeros.
export function sameItem(one, other) {
  const number = /^\d+$/;
  return number.test(one) && number.test(other) ? one.replace(/^0+/, "") === other.replace(/^0+/, "") : one === other;
}
