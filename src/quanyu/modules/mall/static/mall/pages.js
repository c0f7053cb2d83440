// The editor of a mall page. The state is one object; every change draws the preview anew, a deed sends the whole state.
// A preview leaves out the blocks that are not finished and says on each what it lacks; a refused deed says it above all.
const form = document.querySelector("[data-editor]");
const told = JSON.parse(document.getElementById("mall-page").textContent);
const { labels } = told;
const list = form.querySelector("[data-blocks]");
const problem = document.querySelector("[data-problem]");
const said = document.querySelector("[data-said]");
const isReadonly = form.hasAttribute("data-readonly");
const state = { version: told.version, blocks: told.blocks };
const open = new Set();
const faults = new Map();
let dragged = null;
let isDirty = false;
let waiting = 0;
let asked = 0;

function h(tag, props = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) {
      node.addEventListener(name.slice(2), value);
    } else if (name in node && name !== "list") {
      node[name] = value;
    } else {
      node.setAttribute(name, value);
    }
  }
  node.append(...inside.filter((one) => one !== null));
  return node;
}
const symbol = (name) => h("span", { className: "material-symbols-outlined", ariaHidden: "true" }, name);
const field = (label, input, wide = false) => h("label", { className: wide ? "qm-field qm-wide" : "qm-field" }, h("span", {}, label), input);
const button = (icon, label, onclick) => h("button", { type: "button", className: "qm-icon", title: label, ariaLabel: label, onclick }, symbol(icon));

