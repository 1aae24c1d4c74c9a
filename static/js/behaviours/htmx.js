// What happens around an htmx request: refusals are said, focus is never lost. Its settings stand in the page head.
import { say } from "./words.js";

const alerts = () => document.getElementById("alerts");
// Where the focus goes when what had it is gone, the best first.
const FOCUS = ["[data-focus]", "[aria-invalid=true]", "h1, h2, h3"];
let lastFocus = null;

function banner(text, retry) {
  const box = document.createElement("div");
  box.className = "banner tone-bad";
  const words = document.createElement("div");
  words.textContent = text;
  box.append(words);
  if (retry) {
    const button = document.createElement("button");
    button.className = "btn btn-s";
    button.type = "button";
    button.textContent = say("again");
    button.addEventListener("click", () => { box.remove(); retry(); });
    box.append(button);
  }
  alerts()?.replaceChildren(box);
}

const again = ({ requestConfig: { verb, path }, elt, target }) => () =>
  window.htmx.ajax(verb, path, { source: elt, target });

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`);
  else if (xhr.status === 403) banner(say("refused"));
  else if (xhr.status === 404) banner(say("gone"));
  else banner(say("fault"), again(event.detail));
});

document.addEventListener("htmx:sendError", (event) => banner(say("silent"), again(event.detail)));
document.addEventListener("htmx:timeout", (event) => banner(say("slow"), again(event.detail)));

document.addEventListener("htmx:beforeRequest", (event) => event.detail.target?.setAttribute("aria-busy", "true"));
document.addEventListener("htmx:afterRequest", (event) => event.detail.target?.removeAttribute("aria-busy"));
document.addEventListener("htmx:beforeSwap", (event) => {
  lastFocus = event.detail.target?.contains(document.activeElement) ? document.activeElement : null;
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (!lastFocus || lastFocus.isConnected) return;
  const id = lastFocus.id && document.getElementById(lastFocus.id);
  const inside = FOCUS.map((selector) => event.detail.elt?.querySelector?.(selector)).find(Boolean);
  const place = id || inside || document.getElementById("main");
  if (!place) return;
  if (!id && place.tabIndex < 0) place.tabIndex = -1;
  // What went wrong must be seen; everything else stays where it is.
  place.focus({ preventScroll: !place.matches("[data-focus]") });
  lastFocus = null;
});
