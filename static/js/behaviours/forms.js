// A form is sent once; steppers step; an error summary takes the focus; choice filters apply on change.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.hasAttribute("data-theme-form") || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  event.submitter?.setAttribute("aria-busy", "true");
});

function free(form) {
  delete form.dataset.sent;
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"));
}

window.addEventListener("pageshow", (event) => { if (event.persisted) document.querySelectorAll("form[data-sent]").forEach(free); });
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt?.closest?.("form");
  if (form) free(form);
});

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-step]");
  const field = button?.closest("[data-stepper]").querySelector("input");
  if (!field) return;
  if (button.dataset.step > 0) field.stepUp();
  else field.stepDown();
  field.dispatchEvent(new Event("change", { bubbles: true }));
});

document.addEventListener("change", (event) => {
  if (event.target.matches?.("[data-apply]")) event.target.form?.requestSubmit();
});

// <form data-reckon="#sums">: a field that changed lets the block work itself out anew (hx-trigger="reckon").
let reckoning = 0;
document.addEventListener("change", (event) => {
  const form = event.target.form?.closest("[data-reckon]");
  if (!form || event.target.matches("[data-results]")) return;
  clearTimeout(reckoning);
  reckoning = setTimeout(() => window.htmx?.trigger(form.dataset.reckon, "reckon"), 150);
});

// <button data-types-into="id">: what is typed while it has the focus goes into that field, except its own key.
document.addEventListener("keydown", (event) => {
  const { typesInto, key } = event.target.dataset ?? {};
  const isText = event.key.length === 1 && event.key !== " " && event.key.toLowerCase() !== key;
  if (!typesInto || !isText || event.ctrlKey || event.metaKey || event.altKey) return;
  document.getElementById(typesInto)?.focus();
  event.stopPropagation();
}, true);

document.querySelector("[data-focus]")?.focus();
