// <details data-menu>: one open at a time; Esc and a click outside close it and give the focus back.
const open = () => document.querySelectorAll("details[data-menu][open]");

function close(menu, focus) {
  menu.open = false;
  if (focus) menu.querySelector("summary")?.focus();
}

document.addEventListener("click", (event) => open().forEach((menu) => { if (!menu.contains(event.target)) close(menu, false); }));
document.addEventListener("keydown", (event) => {
  const menu = [...open()].at(-1);
  if (!menu) return;
  if (event.key === "Escape") { event.stopPropagation(); close(menu, true); return; }
  if (!["ArrowDown", "ArrowUp"].includes(event.key) || !menu.contains(document.activeElement)) return;
  const items = [...menu.querySelectorAll(".menu-panel :is(a, button)")];
  const at = items.indexOf(document.activeElement);
  const step = event.key === "ArrowDown" ? 1 : -1;
  items.at((at + step + items.length) % items.length)?.focus();
  event.preventDefault();
}, true);
document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) close(menu, false);
});
