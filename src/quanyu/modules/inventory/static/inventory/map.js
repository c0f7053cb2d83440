// Stores at their coordinates on an empty plane: no tiles, no outlines. One degree of longitude is cos(latitude) as wide
// as one of latitude is high, so the shape is true whatever the window, and stays so while it is moved and scaled.
const LEVELS = { calm: "#0f9d6b", some: "#d08700", many: "#d4493f" };
const SHAPES = { store: "circle", warehouse: "rect" };
const KM_PER_DEGREE = 111.2;
const NEAREST_KM_PER_PIXEL = 0.004;
const SMALLEST = 13;
const LARGEST = 46;

// What is seen: the middle, and how many pixels a degree of latitude is high.
class View {
  constructor(place, points) {
    this.place = place;
    this.points = points;
    this.showAll();
  }

  get width() {
    return Math.max(this.place.clientWidth, 1);
  }

  get height() {
    return Math.max(this.place.clientHeight, 1);
  }

  showAll() {
    const around = this.points.map((point) => point.at);
    const [west, east] = [Math.min(...around.map(([x]) => x)), Math.max(...around.map(([x]) => x))];
    const [south, north] = [Math.min(...around.map(([, y]) => y)), Math.max(...around.map(([, y]) => y))];
    this.middle = around.length ? [(west + east) / 2, (south + north) / 2] : [105, 35];
    this.squeeze = Math.cos((this.middle[1] * Math.PI) / 180);
    const room = 90;
    const wide = Math.max((east - west) * this.squeeze, 0.02);
    const high = Math.max(north - south, 0.02);
    this.scale = Math.min((this.width - 2 * room) / wide, (this.height - 2 * room) / high);
    this.least = this.scale / 3;
    this.most = KM_PER_DEGREE / NEAREST_KM_PER_PIXEL;
    this.scale = Math.min(this.scale, this.most);
  }

  // Scale around a place of the window (pixels from its middle), which stays where it is.
  zoom(by, x = 0, y = 0) {
    const before = this.scale;
    this.scale = Math.min(Math.max(this.scale * by, Math.min(this.least, this.most)), this.most);
    const kept = 1 / before - 1 / this.scale;
    this.middle = [this.middle[0] + (x * kept) / this.squeeze, this.middle[1] - y * kept];
  }

  move(x, y) {
    this.middle = [this.middle[0] - x / this.scale / this.squeeze, this.middle[1] + y / this.scale];
  }

  goTo(at) {
    this.middle = [...at];
    this.scale = Math.max(this.scale, Math.min(this.most, 900));
  }

  axes() {
    const wide = this.width / this.scale / this.squeeze / 2;
    const high = this.height / this.scale / 2;
    return {
      xAxis: { min: this.middle[0] - wide, max: this.middle[0] + wide },
      yAxis: { min: this.middle[1] - high, max: this.middle[1] + high },
    };
  }

  pixels([longitude, latitude]) {
    return [this.width / 2 + (longitude - this.middle[0]) * this.squeeze * this.scale, this.height / 2 - (latitude - this.middle[1]) * this.scale];
  }
}

function items(drawn, texts) {
  const largest = Math.max(...drawn.points.map((point) => point.size), 1);
  return drawn.points
    .map((point) => ({
      value: point.at,
      point,
      symbol: SHAPES[point.kind],
      // Area, not diameter, is what is compared.
      symbolSize: SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(point.size / largest),
      itemStyle: { color: LEVELS[point.level] },
      // Not by colour alone: the number of alarms stands in the point, with a mark when there are many.
      text: point.alarms ? `${point.alarms}${point.level === "many" ? "!" : ""}` : "",
      tooltip: `${point.name}\n${texts[point.kind]} · ${point.where}\n${texts.size}: ${point.sizeText}\n${texts.alarms}: ${point.alarms}`,
    }))
    .sort((a, b) => b.symbolSize - a.symbolSize);
}

