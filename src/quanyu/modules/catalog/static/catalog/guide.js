// The editor of an outfit or a tutorial: one object, saved whole with the version that was seen.
const form = document.querySelector("[data-guide]");
const { labels, guide, products, media } = JSON.parse(document.getElementById("guide").textContent);
const problem = form.querySelector("[data-problem]");
const said = form.querySelector("[data-said]");
// A field for date and time knows no zone: what is typed is China's clock.
const ZONE = "+08:00";
let isDirty = false;

function h(tag, props = {}, ...inside) {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...inside);
  return node;
}
const icon = (name, label, onclick) => h("button", { type: "button", className: "qk-icon", title: label, ariaLabel: label, onclick }, h("span", { className: "material-symbols-outlined", ariaHidden: "true" }, name));
function changed() {
  isDirty = true;
  if (said) {
    said.textContent = labels.unsaved;
  }
}
function redraw() {
  changed();
  draw();
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
function cover() {
  if (guide.cover) {
    return h("span", { className: "qk-shot" }, h("img", { src: media + guide.cover.card, alt: "" }), icon("close", labels.remove, () => { guide.cover = null; redraw(); }));
  }
  const drop = h("label", { className: "qk-drop" }, labels.add_picture);
  const field = h("input", { type: "file", className: "qy-unseen", accept: "image/jpeg,image/png,image/webp" });
  field.addEventListener("change", async (event) => {
    // The frame's listener looks for a text field beside every file field and fails without one.
    event.stopImmediatePropagation();
    const [picture] = field.files;
    drop.ariaBusy = "true";
    const shot = picture ? await send({ picture }) : null;
    drop.ariaBusy = "false";
    field.value = "";
    if (shot) {
      guide.cover = shot;
      redraw();
    }
  });
  drop.append(field);
  return drop;
}
function part(rows, place, head, ...inside) {
  const move = (sign, label, other) => icon(sign, label, () => {
    if (other in rows) {
      [rows[other], rows[place]] = [rows[place], rows[other]];
      redraw();
    }
  });
  return h("div", { className: "qk-part" }, h("div", { className: "qk-name qk-wide" }, ...head, move("arrow_upward", labels.up, place - 1), move("arrow_downward", labels.down, place + 1), icon("delete", labels.remove, () => { rows.splice(place, 1); redraw(); })), ...inside);
}
function finder() {
  const hits = h("div", { className: "qk-hits", hidden: true });
  let timer = 0;
  const input = h("input", { placeholder: labels.find, ariaLabel: labels.find, oninput: () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const answer = input.value.trim() ? await fetch(`?find=${encodeURIComponent(input.value)}`) : null;
      const found = answer?.ok ? (await answer.json()).hits : [];
      hits.hidden = !found.length;
      hits.replaceChildren(...found.map((hit) => h("button", { type: "button", onclick: () => {
        products[hit.id] = hit;
        if (!guide.product_ids.includes(hit.id)) {
          guide.product_ids.push(hit.id);
        }
        redraw();
      } }, h("img", { src: hit.image, alt: "" }), `${hit.name} · ${hit.code}`)));
    }, 200);
  } });
  return h("div", { className: "qk-field qk-find" }, input, hits);
}
function step(one, place) {
  const field = (name) => {
    const area = h("textarea", { value: one[name], maxLength: 300, rows: 2, oninput: () => { one[name] = area.value; changed(); } });
    return h("label", { className: "qk-field" }, h("span", {}, labels[name]), area);
  };
  return part(guide.steps, place, [h("b", {}, String(place + 1))], field("text"), field("text_en"));
}
function draw() {
  form.querySelector("[data-cover]").replaceChildren(cover());
  const goods = guide.product_ids.map((id, place) => part(guide.product_ids, place, [h("img", { src: products[id]?.image ?? "", alt: "" }), h("b", {}, products[id]?.name ?? String(id))]));
  form.querySelector("[data-goods]").replaceChildren(h("div", { className: "qk-goods" }, ...goods), finder());
  form.querySelector("[data-steps]").replaceChildren(...guide.steps.map(step));
}
for (const field of form.querySelectorAll("[data-name]")) {
  field.value = guide[field.dataset.name];
  field.addEventListener("input", () => { guide[field.dataset.name] = "number" in field.dataset ? Number(field.value) : field.value; changed(); });
}
for (const field of form.querySelectorAll("[data-time]")) {
  field.addEventListener("input", () => { guide[field.dataset.time] = field.value ? `${field.value}:00${ZONE}` : null; changed(); });
}
form.querySelector("[data-step]").addEventListener("click", () => { guide.steps.push({ text: "", text_en: "" }); redraw(); });
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const [sent, save] = [JSON.stringify(guide), form.querySelector("[type=submit]")];
  save.disabled = true;
  const answer = await send({ state: sent });
  save.disabled = false;
  if (answer) {
    isDirty = sent !== JSON.stringify(guide);
    Object.assign(guide, { id: answer.id, version: answer.version });
    said.textContent = isDirty ? labels.unsaved : answer.said;
    history.replaceState(null, "", `?guide=${answer.id}`);
  }
});
window.addEventListener("beforeunload", (event) => { if (isDirty) { event.preventDefault(); } });
draw();
