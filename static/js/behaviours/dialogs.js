// <button data-dialog="id"> opens the native dialog; a click on the backdrop closes it. The browser returns the focus.
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) document.getElementById(opener.dataset.dialog)?.showModal();
  else if (event.target.matches?.("dialog[open].dialog")) event.target.close();
});
