// A search box above every field for goods: what is chosen is added as a line. Without scripts codes are typed.
for (const field of document.querySelectorAll("textarea[data-goods]")) {
  const box = document.createElement("div");
  box.className = "goods-find";
  const input = document.createElement("input");
  input.type = "search";
  input.autocomplete = "off";
  input.placeholder = field.dataset.goodsFind;
  input.setAttribute("aria-label", field.dataset.goodsFind);
  input.className = field.className;
  const list = document.createElement("ul");
  list.hidden = true;
  box.append(input, list);
  field.before(box);

  const add = (code) => {
    const kept = field.value.replace(/\s+$/, "");
    // Where an amount stands before the code, a last line that has only the amount waits for it.
    const words = kept.split("\n").at(-1).split(/\s+/).filter(Boolean).length;
    const waits = words > 0 && words === Number(field.dataset.goodsBefore);
    field.value = kept + (kept ? (waits ? " " : "\n") : "") + code + " ";
    list.hidden = true;
    input.value = "";
    field.focus();
  };
  let asked = 0;
  let timer;
  const search = async () => {
    const turn = ++asked;
    const text = input.value.trim();
    if (!text) {
      list.hidden = true;
      return;
    }
    const answer = await fetch(`${field.dataset.goods}?q=${encodeURIComponent(text)}`);
    if (!answer.ok || turn !== asked) {
      return;
    }
    // Made by our own server, which escapes names; the page's rules let nothing in it run.
    list.innerHTML = await answer.text();
    list.hidden = list.children.length === 0;
  };
  list.addEventListener("click", (event) => {
    const choice = event.target.closest("button");
    if (choice) {
      add(choice.value);
    }
  });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 200);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault();
      list.querySelector("button")?.click();
    } else if (event.key === "Escape") {
      list.hidden = true;
    }
  });
}
