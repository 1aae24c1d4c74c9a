// <button data-copy="SO-104999">: copies and says so.
import { toast } from "./toasts.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(`Copied ${button.dataset.copy}`);
  } catch {
    toast("The browser did not allow copying. Select the text and press Ctrl C.");
  }
});
