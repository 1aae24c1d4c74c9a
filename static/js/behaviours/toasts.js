// Toasts stay 10 s, longer while the pointer or the focus is on them. `u` (keys.js) presses the last undo.
// Servers send the header `HX-Trigger: {"toast": {"text": "Held", "undo": "/orders/…/undo/"}}`.
import { say } from "./words.js";

const region = () => document.getElementById("toasts");
const STAY = 10_000;

function watch(toast) {
  let timer = setTimeout(() => toast.remove(), STAY);
  const stop = () => clearTimeout(timer);
  const start = () => { stop(); timer = setTimeout(() => toast.remove(), STAY); };
  toast.addEventListener("pointerenter", stop);
  toast.addEventListener("focusin", stop);
  toast.addEventListener("pointerleave", start);
  toast.addEventListener("focusout", start);
}

function undoForm(address) {
  const form = document.createElement("form");
  form.method = "post";
  form.action = address;
  const token = document.createElement("input");
  token.type = "hidden";
  token.name = "csrfmiddlewaretoken";
  token.value = JSON.parse(document.body.getAttribute("hx-headers") || "{}")["X-CSRFToken"] || "";
  const button = document.createElement("button");
  button.dataset.undo = "";
  button.textContent = say("undo");
  form.append(token, button);
  return form;
}

function closer() {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "close";
  button.dataset.toastClose = "";
  button.setAttribute("aria-label", say("close"));
  button.textContent = "✕";
  return button;
}

export function toast(text, undo) {
  const box = document.createElement("div");
  box.className = "toast";
  box.dataset.toast = "";
  const words = document.createElement("span");
  words.textContent = text;
  box.append(words);
  if (undo) box.append(undoForm(undo));
  box.append(closer());
  region()?.append(box);
  watch(box);
}

export const undoLast = () => [...document.querySelectorAll("[data-undo]")].at(-1)?.click();

document.addEventListener("toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.undo));
document.addEventListener("click", (event) => event.target.closest?.("[data-toast-close]")?.closest("[data-toast]").remove());
document.querySelectorAll("[data-toast]").forEach(watch);
document.addEventListener("htmx:oobAfterSwap", (event) => event.detail.target?.querySelectorAll?.("[data-toast]").forEach(watch));
