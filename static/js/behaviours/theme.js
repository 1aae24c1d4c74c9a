// The theme changes at once; the form also works without this file.
document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-theme-form]");
  if (!form) return;
  event.preventDefault();
  const chosen = event.submitter.value;
  if (chosen) document.documentElement.dataset.theme = chosen;
  else delete document.documentElement.dataset.theme;
  form.querySelectorAll("[name=theme]").forEach((button) => button.setAttribute("aria-pressed", String(button === event.submitter)));
  const data = new FormData(form);
  data.set("theme", chosen);
  await fetch(form.action, { method: "POST", body: data });
});
