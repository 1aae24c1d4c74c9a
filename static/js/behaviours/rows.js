// A row with data-href opens like its link; selecting text or using a control inside does not.
const inside = "a, button, input, select, textarea, label, summary, [contenteditable]";

function target(event) {
  const row = event.target.closest("tr[data-href], [data-row][data-href]");
  if (!row || event.target.closest(inside) || String(getSelection())) return null;
  return row.dataset.href;
}

document.addEventListener("click", (event) => {
  const href = target(event);
  if (!href) return;
  if (event.ctrlKey || event.metaKey) window.open(href, "_blank", "noopener");
  else location.assign(href);
});
document.addEventListener("auxclick", (event) => {
  const href = event.button === 1 && target(event);
  if (href) window.open(href, "_blank", "noopener");
});
