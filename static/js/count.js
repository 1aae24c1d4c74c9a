// Counting by scans: each scan of an item adds its units to the field of that item; an unknown code goes into "another item".
const form = document.querySelector("[data-count]");
const scan = document.getElementById("count-scan");

function fieldOf(code) {
  for (const field of form.querySelectorAll("[data-count-codes]")) {
    for (const pair of field.dataset.countCodes.split(" ")) {
      const at = pair.lastIndexOf("=");
      if (bare(pair.slice(0, at)) === bare(code)) return [field, Number(pair.slice(at + 1))];
    }
  }
  return [null, 0];
}

// A GTIN is the same with and without leading zeros.
function bare(code) { return /^\d+$/.test(code) ? code.replace(/^0+/, "") : code.toUpperCase(); }

function take(code) {
  const [field, units] = fieldOf(code);
  if (/^CMD-DONE-/i.test(code)) { form.requestSubmit(); return; }
  if (field) {
    field.value = Number(field.value || 0) + units;
    document.getElementById("announce").textContent = `${field.labels[0].textContent.trim()}: ${field.value}`;
    return;
  }
  const other = form.querySelector("[data-count-other]");
  other.value = code;
  form.elements.other_units.focus();
}

scan?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  const code = scan.value.trim();
  scan.value = "";
  if (code) take(code);
});
scan?.focus();
