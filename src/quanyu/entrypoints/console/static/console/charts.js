// Draws every [data-chart]. Kinds: days (stacked bars over time), course (lines over hours), ranks and shares (bars by
// name). Amounts come in yuan.
const isDark = () => document.documentElement.classList.contains("dark");
const COLOURS = ["#0f9d6b", "#2f7de1", "#e0a020", "#9b5de5", "#e4572e", "#4aa3a2"];
const inChinese = () => document.documentElement.lang.startsWith("zh");
const money = (value) => (value == null ? "–" : "¥" + Number(value).toLocaleString("zh-CN", { maximumFractionDigits: 2 }));

function short(value) {
  if (inChinese()) {
    return value >= 10000 ? value / 10000 + "万" : value;
  }
  return value >= 1000000 ? value / 1000000 + "M" : value >= 1000 ? value / 1000 + "k" : value;
}

const asNumber = (value) => (value == null ? null : Number(value));

function bars(chart, ink, line) {
  const names = { type: "category", data: chart.labels, axisLabel: { color: ink }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } };
  const values = { type: "value", axisLabel: { color: ink, formatter: short, hideOverlap: true }, splitLine: { lineStyle: { color: line } } };
  const lies = chart.kind === "ranks" || chart.kind === "shares";
  const course = chart.kind === "course";
  return {
    grid: { left: 8, right: 20, top: lies ? 8 : 36, bottom: 4, containLabel: true },
    legend: lies ? undefined : { top: 0, left: 0, textStyle: { color: ink }, itemWidth: 12, itemHeight: 12, icon: "roundRect" },
    tooltip: { trigger: "axis", axisPointer: { type: course ? "line" : "shadow" }, valueFormatter: money, confine: true },
    xAxis: lies ? values : { ...names, boundaryGap: !course },
    yAxis: lies ? { ...names, inverse: true } : values,
    series: chart.series.map((one, place) => ({
      name: one.name,
      type: course ? "line" : "bar",
      stack: chart.kind === "days" ? "all" : undefined,
      barMaxWidth: 22,
      smooth: 0.25,
      showSymbol: false,
      lineStyle: course ? { width: place ? 1.5 : 2.5, type: place ? "dashed" : "solid" } : undefined,
      areaStyle: course && !place ? { opacity: 0.12 } : undefined,
      itemStyle: { color: course && place ? ink : undefined, borderRadius: lies ? [0, 4, 4, 0] : 0 },
      colorBy: chart.kind === "shares" ? "data" : "series",
      data: one.values.map(asNumber),
      cursor: chart.links ? "pointer" : "default",
    })),
  };
}

function option(chart) {
  const ink = isDark() ? "#c9d1d9" : "#4b5563";
  const line = isDark() ? "#30363d" : "#e5e7eb";
  const still = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
  const drawn = bars(chart, ink, line);
  return { color: COLOURS, animation: !still, animationDuration: 350, ...drawn };
}

function draw(place) {
  const chart = JSON.parse(place.dataset.chart);
  const drawn = window.echarts.init(place);
  drawn.setOption(option(chart));
  if (chart.links) {
    drawn.on("click", (event) => window.location.assign(chart.links[event.dataIndex]));
  }
  new ResizeObserver(() => drawn.resize()).observe(place);
  new MutationObserver(() => drawn.setOption(option(chart))).observe(document.documentElement, { attributeFilter: ["class"] });
}

document.querySelectorAll("[data-chart]").forEach(draw);
