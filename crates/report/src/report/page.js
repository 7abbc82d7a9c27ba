"use strict";
// Columns of tables sort on a click or a key.
for (const table of document.querySelectorAll("table")) {
  const body = table.tBodies[0];
  const written = [...body.rows];
  // A cell's text, and the number that it begins with.
  const value = (row, column) => {
    const cell = row.cells[column];
    const text = (cell?.dataset.sort ?? cell?.textContent ?? "").trim().replace("−", "-");
    return { text, number: /^-?[\d.]/.test(text) ? parseFloat(text) : NaN };
  };
  [...table.tHead.rows[0].cells].forEach((head, column) => {
    if ("unsorted" in head.dataset) return;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const before = head.getAttribute("aria-sort");
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      const order = before === "ascending" ? "descending" : before === "descending" ? null : "ascending";
      if (order === null) return body.append(...written);
      head.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const numeric = written.filter((row) => !Number.isNaN(value(row, column).number)).length > written.length / 2;
      body.append(...[...written].sort((a, b) => {
        const [x, y] = [value(a, column), value(b, column)];
        if (!numeric) return sign * x.text.localeCompare(y.text);
        // Cells without a number stay last.
        if (Number.isNaN(x.number) || Number.isNaN(y.number)) return Number.isNaN(x.number) - Number.isNaN(y.number);
        return sign * (x.number - y.number);
      }));
    });
  });
}

// Search and filters, where there are several experiments.
const entries = [...document.querySelectorAll("[data-verdicts]")];
const sections = entries.filter((entry) => entry.matches("section"));
if (sections.length > 1) {
  const controls = document.createElement("form");
  controls.className = "controls";
  controls.setAttribute("role", "search");
  controls.addEventListener("submit", (event) => event.preventDefault());
  const field = (name, element) => {
    const label = document.createElement("label");
    label.append(name, element);
    controls.append(label);
    return element;
  };
  const choice = (name, all, values) => {
    const select = document.createElement("select");
    select.append(new Option(all, ""));
    for (const value of [...values].filter(Boolean)) select.append(new Option(value.replaceAll("-", " "), value));
    return field(name, select);
  };
  const search = document.createElement("input");
  search.type = "search";
  search.name = "search";
  field("Search", search);
  const verdict = choice("Verdict", "any", new Set(entries.flatMap((entry) => entry.dataset.verdicts.split(" "))));
  verdict.name = "verdict";
  const subject = choice("Subject", "all", new Set(sections.flatMap((section) => section.dataset.subjects.split("|"))));
  subject.name = "subject";
  const count = document.createElement("output");
  count.setAttribute("aria-live", "polite");
  controls.append(count);
  document.querySelector("h1").after(controls);

  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const entry of entries) {
      const text = entry.textContent.toLowerCase();
      entry.hidden = !(words.every((word) => text.includes(word))
        && (!verdict.value || entry.dataset.verdicts.split(" ").includes(verdict.value))
        && (!subject.value || entry.dataset.subjects.split("|").includes(subject.value)));
    }
    // A heading without an experiment below it says nothing.
    for (const heading of document.querySelectorAll("h2")) {
      const below = [];
      for (let next = heading.nextElementSibling; next && !next.matches("h2"); next = next.nextElementSibling) below.push(next);
      heading.hidden = below.length > 0 && below.every((next) => next.matches("section[data-verdicts]") && next.hidden);
      const link = document.querySelector(`nav a[href="#${CSS.escape(heading.id)}"]`);
      if (link) link.parentElement.hidden = heading.hidden;
    }
    if (words.length || verdict.value || subject.value) {
      for (const folded of document.querySelectorAll("details")) {
        if (folded.querySelector("tr[data-verdicts]")) folded.open = folded.querySelector("tr[data-verdicts]:not([hidden])") !== null;
      }
    }
    count.value = `${sections.filter((section) => !section.hidden).length} of ${sections.length} experiments`;
  };
  controls.addEventListener("input", filter);
  filter();
}

// Paper shows what a screen folds or has not loaded.
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  for (const image of document.images) image.loading = "eager";
});
