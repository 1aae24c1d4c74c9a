// Once a day and person this device plays two notes and asks whether they were heard (P02).
import { sound } from "./sounds.js";

const KEPT = "scan-heard";
const box = document.querySelector("[data-sound-check]");
const part = (name) => box.querySelector(`[data-${name}]`);

function end() {
  localStorage.setItem(KEPT, box.dataset.soundCheck);
  box.hidden = true;
  document.getElementById("scan-field")?.focus({ preventScroll: true });
}

function play() {
  sound("line");
  part("answers").hidden = false;
}

// Nothing was heard: as loud as this page can be, and what a person can do.
function silent() {
  localStorage.setItem("scan-volume", "1");
  part("silent").hidden = false;
  part("play").focus();
}

if (box && localStorage.getItem(KEPT) !== box.dataset.soundCheck) {
  part("play").addEventListener("click", play);
  part("heard").addEventListener("click", end);
  part("unheard").addEventListener("click", silent);
  box.hidden = false;
}
