// The editor of a product's content: one object, saved whole with the version that was seen.
const form = document.querySelector("[data-content]");
const told = JSON.parse(document.getElementById("product-content").textContent);
const { labels, content, skus } = told;
const problem = form.querySelector("[data-problem]");
const said = form.querySelector("[data-said]");
const table = form.querySelector("[data-table]");
let isDirty = false;

function h(tag, props = {}, ...inside) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) {
      node.addEventListener(name.slice(2), value);
    } else {
      node[name] = value;
    }
  }
  node.append(...inside);
  return node;
}
const symbol = (name) => h("span", { className: "material-symbols-outlined", ariaHidden: "true" }, name);
const icon = (name, label, onclick) => h("button", { type: "button", className: "qk-icon", title: label, ariaLabel: label, onclick }, symbol(name));
function changed() {
  isDirty = true;
  said.textContent = labels.unsaved;
}
const controls = () => [...form.querySelectorAll("button, input, select, textarea")];
function redraw() {
  changed();
  // What has the focus keeps it, as far as it is still there.
  const focused = document.activeElement;
  const place = controls().indexOf(focused);
  draw();
  if (!focused.isConnected) {
    controls()[place]?.focus({ preventScroll: true });
  }
}
function text(thing, name, options = {}) {
  const input = h(options.area ? "textarea" : "input", { value: thing[name], oninput: () => { thing[name] = options.number ? Math.trunc(Number(input.value)) : input.value; changed(); } });
  if (options.number) {
    Object.assign(input, { type: "number", min: 0, max: 1440, step: 1 });
  } else if (!options.area) {
    input.maxLength = options.most ?? 60;
  }
  return h("label", { className: `qk-field${options.wide ? " qk-wide" : ""}` }, h("span", {}, labels[name]), input);
}
async function send(fields) {
  const body = new FormData();
  body.set("csrfmiddlewaretoken", form.querySelector("[name=csrfmiddlewaretoken]").value);
  Object.entries(fields).forEach(([name, value]) => body.set(name, value));
  const answer = await fetch(location.href, { method: "POST", body }).catch(() => null);
  const heard = answer?.headers.get("content-type")?.includes("json") ? await answer.json() : null;
  problem.hidden = Boolean(answer?.ok);
  problem.textContent = answer?.ok ? "" : heard?.problem ? `${heard.problem} ${heard.remedy}` : labels.failed;
  return answer?.ok ? heard : null;
}
function shots(rows) {
  const shown = rows.map((shot, place) => h("span", { className: "qk-shot" }, h("img", { src: told.media + shot.thumb, alt: shot.alt }), icon("close", labels.remove, () => { rows.splice(place, 1); redraw(); })));
  const drop = h("label", { className: "qk-drop" }, labels.add_picture, h("input", { type: "file", className: "qy-unseen", accept: "image/jpeg,image/png,image/webp", onchange: async (event) => {
    // The frame's listener looks for a text field beside every file field and fails without one.
    event.stopImmediatePropagation();
    const [picture] = event.target.files;
    drop.ariaBusy = "true";
    const shot = picture ? await send({ picture }) : null;
    drop.ariaBusy = "false";
    event.target.value = "";
    if (shot) {
      rows.push(shot);
      redraw();
    }
  } }));
  return h("div", { className: "qk-shots qk-wide" }, ...shown, drop);
}
function goods(section) {
  const chips = section.sku_ids.map((id, place) => h("span", { className: "qk-chip" }, h("img", { src: skus[id]?.image ?? "", alt: "" }), skus[id]?.name ?? String(id), icon("close", labels.remove, () => { section.sku_ids.splice(place, 1); redraw(); })));
  const hits = h("div", { className: "qk-hits", hidden: true });
  let timer = 0;
  const input = h("input", { placeholder: labels.find, ariaLabel: labels.find, oninput: () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const answer = input.value.trim() ? await fetch(`?find=${encodeURIComponent(input.value)}`) : null;
      const found = answer?.ok ? (await answer.json()).hits : [];
      hits.hidden = !found.length;
      hits.replaceChildren(...found.map((hit) => h("button", { type: "button", onclick: () => {
        skus[hit.id] = hit;
        if (!section.sku_ids.includes(hit.id)) {
          section.sku_ids.push(hit.id);
        }
        redraw();
      } }, h("img", { src: hit.image, alt: "" }), `${hit.name} · ${hit.code}`)));
    }, 200);
  } });
  return h("div", { className: "qk-field qk-wide" }, h("span", {}, labels.goods), h("div", { className: "qk-chips" }, ...chips), h("div", { className: "qk-find" }, input, hits));
}
function part(rows, place, name, ...inside) {
  const move = (name_, label, other) => icon(name_, label, () => {
    if (rows[other]) {
      [rows[other], rows[place]] = [rows[place], rows[other]];
      redraw();
    }
  });
  return h("div", { className: "qk-part" }, h("div", { className: "qk-name qk-wide" }, h("b", {}, name), move("arrow_upward", labels.up, place - 1), move("arrow_downward", labels.down, place + 1), icon("delete", labels.remove, () => { rows.splice(place, 1); redraw(); })), ...inside);
}
function draw() {
  form.querySelector("[data-photos]").replaceChildren(shots(content.photos));
  form.querySelector("[data-sections]").replaceChildren(...content.sections.map((one, place) => part(content.sections, place, told.kinds[one.kind], text(one, "title"), text(one, "title_en"), text(one, "body_html", { area: true }), text(one, "body_html_en", { area: true }), shots(one.pictures), goods(one))));
  form.querySelector("[data-services]").replaceChildren(...content.services.map((one, place) => part(content.services, place, one.name, text(one, "name", { most: 40 }), text(one, "name_en", { most: 40 }), text(one, "text", { most: 200 }), text(one, "text_en", { most: 200 }), text(one, "minutes", { number: true }))));
}
function guide() {
  const rows = table.value.split("\n").filter((row) => row.trim()).map((row) => row.split(row.includes("\t") ? "\t" : /[,，]/u).map((cell) => cell.trim()));
  if (!rows.length) {
    return null;
  }
  const named = Object.fromEntries([...form.querySelectorAll("[data-guide]")].map((input) => [input.dataset.guide, input.value]));
  // Excel leaves out what is empty at the end of a row.
  const padded = rows.slice(1).map((row) => [...row, ...Array(Math.max(0, rows[0].length - row.length)).fill("")]);
  return { ...named, columns: rows[0], rows: padded };
}
const shown = content.size_guide;
form.querySelectorAll("[data-guide]").forEach((input) => { input.value = shown?.[input.dataset.guide] ?? ""; input.addEventListener("input", changed); });
table.value = shown ? [shown.columns, ...shown.rows].map((row) => row.join("\t")).join("\n") : "";
table.addEventListener("input", changed);
for (const [kind, name] of Object.entries(told.kinds)) {
  form.querySelector("[data-add]").append(h("button", { type: "button", className: "qy-button", onclick: () => { const [title, title_en] = told.new_titles[kind]; content.sections.push({ kind, title, title_en, body_html: "", body_html_en: "", pictures: [], sku_ids: [] }); redraw(); } }, symbol("add"), name));
}
form.querySelector("[data-service]").addEventListener("click", () => { content.services.push({ name: "", name_en: "", text: "", text_en: "", minutes: 0 }); redraw(); });
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const now = () => JSON.stringify({ ...content, version: 0, size_guide: guide() });
  const [sent, save] = [now(), form.querySelector("[type=submit]")];
  save.disabled = true;
  const answer = await send({ state: JSON.stringify({ ...content, size_guide: guide() }) });
  save.disabled = false;
  if (answer) {
    content.version = answer.version;
    isDirty = sent !== now();
    said.textContent = isDirty ? labels.unsaved : answer.said;
  }
});
window.addEventListener("beforeunload", (event) => { if (isDirty) { event.preventDefault(); } });
draw();