function changed() {
  isDirty = true;
  if (said) {
    said.textContent = labels.unsaved;
  }
  clearTimeout(waiting);
  waiting = setTimeout(preview, 350);
}
function text(thing, name, label, options = {}) {
  const input = h(options.area ? "textarea" : "input", { value: thing[name] ?? "", maxLength: options.most ?? 60, oninput: () => { thing[name] = input.value; changed(); } });
  return field(label, input, options.wide);
}
function choice(value, options, onpick) {
  const select = h("select", { onchange: () => { onpick(select.value); changed(); } });
  for (const [key, name] of options) {
    select.append(h("option", { value: key, selected: String(key) === String(value) }, name));
  }
  return select;
}
function link(thing, name, label) {
  const wrap = h("div", { className: "qm-link" });
  const category = String(told.categories[0]?.[0] ?? "");
  const draw = () => {
    const now = thing[name];
    let value = h("span");
    if (now.kind === "category") {
      now.value ||= category;
      value = choice(now.value, told.categories, (picked) => { now.value = picked; });
    } else if (now.kind === "search") {
      value = h("input", { value: now.value, maxLength: 60, placeholder: labels.words, ariaLabel: labels.words, oninput: (event) => { now.value = event.target.value; changed(); } });
    } else if (now.kind === "product") {
      value = finder((hit) => { now.value = String(hit.product); told.products[now.value] = hit.name; draw(); }, told.products[now.value] ?? now.value);
    }
    wrap.replaceChildren(choice(now.kind, Object.entries(told.links), (kind) => { thing[name] = { kind, value: "" }; draw(); }), value);
  };
  draw();
  return h("div", { className: "qm-field qm-wide" }, h("span", {}, label), wrap);
}
function finder(onhit, shown = "") {
  const hits = h("div", { className: "qm-hits", hidden: true });
  let timer = 0;
  const input = h("input", { value: shown, autocomplete: "off", placeholder: labels.find, ariaLabel: labels.find, oninput: () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const answer = await fetch(`?find=${encodeURIComponent(input.value)}`).catch(() => null);
      const found = input.value.trim() && answer?.ok ? (await answer.json()).hits : [];
      hits.replaceChildren(...found.map((hit) => h("button", { type: "button", onclick: () => { hits.hidden = true; input.value = ""; onhit(hit); changed(); } }, h("img", { src: hit.image, alt: "" }), `${hit.name} · ${hit.code}`)));
      hits.hidden = !found.length;
    }, 200);
  }, onkeydown: (event) => { if (event.key === "Escape") { hits.hidden = true; } } });
  return h("div", { className: "qm-find" }, input, hits);
}
function goods(block) {
  const parts = [field(labels.rule, choice(block.rule, Object.entries(told.rules), (rule) => {
    block.rule = rule;
    block.category_id = rule === "category" ? (told.categories[0]?.[0] ?? null) : null;
    block.goods = rule === "picked" ? block.goods : [];
    block.sku_ids = rule === "picked" ? block.sku_ids : [];
    draw();
  }))];
  if (block.rule === "category") {
    parts.push(field(labels.category, choice(block.category_id, told.categories, (id) => { block.category_id = Number(id); })));
  }
  if (block.rule === "picked") {
    const chips = block.goods.map((one, place) => h("span", { className: "qm-chip" }, h("img", { src: one.image, alt: "" }), one.name, button("close", `${labels.remove}: ${one.name}`, () => {
      block.goods.splice(place, 1);
      block.sku_ids.splice(place, 1);
      changed();
      draw();
    })));
    parts.push(h("div", { className: "qm-field qm-wide" }, h("div", { className: "qm-picked" }, ...chips), finder((hit) => {
      if (!block.sku_ids.includes(hit.id)) {
        block.sku_ids.push(hit.id);
        block.goods.push(hit);
        draw();
      }
    })));
  } else {
    parts.push(field(labels.most, h("input", { type: "number", min: 1, max: 30, value: block.most, oninput: (event) => { block.most = Number(event.target.value); changed(); } })));
  }
  return parts;
}
function icons(item) {
  const shown = h("i", {});
  const summary = h("summary", {}, shown);
  const grid = Object.entries(told.icons).map(([icon, name]) => h("button", { type: "button", title: name, ariaLabel: name, onclick: () => {
    item.icon = icon;
    mark();
    changed();
    pick.open = false;
    summary.focus();
  } }, h("i", { "data-icon": icon })));
  const pick = h("details", { className: "qm-pick", onkeydown: (event) => {
    if (event.key === "Escape") {
      pick.open = false;
      summary.focus();
    }
  } }, summary, h("div", { role: "group", ariaLabel: labels.icon }, ...grid));
  const mark = () => {
    shown.setAttribute("data-icon", item.icon);
    summary.title = `${labels.icon}: ${told.icons[item.icon]}`;
    summary.ariaLabel = summary.title;
    grid.forEach((one, place) => { one.ariaPressed = String(Object.keys(told.icons)[place] === item.icon); });
  };
  mark();
  return pick;
}
function entries(block) {
  const rows = block.items.map((item, place) => {
    const drop = h("label", { className: "qm-drop" }, item.image ? h("img", { src: told.media + item.image, alt: labels.picture }) : labels.upload, h("input", { type: "file", className: "qy-unseen", accept: "image/jpeg,image/png,image/webp", onchange: async (event) => {
      // The frame's listener looks for a text field beside every file field and fails without one.
      event.stopImmediatePropagation();
      const [picture] = event.target.files;
      drop.ariaBusy = "true";
      const answer = picture ? await send("upload", { picture }) : null;
      drop.ariaBusy = "false";
      event.target.value = "";
      if (answer) {
        item.image = answer.image;
        changed();
        draw();
      }
    } }));
    const first = block.kind === "shortcuts" ? h("div", { className: "qm-field" }, h("span", {}, labels.icon), icons(item)) : drop;
    const fields = h("div", { className: "qm-fields" }, text(item, "title", labels.title, { most: 40 }), text(item, "title_en", labels.title_en));
    fields.append(block.kind === "categories" ? field(labels.category, choice(item.category_id, told.categories, (id) => { item.category_id = Number(id); })) : link(item, "link", labels.link));
    return h("div", { className: "qm-item" }, first, fields, h("div", { className: "qm-does" }, button("arrow_upward", labels.up, () => { shift(block.items, place, -1); }), button("arrow_downward", labels.down, () => { shift(block.items, place, 1); }), button("delete", labels.remove, () => { block.items.splice(place, 1); changed(); draw(); })));
  });
  const add = h("button", { type: "button", className: "qy-button", onclick: () => {
    block.items.push({ image: "", icon: block.kind === "shortcuts" ? Object.keys(told.icons)[0] : "", title: "", title_en: "", link: { kind: "none", value: "" }, category_id: block.kind === "categories" ? (told.categories[0]?.[0] ?? null) : null });
    changed();
    draw();
  } }, symbol("add"), labels.add);
  return h("div", { className: "qm-wide" }, block.kind === "categories" ? h("p", { className: "qy-note" }, labels.all) : null, ...rows, add);
}
function when(block, name, label) {
  const local = block[name] ? new Date(new Date(block[name]).getTime() + 8 * 3600e3).toISOString().slice(0, 16) : "";
  return field(label, h("input", { type: "datetime-local", value: local, oninput: (event) => { block[name] = event.target.value ? `${event.target.value}:00+08:00` : null; changed(); } }));
}
function shift(rows, place, by) {
  const other = place + by;
  if (!isReadonly && other >= 0 && other < rows.length) {
    [rows[place], rows[other]] = [rows[other], rows[place]];
    changed();
    draw();
  }
}
function body(block) {
  const parts = [];
  if (block.kind !== "shortcuts" && block.kind !== "banner" && block.kind !== "notice") {
    parts.push(text(block, "title", labels.title, { most: 40 }), text(block, "title_en", labels.title_en));
  }
  if (block.kind === "notice") {
    parts.push(text(block, "text", labels.text, { area: true, most: 200, wide: true }), text(block, "text_en", labels.text_en, { area: true, most: 300, wide: true }));
  }
  if (block.kind === "goods") {
    parts.push(...goods(block));
  }
  if (["banner", "shortcuts", "categories"].includes(block.kind)) {
    parts.push(entries(block));
  }
  if (["goods", "flash", "coupons"].includes(block.kind)) {
    parts.push(link(block, "more", labels.more));
  }
  parts.push(h("span", { className: "qm-wide" }), when(block, "starts_at", labels.starts), when(block, "ends_at", labels.ends));
  return h("div", { className: "qm-body" }, ...parts);
}
function card(block, place) {
  const isOpen = open.has(block);
  const name = h("button", { type: "button", className: "qm-name", ariaExpanded: String(isOpen), onclick: () => { if (isOpen) { open.delete(block); } else { open.add(block); } draw(); }, onkeydown: (event) => {
    if (event.altKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      const by = event.key === "ArrowUp" ? -1 : 1;
      const other = place + by;
      shift(state.blocks, place, by);
      list.children[Math.min(Math.max(other, 0), state.blocks.length - 1)]?.querySelector(".qm-name").focus();
    }
  } }, told.kinds[block.kind], " ", h("small", {}, named(block)));
  const handle = h("span", { className: "qm-handle", draggable: !isReadonly, ondragstart: (event) => {
    dragged = place;
    // Without content Firefox drags nothing.
    event.dataTransfer.setData("text/plain", "");
    event.dataTransfer.setDragImage(event.target.closest("li"), 20, 20);
  }, ondragend: () => { dragged = null; unmark(); } }, symbol("drag_indicator"));
  const isOn = button(block.is_on ? "visibility" : "visibility_off", labels.is_on, () => { block.is_on = !block.is_on; changed(); draw(); });
  isOn.ariaPressed = String(block.is_on);
  const move = (icon, label, by) => button(icon, label, () => {
    shift(state.blocks, place, by);
    list.children[place + by]?.querySelector(`[aria-label="${CSS.escape(label)}"]`)?.focus();
  });
  const head = h("div", { className: "qm-head" }, handle, name, isOn, move("arrow_upward", labels.up, -1), move("arrow_downward", labels.down, 1), button("delete", labels.remove, () => { state.blocks.splice(place, 1); changed(); draw(); }));
  const isBelow = (event) => { const box = event.currentTarget.getBoundingClientRect(); return event.clientY > box.top + box.height / 2; };
  return h("li", { className: `qm-block${block.is_on ? "" : " qm-off"}`, ondragover: (event) => {
    if (dragged !== null) {
      event.preventDefault();
      unmark();
      event.currentTarget.classList.add(isBelow(event) ? "qm-under" : "qm-over");
    }
  }, ondragleave: unmark, ondrop: (event) => {
    event.preventDefault();
    if (dragged !== null) {
      const target = place + (isBelow(event) ? 1 : 0);
      const [moved] = state.blocks.splice(dragged, 1);
      state.blocks.splice(target > dragged ? target - 1 : target, 0, moved);
      dragged = null;
      changed();
      draw();
    }
  } }, head, h("p", { className: "qm-fault", hidden: !faults.has(block) }, faults.get(block) ?? ""), isOpen ? body(block) : null);
}
const named = (block) => (told.is_english && (block.title_en || block.text_en)) || block.title || block.text || (block.rule ? told.rules[block.rule] : "");
const unmark = () => list.querySelectorAll(".qm-over, .qm-under").forEach((one) => one.classList.remove("qm-over", "qm-under"));
const controls = () => [...list.querySelectorAll("button, input, select, textarea, summary")];
function draw() {
  // What has the focus keeps it, as far as it is still there.
  const place = controls().indexOf(document.activeElement);
  list.replaceChildren(...state.blocks.map(card));
  controls()[place]?.focus({ preventScroll: true });
  if (isReadonly) {
    list.querySelectorAll("input, select, textarea, button:not(.qm-name)").forEach((one) => { one.disabled = true; });
    list.querySelectorAll("summary").forEach((one) => { one.inert = true; });
  }
}
async function send(deed, more = {}) {
  const content = new FormData();
  content.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
  content.set("deed", deed);
  const bare = state.blocks.map(({ goods: _goods, ...block }) => ({ ...block, more: { kind: block.more.kind, value: block.more.value }, items: block.items.map((item) => ({ ...item, link: { kind: item.link.kind, value: item.link.value } })) }));
  content.set("state", JSON.stringify({ version: state.version, blocks: bare }));
  for (const [name, value] of Object.entries(more)) {
    content.set(name, value);
  }
  const answer = await fetch(location.href, { method: "POST", body: content }).catch(() => null);
  const heard = answer?.headers.get("content-type")?.includes("json") ? await answer.json() : null;
  // A refusal stays until a deed succeeds; a preview that came through does not hide it.
  if (deed !== "preview") {
    problem.hidden = Boolean(answer?.ok);
    problem.textContent = answer?.ok ? "" : heard?.problem ? `${heard.problem} ${heard.remedy}` : labels.failed;
    point(/^blocks\.(\d+)$/u.exec(heard?.field ?? "")?.[1]);
  }
  return answer?.ok ? heard : null;
}
function point(place) {
  const block = state.blocks[place];
  if (block) {
    open.add(block);
    draw();
    list.children[place].scrollIntoView({ block: "center" });
    list.children[place].querySelector(".qm-name").focus({ preventScroll: true });
  }
}
async function preview() {
  asked += 1;
  const mine = asked;
  const shown = [...state.blocks];
  const answer = await send("preview");
  // An answer that was overtaken by a newer question is of no use.
  if (answer && mine === asked) {
    const screen = form.querySelector("[data-preview]");
    screen.innerHTML = answer.html;
    if (!screen.childElementCount) {
      screen.textContent = labels.nothing;
    }
    faults.clear();
    shown.forEach((block, place) => { if (answer.faults[place]) { faults.set(block, answer.faults[place]); } });
    state.blocks.forEach((block, place) => {
      const fault = list.children[place].querySelector(".qm-fault");
      fault.hidden = !faults.has(block);
      fault.textContent = faults.get(block) ?? "";
    });
  }
}
document.querySelectorAll("[data-deed]").forEach((one) => one.addEventListener("click", async () => {
  const deeds = document.querySelectorAll("[data-deed]");
  deeds.forEach((other) => { other.disabled = true; });
  // Who takes the page back keeps what was arranged: the page is loaded anew, so the draft is saved before.
  const kept = one.dataset.deed === "take-back" && isDirty ? await send("save") : { version: state.version };
  state.version = kept?.version ?? state.version;
  const sent = JSON.stringify(state.blocks);
  const answer = kept && await send(one.dataset.deed);
  deeds.forEach((other) => { other.disabled = false; });
  if (answer) {
    state.version = answer.version;
    isDirty = sent !== JSON.stringify(state.blocks);
    said.textContent = isDirty ? labels.unsaved : answer.said;
    if (answer.reload && !isDirty) {
      location.reload();
    }
  }
}));
const adds = form.querySelector("[data-add]");
if (adds) {
  for (const [kind, name] of Object.entries(told.kinds)) {
    adds.append(h("button", { type: "button", className: "qy-button", onclick: () => {
      const block = { id: 0, kind, is_on: true, title: "", title_en: "", text: "", text_en: "", more: { kind: "none", value: "" }, rule: kind === "goods" ? "newest" : "", category_id: null, sku_ids: [], goods: [], most: 6, starts_at: null, ends_at: null, items: [] };
      state.blocks.push(block);
      open.add(block);
      draw();
      changed();
    } }, symbol("add"), name));
  }
}
document.addEventListener("click", (event) => list.querySelectorAll(".qm-pick[open]").forEach((one) => { one.open = one.contains(event.target); }));
form.addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("beforeunload", (event) => { if (isDirty) { event.preventDefault(); } });
draw();
preview();
