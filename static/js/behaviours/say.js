// <p id="home-say">: the sentence to read aloud for the chosen result. Its button copies it; so does Ctrl+C in the
// search field when nothing is selected there.
const bar = document.getElementById("home-say");
const button = bar?.querySelector("[data-copy]");

// The row of an exact code only opens its record; the record's own row stands below it and has the sentence.
function tell(option) {
  const own = option?.id === "hit-exact" ? option.parentElement.querySelector("[data-say]") : option;
  const words = own?.dataset.say ?? "";
  bar.hidden = !words;
  bar.querySelector("[data-say-words]").textContent = words;
  button.dataset.copy = words;
}

if (bar) {
  document.addEventListener("results:chosen", (event) => {
    if (event.target.id === "home-words") tell(event.detail);
  });
  document.addEventListener("keydown", (event) => {
    const field = event.target;
    if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "c" || field.id !== "home-words") return;
    if (field.selectionStart === field.selectionEnd && !bar.hidden) { event.preventDefault(); button.click(); }
  });
}
