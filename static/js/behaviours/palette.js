// Ctrl/Cmd+K: the palette. Its rows come from results.js; the browser gives the focus back when it closes.
const dialog = document.getElementById("palette");
const field = document.getElementById("palette-words");

export function openPalette(text = "") {
  if (!dialog || dialog.open) return;
  dialog.showModal();
  field.value = text;
  field.select();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("keydown", (event) => {
  if (event.key.toLowerCase() !== "k" || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  if (!dialog) return;
  event.preventDefault();
  if (dialog.open) dialog.close();
  else openPalette();
});
dialog?.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
