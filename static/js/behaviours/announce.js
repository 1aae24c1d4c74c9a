// One polite live region. Servers send the header `HX-Trigger: {"announce": "6 results"}`.
export function announce(text) {
  const region = document.getElementById("announce");
  if (!region || !text) return;
  region.textContent = "";
  requestAnimationFrame(() => { region.textContent = text; });
}

document.addEventListener("announce", (event) => announce(event.detail?.value ?? event.detail));
