// The stock pages: bars and waterfalls, cells that follow what is sold, the map of stores, menus that close.
import { drawMap } from "./map.js";

const isDark = () => document.documentElement.classList.contains("dark");
const COLOURS = { available: "#0f9d6b", reserved: "#e0a020", damaged: "#d4493f", incoming: "#2f7de1", more: "#0f9d6b", less: "#d4493f", sum: "#64748b" };

function ink() {
  return isDark() ? { text: "#c9d1d9", line: "#30363d" } : { text: "#4b5563", line: "#e5e7eb" };
}

function places(chart) {
  const { text, line } = ink();
  return {
    animationDuration: 300,
    grid: { left: 8, right: 16, top: 34, bottom: 4, containLabel: true },
    legend: { top: 0, left: 0, textStyle: { color: text }, itemWidth: 12, itemHeight: 12 },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" } },
    xAxis: { type: "category", data: chart.labels, axisLabel: { color: text, interval: 0, width: 84, overflow: "truncate", fontSize: 11 }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } },
    yAxis: { type: "value", axisLabel: { color: text }, splitLine: { lineStyle: { color: line } } },
    series: chart.series.map((one) => ({ name: one.name, type: "bar", stack: "all", barMaxWidth: 34, color: COLOURS[one.part], data: one.values })),
  };
}

// Each step hangs where the one before ended; also below nothing, should a figure ever be there.
function waterfall(chart) {
  const { text, line } = ink();
  const floor = chart.steps.map((step) => Math.min(step.from, step.to));
  return {
    animationDuration: 300,
    grid: { left: 8, right: 16, top: 26, bottom: 4, containLabel: true },
    xAxis: { type: "category", data: chart.steps.map((step) => step.name), axisLabel: { color: text, interval: 0, fontSize: 11, width: 88, overflow: "truncate" }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } },
    yAxis: { type: "value", axisLabel: { color: text }, splitLine: { lineStyle: { color: line } } },
    series: [
      { type: "bar", stack: "all", silent: true, itemStyle: { color: "transparent" }, data: floor },
      {
        type: "bar",
        stack: "all",
        barMaxWidth: 54,
        data: chart.steps.map((step) => ({ value: Math.abs(step.to - step.from), itemStyle: { color: COLOURS[step.tone], borderRadius: 3 } })),
        label: {
          show: true,
          position: "top",
          color: text,
          fontSize: 12,
          formatter: ({ dataIndex }) => {
            const step = chart.steps[dataIndex];
            const change = Number((step.to - step.from).toFixed(3));
            return step.tone === "sum" ? String(step.to) : `${change > 0 ? "+" : "−"}${Math.abs(change)}`;
          },
        },
      },
    ],
  };
}

const KINDS = { places, waterfall };

function drawChart(place) {
  const chart = JSON.parse(place.dataset.stockChart);
  const drawn = window.echarts.init(place);
  const draw = () => drawn.setOption(KINDS[chart.kind](chart));
  draw();
  new ResizeObserver(() => drawn.resize()).observe(place);
  new MutationObserver(draw).observe(document.documentElement, { attributeFilter: ["class"] });
}

// Cells that changed flash softly; who asked for less motion sees them change without it.
function put(cell, text, asHtml, address) {
  const quiet = cell.querySelector(".qs-quiet");
  if (address && quiet) {
    const link = Object.assign(document.createElement("a"), { className: "qs-figure", href: address, textContent: quiet.textContent });
    quiet.replaceWith(link);
  }
  const target = cell.querySelector("a, .qs-quiet") || cell;
  const old = asHtml ? target.innerHTML : target.textContent;
  if (text === undefined || old.trim() === text.trim()) {
    return;
  }
  if (asHtml) {
    const badge = new DOMParser().parseFromString(text, "text/html").body.firstElementChild;
    target.replaceChildren(...(badge ? [badge] : []));
  } else {
    target.textContent = text;
  }
  cell.classList.remove("qs-flash");
  void cell.offsetWidth;
  cell.classList.add("qs-flash");
}

const EVERY_MS = 3000;

function follow(card) {
  const rows = new Map([...card.querySelectorAll("[data-row]")].map((row) => [row.dataset.row, row]));
  const sign = card.querySelector("[data-live-sign]");
  if (!rows.size) {
    return;
  }
  const address = `${card.dataset.live}&ids=${[...rows.keys()].join(",")}`;
  const look = async () => {
    if (!document.hidden) {
      try {
        const answer = await fetch(address, { headers: { accept: "application/json" }, redirect: "error" });
        if (!answer.ok) {
          throw new Error(String(answer.status));
        }
        const now = await answer.json();
        for (const [key, figures] of Object.entries(now.rows)) {
          for (const cell of rows.get(key)?.querySelectorAll("[data-cell]") ?? []) {
            put(cell, figures[cell.dataset.cell], cell.dataset.cell === "alarm", figures.why[cell.dataset.cell]);
          }
        }
        for (const cell of document.querySelectorAll("[data-sum]")) {
          put(cell, now.sums[cell.dataset.sum], false);
        }
        for (const cell of card.querySelectorAll("[data-foot]")) {
          put(cell, now.foot[cell.dataset.foot], false);
        }
        sign.hidden = false;
      } catch {
        sign.hidden = true;
      }
    }
    setTimeout(look, EVERY_MS);
  };
  setTimeout(look, EVERY_MS);
}

// A menu closes when another place is touched, and with Escape. It stands over the table, not inside its scrolling box.
function stand(menu) {
  const list = menu.querySelector(".qs-menu-list");
  const box = menu.querySelector("summary").getBoundingClientRect();
  list.style.top = `${Math.max(8, Math.min(box.bottom + 4, window.innerHeight - list.offsetHeight - 8))}px`;
  list.style.left = `${Math.max(8, box.right - list.offsetWidth)}px`;
}

function closeMenus(except) {
  document.querySelectorAll(".qs-menu[open]").forEach((menu) => menu !== except && menu.removeAttribute("open"));
}

function start() {
  // A scanner types at once; the browser's own autofocus comes later than its first letter, or not at all.
  document.querySelector(".qs-scan input[autofocus]")?.focus();
  document.querySelectorAll("[data-stock-chart]").forEach(drawChart);
  document.querySelectorAll("[data-live]").forEach(follow);
  document.querySelectorAll("[data-stock-map]").forEach((place) => drawMap(place, isDark));
  document.querySelectorAll(".qs-menu").forEach((menu) => menu.addEventListener("toggle", () => menu.open && (closeMenus(menu), stand(menu))));
  document.addEventListener("click", (event) => closeMenus(event.target.closest(".qs-menu")));
  document.addEventListener("scroll", () => document.querySelectorAll(".qs-menu[open]").forEach(stand), { capture: true, passive: true });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      const open = document.querySelector(".qs-menu[open]");
      closeMenus(null);
      open?.querySelector("summary").focus();
    }
  });
}

start();
