// The side panel: <tr data-peek-url="/orders/SO-1/peek/">. keys.js calls peek() on Space and again when the cursor moves.
let opener = null;

const panel = () => document.getElementById("peek");

export function close() {
  panel()?.remove();
  opener?.querySelector("a")?.focus();
  opener = null;
}

export async function peek(row) {
  const address = row?.dataset.peekUrl ?? (row?.closest("[data-peeks]") && `${row.dataset.href}peek/`);
  if (!address) return;
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("peek");
  if (!fresh) return;
  panel()?.remove();
  opener = row;
  document.body.append(fresh);
  window.htmx?.process(fresh);
}

export const isOpen = () => Boolean(panel());

document.addEventListener("click", (event) => {
  if (event.target.closest?.("[data-peek-close]")) close();
  const button = event.target.closest?.("[data-peek-open]");
  if (button) peek(button.closest("[data-peek-url]")).then(() => panel()?.querySelector("h2")?.focus());
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && isOpen() && !document.querySelector("dialog[open]")) close();
});
