// The place to drop a file: shows what was chosen, and says at once when it is too large to be sent.
document.addEventListener("DOMContentLoaded", () => {
  const form = document.querySelector("form[data-upload]");
  if (!form) {
    return;
  }
  const input = form.querySelector("input[type=file]");
  const place = form.querySelector(".qy-drop");
  const name = form.querySelector("[data-name]");
  const problem = form.querySelector("[data-problem]");
  const button = form.querySelector("button[type=submit]");
  const chosen = () => {
    const file = input.files[0];
    if (!file) {
      return;
    }
    const size = file.size < 1048576 ? `${Math.ceil(file.size / 1024)} KB` : `${(file.size / 1048576).toFixed(1)} MB`;
    name.textContent = `${file.name} (${size})`;
    const isTooLarge = file.size > Number(input.dataset.max);
    problem.hidden = !isTooLarge;
    problem.textContent = isTooLarge ? form.dataset.tooLarge : "";
    button.disabled = isTooLarge;
  };
  input.addEventListener("change", chosen);
  for (const kind of ["dragenter", "dragover"]) {
    place.addEventListener(kind, () => place.classList.add("qy-over"));
  }
  for (const kind of ["dragleave", "drop"]) {
    place.addEventListener(kind, () => place.classList.remove("qy-over"));
  }
  // A second click sends nothing more.
  form.addEventListener("submit", () => {
    button.disabled = true;
    name.textContent = form.dataset.sending;
  });
});
