"use strict";
const form = document.forms[0];
const [search, count] = [form.querySelector("[type=search]"), form.querySelector("output")];
const boxes = [...form.querySelectorAll("[name=kind]")];
const tables = [...document.querySelectorAll("table[data-noun]")].map((table) => ({
  noun: table.dataset.noun,
  rows: [...table.tBodies[0].rows].map((row) => ({ row, text: row.textContent.toLowerCase() })),
}));

function apply() {
  const words = search.value.toLowerCase().split(/\s+/);
  const unwanted = new Set(boxes.filter((box) => !box.checked).map((box) => box.value));
  count.value = tables.map(({ noun, rows }) => {
    const left = rows.filter(({ row, text }) => {
      const fits = !unwanted.has(row.dataset.kind) && words.every((word) => text.includes(word));
      row.classList.toggle("out", !fits);
      return fits;
    });
    return `${left.length} of ${rows.length} ${noun}`;
  }).join(", ");
}

function showAll() {
  form.reset();
  apply();
}

form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
form.querySelector("button").addEventListener("click", showAll);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    showAll();
  } else if (event.key === "/" && event.target !== search && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    search.focus();
  }
});
form.hidden = false;
apply();
