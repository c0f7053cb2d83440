// A choice that shows another page at once: <select data-submits>. Without scripts the button beside it does the same.
document.addEventListener("change", (event) => {
  if (event.target.matches("select[data-submits]")) {
    event.target.form.submit();
  }
});
