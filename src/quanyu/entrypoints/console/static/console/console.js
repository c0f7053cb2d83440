// A choice that shows another page at once: <select data-submits>. Without scripts the button beside it does the same.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submits]")) {
    event.target.form.submit();
  }
});

// Something on the page is being made: look again after so many seconds, unless the reader is typing.
const waiting = document.querySelector("[data-reloads]");
if (waiting) {
  setTimeout(() => window.location.reload(), 1000 * Number(waiting.dataset.reloads));
}
