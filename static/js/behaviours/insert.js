// <button data-insert-field="order.number">: writes the field where somebody was typing in a [data-insert].
let last = null;

document.addEventListener("focusin", (event) => {
  if (event.target.matches?.("[data-insert]")) last = event.target;
});
document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-insert-field]");
  if (!button) return;
  const place = last?.isConnected ? last : document.querySelector("[data-insert]");
  if (!place) return;
  place.setRangeText(`{{ ${button.dataset.insertField} }}`, place.selectionStart, place.selectionEnd, "end");
  place.dispatchEvent(new Event("input", { bubbles: true }));
  place.focus();
});
