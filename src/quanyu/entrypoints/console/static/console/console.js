// A choice that shows another page at once: <select data-submits>. Without scripts the button beside it does the same.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submits]")) {
    event.target.form.submit();
  }
});

// Something on the page is being made: look again after so many seconds.
document.addEventListener("DOMContentLoaded", () => {
  const waiting = document.querySelector("[data-reloads]");
  if (waiting) {
    setTimeout(() => window.location.assign(window.location.href), 1000 * Number(waiting.dataset.reloads));
  }
});

// The heading of a column of figures stands where its figures stand.
document.addEventListener("DOMContentLoaded", () => {
  for (const table of document.querySelectorAll("#result_list")) {
    const headings = table.querySelectorAll("thead tr:last-child > th");
    for (const cell of table.querySelectorAll("tbody tr:first-child > *")) {
      if (cell.querySelector(":scope > .qy-number")) {
        headings[cell.cellIndex]?.classList.add("qy-of-numbers");
      }
    }
  }
});
