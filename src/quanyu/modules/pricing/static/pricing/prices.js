// Beside each price that is being changed: by how much. And nobody leaves the page with prices unsaved unasked.
function start(form) {
  const cells = [...form.querySelectorAll("[data-cell]")];
  const fen = (text) => {
    const plain = text.normalize("NFKC").replace(/[,¥\s]/g, "");
    return plain === "" ? NaN : Number(plain);
  };
  let isSending = false;
  const tell = () => {
    for (const cell of cells) {
      const [was, wanted] = [fen(cell.dataset.was), fen(cell.value)];
      const share = was > 0 && wanted >= 0 && was !== wanted ? ((wanted - was) * 100) / was : 0;
      const place = cell.parentElement.querySelector("[data-difference]");
      place.textContent = share ? `${share > 0 ? "+" : ""}${share.toFixed(1)}%` : "";
      place.className = share > 0 ? "qg-up" : "qg-down";
    }
  };
  form.addEventListener("input", tell);
  form.addEventListener("paste", () => setTimeout(tell));
  form.addEventListener("keyup", tell);
  form.addEventListener("submit", () => {
    isSending = true;
  });
  window.addEventListener("beforeunload", (event) => {
    if (!isSending && form.querySelector(".qg-changed")) {
      event.preventDefault();
    }
  });
  tell();
}

document.querySelectorAll("form[data-grid]").forEach(start);
