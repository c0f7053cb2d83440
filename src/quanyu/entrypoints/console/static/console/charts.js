// Draws every [data-chart]: days (stacked bars over time) and ranks (bars by name). Amounts come in yuan.
const isDark = () => document.documentElement.classList.contains("dark");
const COLOURS = ["#0f9d6b", "#2f7de1", "#e0a020", "#9b5de5", "#e4572e", "#4aa3a2"];
const money = (value) => "¥" + Number(value).toLocaleString("zh-CN", { maximumFractionDigits: 2 });
const short = (value) => (value >= 10000 ? value / 10000 + (document.documentElement.lang.startsWith("zh") ? "万" : "0k") : value);

function option(chart) {
  const ink = isDark() ? "#c9d1d9" : "#4b5563";
  const line = isDark() ? "#30363d" : "#e5e7eb";
  const names = { type: "category", data: chart.labels, axisLabel: { color: ink }, axisLine: { lineStyle: { color: line } }, axisTick: { show: false } };
  const values = { type: "value", axisLabel: { color: ink, formatter: short }, splitLine: { lineStyle: { color: line } } };
  const ranks = chart.kind === "ranks";
  return {
    color: COLOURS,
    animationDuration: 350,
    grid: { left: 8, right: 16, top: ranks ? 8 : 36, bottom: 4, containLabel: true },
    legend: ranks ? undefined : { top: 0, left: 0, textStyle: { color: ink }, itemWidth: 12, itemHeight: 12 },
    tooltip: { trigger: "axis", axisPointer: { type: "shadow" }, valueFormatter: money },
    xAxis: ranks ? values : names,
    yAxis: ranks ? { ...names, inverse: true } : values,
    series: chart.series.map((one) => ({
      name: one.name,
      type: "bar",
      stack: ranks ? undefined : "all",
      barMaxWidth: 22,
      data: one.values.map(Number),
      cursor: chart.links ? "pointer" : "default",
    })),
  };
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
