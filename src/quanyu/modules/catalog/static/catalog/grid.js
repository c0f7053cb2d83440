// A grid of inputs worked like a spreadsheet: arrows and Enter move, Esc takes back, a column from Excel is pasted.
// Cells: <input data-cell="key" data-was="...">; what differs is sent as one JSON field, nothing else.
const YES = new Set(["1", "x", "y", "yes", "true", "是", "✓", "on"]);
const valueOf = (cell) => (cell.type === "checkbox" ? (cell.checked ? "1" : "0") : cell.value.trim());
const put = (cell, text) => {
  if (cell.disabled || cell.readOnly) {
    return;
  }
  if (cell.type === "checkbox") {
    cell.checked = YES.has(text.trim().toLowerCase());
  } else {
    cell.value = text.trim();
  }
};

function start(form) {
  const rows = [...form.querySelectorAll("tr")].map((row) => [...row.querySelectorAll("[data-cell], [data-sets]")]).filter((row) => row.length);
  const cells = [...form.querySelectorAll("[data-cell]")];
  const button = form.querySelector("[data-save]");
  const count = form.querySelector("[data-count]");
  const changed = () => cells.filter((cell) => valueOf(cell) !== cell.dataset.was);
  const tell = () => {
    cells.forEach((cell) => cell.closest("td").classList.toggle("qg-changed", valueOf(cell) !== cell.dataset.was));
    const many = changed().length;
    count.textContent = many;
    button.disabled = many === 0;
  };
  const at = (cell) => {
    const line = rows.findIndex((row) => row.includes(cell));
    return [line, rows[line].indexOf(cell)];
  };
  const go = (cell, down, right) => {
    const [line, place] = at(cell);
    const next = rows[line + down]?.[place + right];
    if (next) {
      next.focus();
      next.select?.();
    }
    return Boolean(next);
  };
  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], Enter: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  form.addEventListener("keydown", (event) => {
    const cell = event.target;
    if (!cell.matches("[data-cell], [data-sets]") || event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    if (event.key === "Escape" && cell.dataset.cell) {
      put(cell, cell.dataset.was);
      tell();
    }
    const move = moves[event.key];
    if (!move) {
      return;
    }
    const isText = cell.type !== "checkbox";
    const inside = isText && cell.selectionStart === cell.selectionEnd && ((event.key === "ArrowLeft" && cell.selectionStart > 0) || (event.key === "ArrowRight" && cell.selectionEnd < cell.value.length));
    if (!inside) {
      event.preventDefault();
      go(cell, ...move);
    }
  });
  form.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (!event.target.matches("[data-cell]") || (!/[\n\t]/.test(text) && event.target.type !== "checkbox")) {
      return;
    }
    event.preventDefault();
    const [line, place] = at(event.target);
    text.replace(/\r?\n$/, "").split(/\r?\n/).forEach((texts, down) => {
      texts.split("\t").forEach((one, right) => {
        const cell = rows[line + down]?.[place + right];
        if (cell?.dataset.cell) {
          put(cell, one);
        }
      });
    });
    tell();
  });
  form.addEventListener("input", (event) => {
    const from = event.target;
    if (from.dataset.sets) {
      for (const cell of cells) {
        const row = cell.closest("tr");
        if (cell.dataset.column === from.dataset.column && row.dataset.above.split(" ").includes(from.dataset.sets) && !cell.disabled) {
          cell.checked = from.checked;
        }
      }
    }
    tell();
  });
  form.addEventListener("submit", () => {
    form.elements.changes.value = JSON.stringify(changed().map((cell) => [cell.dataset.cell, cell.dataset.was, valueOf(cell)]));
    button.disabled = true;
  });
  tell();
}

document.querySelectorAll("form[data-grid]").forEach(start);
