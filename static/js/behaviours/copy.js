// <button data-copy="SO-104999">: copies and says so.
import { toast } from "./toasts.js";
import { say } from "./words.js";

document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    toast(say("copied", button.dataset.copy));
  } catch {
    toast(say("no-copy"));
  }
});
