// Lists: rows by keyboard, the drawer, choosing rows, days of a period, the order of columns. Without it all works by
// links and buttons.
(() => {
  "use strict";

  const rows = () => [...document.querySelectorAll("#result_list tbody tr")];
  const isTyping = (target) => target.closest("input:not([type=checkbox]), select, textarea, [contenteditable]");
  const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey);

  // Rows. One of them can be reached by Tab, the arrows go on from there.
  function current() {
    return document.activeElement?.closest("#result_list tbody tr");
  }
  function stand(row) {
    if (!row) return;
    for (const other of rows()) other.tabIndex = other === row ? 0 : -1;
    row.focus();
    row.scrollIntoView({ block: "nearest" });
  }
  function step(by) {
    const all = rows();
    const at = all.indexOf(current());
    stand(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + by, 0), all.length - 1)]);
  }

  // The drawer is a modal dialog of the browser: it keeps the focus inside, closes by Esc and gives the focus back.
  let shown = null;
  function drawer() {
    return document.getElementById("qy-drawer");
  }
  function peek(row) {
    const box = drawer();
    if (!row || !box) return;
    shown?.removeAttribute("data-open");
    shown = row;
    row.setAttribute("data-open", "");
    const address = row.dataset.row;
    const body = document.getElementById("qy-drawer-body");
    box.querySelector("[data-drawer-page]").href = address;
    const at = rows().indexOf(row);
    box.querySelector('[data-drawer-step="-1"]').disabled = at <= 0;
    box.querySelector('[data-drawer-step="1"]').disabled = at === rows().length - 1;
    body.textContent = box.dataset.loading;
    if (!box.open) {
      stand(row);
      box.showModal();
    }
    fetch(address, { headers: { "HX-Request": "true" }, credentials: "same-origin" })
      .then((answer) => (answer.ok && !answer.redirected ? answer.text() : Promise.reject(new Error(answer.status))))
      .then((text) => {
        if (shown !== row) return;
        window.htmx.swap(body, text, { swapStyle: "innerHTML" });
        const title = body.querySelector("h1");
        if (title) box.setAttribute("aria-label", title.textContent.trim());
        body.scrollTop = 0;
        body.focus();
      })
      .catch(() => {
        if (shown === row) body.textContent = box.dataset.failed;
      });
  }
  function closed() {
    shown?.removeAttribute("data-open");
    stand(shown);
    shown = null;
    document.getElementById("qy-drawer-body").textContent = "";
  }

  function pressed(event) {
    const dialog = document.querySelector("dialog[open]");
    if (dialog) {
      if (dialog.id === "qy-drawer" && !isTyping(event.target) && isPlain(event) && /^[jk]$/.test(event.key)) {
        beside(event.key === "j" ? 1 : -1);
      }
      return;
    }
    if (event.key === "Escape") {
      for (const open of document.querySelectorAll(".qy-pop[open]")) {
        open.open = false;
        open.querySelector("summary").focus();
      }
      if (event.target.id === "qy-q") event.target.blur();
    }
    if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = current();
    const onRow = row && event.target === row;
    const deeds = {
      "/": () => document.getElementById("qy-q")?.focus(),
      "?": () => document.getElementById("qy-keys")?.showModal(),
      j: () => step(1),
      k: () => step(-1),
      n: () => document.querySelector(".qy-pages [rel=next]")?.click(),
      p: () => document.querySelector(".qy-pages [rel=prev]")?.click(),
      ArrowDown: row && (() => step(1)),
      ArrowUp: row && (() => step(-1)),
      Enter: onRow && (() => peek(row)),
      o: row && (() => window.location.assign(row.dataset.row)),
      x: row && (() => row.querySelector("input[name=rows]")?.click()),
    };
    if (deeds[event.key]) {
      event.preventDefault();
      deeds[event.key]();
    }
  }

  function beside(by) {
    const all = rows();
    peek(all[all.indexOf(shown) + by]);
  }

  function clicked(event) {
    const target = event.target;
    const open = target.closest(".qy-pop[open]");
    for (const other of document.querySelectorAll(".qy-pop[open]")) {
      if (other !== open) other.open = false;
    }
    if (target.closest("[data-print]")) window.print();
    if (target.closest("[data-keys]")) document.getElementById("qy-keys").showModal();
    if (target.closest("[data-drawer-close]") || target === drawer()) drawer().close();
    const beyond = target.closest("[data-drawer-step]");
    if (beyond) beside(Number(beyond.dataset.drawerStep));
    const mover = target.closest("[data-move]");
    if (mover) move(mover);
    const row = target.closest("#result_list tbody tr");
    if (!row || event.button !== 0 || !isPlain(event)) return;
    if (target.closest(".qy-tick")) {
      if (target.tagName !== "INPUT") row.querySelector("input[name=rows]")?.click();
      return;
    }
    const isPeek = target.closest("[data-peek]");
    if (!isPeek && (target.closest("a, button, input, label, select") || String(window.getSelection()))) return;
    event.preventDefault();
    peek(row);
  }

  function move(button) {
    const line = button.closest("li");
    const other = button.dataset.move === "1" ? line.nextElementSibling : line.previousElementSibling;
    if (!other) return;
    if (button.dataset.move === "1") other.after(line);
    else other.before(line);
    button.focus();
  }

  // Choosing rows: how many are chosen stands beside what can be done with them.
  function chosen() {
    const bar = document.querySelector("[data-batch]");
    if (!bar) return;
    const boxes = [...document.querySelectorAll("#result_list input[name=rows]")];
    const count = boxes.filter((box) => box.checked).length;
    const all = document.querySelector("[data-all]");
    all.hidden = false;
    all.checked = count > 0 && count === boxes.length;
    all.indeterminate = count > 0 && count < boxes.length;
    for (const button of bar.querySelectorAll("button")) button.disabled = count === 0;
    const told = bar.querySelector("[data-chosen]");
    told.dataset.plain ??= told.textContent;
    told.textContent = count ? `${told.dataset.plain} ${count}` : told.dataset.plain;
  }

  // The two days stand there only when they are asked for.
  function days() {
    for (const period of document.querySelectorAll("[data-period]")) {
      const isAsked = period.querySelector("select").value === "between";
      const fields = period.querySelector(".qy-days");
      fields.hidden = !isAsked;
      for (const field of fields.querySelectorAll("input")) field.disabled = !isAsked;
    }
  }

  document.addEventListener("DOMContentLoaded", () => {
    if (!document.querySelector("[data-list]")) {
      for (const moves of document.querySelectorAll(".qy-moves")) moves.hidden = false;
      document.addEventListener("click", (event) => {
        const mover = event.target.closest("[data-move]");
        if (mover) move(mover);
      });
      return;
    }
    const [first] = rows();
    if (first) first.tabIndex = 0;
    for (const hidden of document.querySelectorAll("[data-print], [data-keys], .qy-moves")) hidden.hidden = false;
    document.addEventListener("keydown", pressed);
    document.addEventListener("click", clicked);
    document.addEventListener("change", (event) => {
      if (event.target.matches("[data-all]")) {
        for (const box of document.querySelectorAll("#result_list input[name=rows]")) box.checked = event.target.checked;
      }
      chosen();
      days();
    });
    drawer().addEventListener("close", closed);
    // An address without empty fields can be read and kept.
    document.querySelector("[data-query]")?.addEventListener("submit", (event) => {
      for (const field of event.target.elements) {
        if (field.name && !field.value) field.disabled = true;
      }
    });
    chosen();
    days();
  });
  // A page that the browser kept comes back with the fields that were left out.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    for (const field of document.querySelectorAll("[data-query] [name]")) field.disabled = false;
    days();
  });
})();
