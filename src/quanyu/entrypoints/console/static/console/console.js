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