function option(drawn, isDark) {
  const text = isDark ? "#94a3b8" : "#64748b";
  const line = isDark ? "rgb(148 163 184 / 13%)" : "rgb(100 116 139 / 13%)";
  const axis = { type: "value", show: true, axisLine: { show: false }, axisTick: { show: false }, axisLabel: { show: false }, splitLine: { lineStyle: { color: line } } };
  return {
    animation: false,
    grid: { left: 0, right: 0, top: 0, bottom: 0 },
    xAxis: axis,
    yAxis: axis,
    tooltip: { trigger: "item", confine: true, formatter: ({ data }) => escaped(data.tooltip), extraCssText: "white-space: pre-line; max-width: 22rem;" },
    series: [
      { id: "names", type: "scatter", silent: true, symbolSize: 1, itemStyle: { color: "transparent" }, z: 1, label: { show: true, position: "inside", color: text, textBorderWidth: 0 }, data: [] },
      {
        id: "points",
        type: "scatter",
        z: 3,
        cursor: "pointer",
        itemStyle: { opacity: 0.88, borderColor: isDark ? "#0b1220" : "#fff", borderWidth: 1.5 },
        label: { show: true, color: "#fff", fontSize: 10, fontWeight: 700 },
        emphasis: { scale: 1.15 },
        data: [],
      },
      { id: "captions", type: "scatter", silent: true, symbolSize: 1, itemStyle: { color: "transparent" }, z: 2, label: { show: true, position: "inside", color: isDark ? "#e2e8f0" : "#1f2937", fontSize: 11 }, data: [] },
    ],
  };
}

function escaped(text) {
  const holder = document.createElement("i");
  holder.textContent = text;
  return holder.innerHTML;
}

const wideOf = (text, size) => [...text].reduce((wide, letter) => wide + (letter.charCodeAt(0) > 255 ? size : size * 0.58), 0);
const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

// Texts that would stand on others are left out, those of less weight first; moving closer makes room for them.
class Room {
  constructor() {
    this.taken = [];
  }

  hold(box) {
    this.taken.push(box);
  }

  take(box) {
    if (this.taken.some((other) => meet(box, other))) {
      return false;
    }
    this.taken.push(box);
    return true;
  }
}

// From afar the names of provinces, nearer those of cities.
function names(drawn, view, room) {
  const level = view.scale < 9 ? "province" : "city";
  const size = level === "province" ? 15 : 13;
  const above = 36;
  return drawn.names
    .filter((name) => name.levels.includes(level))
    .sort((a, b) => b.stores - a.stores)
    .filter((name) => {
      const [x, y] = view.pixels(name.at);
      const half = wideOf(name.name, size) / 2 + 4;
      return room.take([x - half, y - above - size / 2, x + half, y - above + size / 2]);
    })
    .map((name) => ({ value: name.at, label: { formatter: name.name, fontSize: size, fontWeight: 600, offset: [0, -above] } }));
}

// From nearby the names of the points themselves stand below them.
function captions(items, view, room) {
  if (view.scale < 60) {
    return [];
  }
  return items
    .filter(({ point, symbolSize }) => {
      const [x, y] = view.pixels(point.at);
      const half = wideOf(point.name, 11) / 2 + 3;
      return room.take([x - half, y + symbolSize / 2 + 2, x + half, y + symbolSize / 2 + 17]);
    })
    .map(({ point, symbolSize }) => ({ value: point.at, label: { formatter: point.name, offset: [0, symbolSize / 2 + 10] } }));
}

// The number in a point is left out where a smaller point lies on it.
function numbered(items, view) {
  const room = new Room();
  const shown = new Map();
  for (const item of [...items].reverse()) {
    const [x, y] = view.pixels(item.point.at);
    const half = item.point.alarms ? wideOf(item.text, 10) / 2 : item.symbolSize / 2;
    shown.set(item, room.take([x - half, y - 6, x + half, y + 6]));
  }
  return items.map((item) => ({ ...item, label: { formatter: shown.get(item) ? item.text : "" } }));
}

function rule(view, place, texts) {
  const scale = place.parentElement.querySelector(".qs-scale");
  const perPixel = KM_PER_DEGREE / view.scale;
  const round = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].find((km) => km / perPixel >= 60) ?? 1000;
  scale.querySelector("i").style.width = `${round / perPixel}px`;
  scale.querySelector("span").textContent = `${round} ${texts.kilometres}`;
}

