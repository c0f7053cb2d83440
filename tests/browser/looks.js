// What can be seen of a page by looking: names of controls, pictures, headings, contrast, focus, width.
// Evaluated in the page; returns a list of sentences, empty when all is well. `parts` chooses what is looked at.
(parts) => {
  const wrong = [];
  const has = (part) => parts.includes(part);
  const isSeen = (element) => element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && element.getClientRects().length > 0;
  const called = (element) => {
    const id = element.id ? "#" + element.id : "";
    const text = (element.getAttribute("name") || element.textContent || "").trim().replace(/\s+/g, " ").slice(0, 40);
    return `${element.tagName.toLowerCase()}${id}.${String(element.className?.baseVal ?? element.className).split(" ")[0]} "${text}"`;
  };
  const isIcon = (element) => element.matches?.(".material-symbols-outlined, svg, [aria-hidden=true]");

  const words = (element) => {
    if (isIcon(element)) return "";
    let found = element.getAttribute?.("aria-label") || "";
    for (const child of element.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) found += child.textContent;
      else if (child.nodeType === Node.ELEMENT_NODE) found += child.tagName === "IMG" ? child.alt : words(child);
    }
    return found.trim();
  };
  const nameOf = (element) => {
    const by = (element.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent || "").join(" ");
    const labels = [...(element.labels || [])].map(words).join(" ");
    return (element.getAttribute("aria-label") || by.trim() || labels || element.title || element.placeholder || (element.type === "submit" && element.value) || words(element) || "").trim();
  };

  if (has("names")) {
    for (const control of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=tab]")) {
      if (isSeen(control) && !control.closest("[aria-hidden=true]") && !nameOf(control)) wrong.push(`no name: ${called(control)}`);
    }
    for (const picture of document.querySelectorAll("img")) if (!picture.hasAttribute("alt")) wrong.push(`no alt: ${picture.src}`);
    for (const picture of document.querySelectorAll("[role=img]")) if (!nameOf(picture) && picture.getAttribute("aria-hidden") !== "true") wrong.push(`no name: ${called(picture)}`);
    const ids = [...document.querySelectorAll("[id]")].map((one) => one.id);
    for (const id of new Set(ids.filter((one, at) => ids.indexOf(one) !== at))) wrong.push(`id twice: ${id}`);
    if (!document.documentElement.lang) wrong.push("the page does not say its language");
    if (!document.title.trim()) wrong.push("the page has no title");
  }
  if (has("headings")) {
    let last = 0;
    const found = [...document.querySelectorAll("h1, h2, h3, h4, h5, h6")].filter(isSeen);
    for (const heading of found) {
      const level = Number(heading.tagName[1]);
      if (level > last + 1) wrong.push(`heading jumps from h${last} to h${level}: ${called(heading)}`);
      last = level;
    }
    if (found.filter((heading) => heading.tagName === "H1").length !== 1) wrong.push(`${found.filter((heading) => heading.tagName === "H1").length} h1`);
  }
  if (has("width")) {
    const wide = document.documentElement.scrollWidth - document.documentElement.clientWidth;
    if (wide > 1) wrong.push(`the page is ${wide} px wider than the window`);
  }

  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  brush.canvas.width = brush.canvas.height = 1;
  const kept = new Map();
  const rgba = (colour) => {
    if (!kept.has(colour)) {
      brush.clearRect(0, 0, 1, 1);
      brush.fillStyle = colour;
      brush.fillRect(0, 0, 1, 1);
      const [red, green, blue, alpha] = brush.getImageData(0, 0, 1, 1).data;
      kept.set(colour, [red, green, blue, alpha / 255]);
    }
    return kept.get(colour);
  };
  const over = (top, below) => top.slice(0, 3).map((value, at) => value * top[3] + below[at] * (1 - top[3]));
  const light = (colour) => {
    const [red, green, blue] = colour.map((value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    const layers = [];
    for (let at = element; at; at = at.parentElement) {
      const style = getComputedStyle(at);
      if (style.backgroundImage !== "none" && !style.backgroundImage.includes("gradient(")) return null;
      if (style.backgroundImage !== "none") return null;
      const colour = rgba(style.backgroundColor);
      if (colour[3] > 0) layers.push(colour);
      if (colour[3] === 1) break;
    }
    const bottom = document.documentElement.classList.contains("dark") ? [17, 24, 39] : [255, 255, 255];
    return layers.reverse().reduce((below, layer) => over(layer, below), bottom);
  };
  if (has("contrast")) {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const told = new Set();
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const element = node.parentElement;
      if (!node.textContent.trim() || !element || element.closest("script, style, template, [aria-hidden=true], .material-symbols-outlined, svg, option")) continue;
      if (!isSeen(element) || element.closest(":disabled, [aria-disabled=true]")) continue;
      const box = element.getBoundingClientRect();
      if (box.width <= 1 || box.height <= 1) continue;
      const style = getComputedStyle(element);
      const below = ground(element);
      if (!below) continue;
      let alpha = 1;
      for (let at = element; at; at = at.parentElement) alpha *= Number(getComputedStyle(at).opacity);
      const [red, green, blue, own] = rgba(style.color);
      const ink = over([red, green, blue, own * alpha], below);
      const [dark, bright] = [light(ink), light(below)].sort((one, other) => one - other);
      const ratio = (bright + 0.05) / (dark + 0.05);
      const size = parseFloat(style.fontSize);
      const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
      if (ratio >= (isLarge ? 3 : 4.5) - 0.005) continue;
      const sentence = `contrast ${ratio.toFixed(2)} of ${style.color} on ${below.map(Math.round)}: ${called(element)}`;
      if (!told.has(sentence)) wrong.push(sentence);
      told.add(sentence);
    }
  }
  if (has("focus")) {
    const still = new CSSStyleSheet();
    still.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, still];
    const look = (element) => {
      const parts = [];
      for (let at = element, up = 0; at && up < 3; at = at.parentElement, up += 1) {
        const style = getComputedStyle(at);
        parts.push(style.outlineStyle, style.outlineWidth, style.outlineColor, style.boxShadow, style.borderColor, style.backgroundColor, style.textDecorationLine, style.color);
      }
      return parts.join("|");
    };
    const before = document.activeElement;
    for (const control of document.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")) {
      if (!isSeen(control) || control.disabled || control.tabIndex < 0) continue;
      const idle = look(control);
      control.focus({ preventScroll: true, focusVisible: true });
      if (document.activeElement === control && look(control) === idle) wrong.push(`focus is not seen: ${called(control)}`);
      control.blur();
    }
    before?.focus?.({ preventScroll: true });
  }
  return wrong;
}
