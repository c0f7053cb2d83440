// What can be opened below a row starts closed; without scripts it stands open.
document.addEventListener("DOMContentLoaded", () => {
  for (const button of document.querySelectorAll("[data-opens]")) {
    const place = document.getElementById(button.dataset.opens);
    const show = (open) => {
      place.hidden = !open;
      button.setAttribute("aria-expanded", String(open));
    };
    show(false);
    button.addEventListener("click", () => show(place.hidden));
  }

  // Chips show one kind of moment at a time.
  for (const box of document.querySelectorAll("[data-moments]")) {
    const chips = box.querySelectorAll(".qy-chip");
    for (const chip of chips) {
      chip.addEventListener("click", () => {
        chips.forEach((one) => one.setAttribute("aria-pressed", String(one === chip)));
        for (const moment of box.querySelectorAll(".qy-moment")) {
          moment.hidden = chip.dataset.kind !== "" && moment.dataset.kind !== chip.dataset.kind;
        }
      });
    }
  }

  for (const button of document.querySelectorAll("[data-prints]")) {
    button.addEventListener("click", () => window.print());
  }
});
