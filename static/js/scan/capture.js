// Telling a scanner from a person. Pure: it is fed key events and answers whether a scan ended.
// A burst: at least 4 characters, no gap above 150 ms by the clock of the keyboard (event.timeStamp), ended by Enter or Tab.
import { GS } from "./parse.js";

export const GAP = 150;
export const SHORTEST = 4;

const PLAIN = {
  Minus: "-_", Equal: "=+", BracketLeft: "[{", BracketRight: "]}", Backslash: "\\|", Semicolon: ";:", Quote: "'\"",
  Backquote: "`~", Comma: ",<", Period: ".>", Slash: "/?", Space: "  ",
  NumpadSubtract: "--", NumpadAdd: "++", NumpadDecimal: "..", NumpadDivide: "//", NumpadMultiply: "**",
};
const SHIFTED_DIGITS = ")!@#$%^&*(";

// Software keyboards send capitals without Shift; Caps Lock does not count.
const isCapital = (event) => /^\p{Lu}$/u.test(event.key) && !event.getModifierState?.("CapsLock");

// The character a US keyboard has at this place, so that the layout of the host does not matter.
export function character(event) {
  const { code = "", key = "", shiftKey = false } = event;
  if (event.ctrlKey && code === "BracketRight") return GS;
  if (event.ctrlKey || event.metaKey || event.altKey) return "";
  if (/^Key[A-Z]$/.test(code)) return shiftKey || isCapital(event) ? code[3] : code[3].toLowerCase();
  if (/^Digit\d$/.test(code)) return shiftKey ? SHIFTED_DIGITS[Number(code[5])] : code[5];
  if (/^Numpad\d$/.test(code)) return code[6];
  if (code in PLAIN) return PLAIN[code][shiftKey ? 1 : 0];
  return key.length === 1 ? key : "";
}

export class Burst {
  constructor() { this.clear(); }

  clear() {
    this.text = "";
    this.first = this.last = -Infinity;
  }

  // True while characters follow each other as a scanner sends them.
  isRunning(at) { return this.text.length > 1 && at - this.last <= GAP; }

  // Takes a key event. {text, ms} when it ended a scan, else null.
  take(event) {
    const at = event.timeStamp;
    if (event.key === "Enter" || event.key === "Tab") return this.#end(at);
    const letter = character(event);
    if (!letter) return null;
    if (at - this.last > GAP) { this.text = ""; this.first = at; }
    this.text += letter;
    this.last = at;
    return null;
  }

  #end(at) {
    const { text, first, last } = this;
    this.clear();
    return text.length >= SHORTEST && at - last <= GAP ? { text, ms: Math.round(last - first) } : null;
  }
}