export function drawMap(place, isDark) {
  const drawn = JSON.parse(place.dataset.stockMap);
  const view = new View(place, drawn.points);
  const points = items(drawn, drawn.texts);
  const chart = window.echarts.init(place);
  let waiting = 0;
  const show = () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => {
      const room = new Room();
      for (const { point, symbolSize } of points) {
        const [x, y] = view.pixels(point.at);
        room.hold([x - symbolSize / 2.6, y - symbolSize / 2.6, x + symbolSize / 2.6, y + symbolSize / 2.6]);
      }
      const named = names(drawn, view, room);
      chart.setOption({
        ...view.axes(),
        series: [
          { id: "names", data: named },
          { id: "points", data: numbered(points, view) },
          { id: "captions", data: captions(points, view, room) },
        ],
      });
      rule(view, place, drawn.texts);
      place.dataset.drawn = String(Math.round(view.scale));
    });
  };
  const dress = () => {
    chart.setOption(option(drawn, isDark()));
    show();
  };
  dress();
  chart.on("click", ({ data }) => data?.point && window.location.assign(data.point.address));
  listen(place, view, show);
  search(place, drawn, view, chart, show);
  new ResizeObserver(() => {
    chart.resize();
    show();
  }).observe(place);
  new MutationObserver(dress).observe(document.documentElement, { attributeFilter: ["class"] });
  // Where a point is on the screen, for whoever wants to point at it.
  place.whereIs = (id) => view.pixels(drawn.points.find((point) => point.id === id).at);
}

function listen(place, view, show) {
  const change = (deed) => {
    deed();
    show();
  };
  const fromMiddle = (event) => {
    const box = place.getBoundingClientRect();
    return [event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2];
  };
  place.addEventListener("wheel", (event) => {
    event.preventDefault();
    change(() => view.zoom(Math.exp(-event.deltaY / 400), ...fromMiddle(event)));
  }, { passive: false });
  let held = null;
  place.addEventListener("pointerdown", (event) => (held = [event.clientX, event.clientY]));
  window.addEventListener("pointerup", () => (held = null));
  window.addEventListener("pointermove", (event) => {
    if (held) {
      const [x, y] = [event.clientX - held[0], event.clientY - held[1]];
      held = [event.clientX, event.clientY];
      change(() => view.move(x, y));
    }
  });
  const deeds = { in: () => view.zoom(1.5), out: () => view.zoom(1 / 1.5), all: () => view.showAll() };
  place.parentElement.querySelectorAll("[data-map-zoom]").forEach((button) => button.addEventListener("click", () => change(deeds[button.dataset.mapZoom])));
  const keys = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
  place.addEventListener("keydown", (event) => {
    if (keys[event.key]) {
      event.preventDefault();
      change(() => view.move(...keys[event.key]));
    } else if (event.key === "+" || event.key === "=") {
      change(deeds.in);
    } else if (event.key === "-") {
      change(deeds.out);
    } else if (event.key === "0") {
      change(deeds.all);
    }
  });
}

// What is typed narrows the list and points out what is meant on the map.
function search(place, drawn, view, chart, show) {
  const field = document.querySelector("[data-map-search]");
  field?.form.addEventListener("submit", (event) => event.preventDefault());
  field?.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    const found = drawn.points.filter((point) => `${point.name} ${point.code} ${point.where}`.toLowerCase().includes(wanted));
    const ids = new Set(found.map((point) => String(point.id)));
    for (const row of document.querySelectorAll("[data-place]")) {
      row.hidden = !ids.has(row.dataset.place);
    }
    if (!wanted) {
      view.showAll();
    } else if (found.length) {
      view.goTo(found[0].at);
      chart.dispatchAction({ type: "showTip", seriesId: "points", seriesIndex: 1, dataIndex: shownAt(chart, found[0].id) });
    }
    show();
  });
}

function shownAt(chart, id) {
  return chart.getOption().series[1].data.findIndex((item) => item.point.id === id);
}
