// SVG pictures of the figures. They have a white ground, so that they can be read on a dark page too.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import * as vega from "vega";
import * as vegaLite from "vega-lite";
import { contestants } from "./contestants.mjs";
import { figureOf, runsOf } from "./kept.mjs";
import { absolute, ratio } from "./statistics.mjs";

const titleOf = (name) => contestants[name].title;
// Warns of scales that facets share; here they are to share them.
const logger = vega.logger(vega.Error);
const shown = Object.keys(contestants).filter((name) => !contestants[name].shadow && name !== "plain" && !contestants[name].proxy);
const servers = shown.map(titleOf);
const color = { // told apart by those who see no red or no green, too
  field: "server",
  scale: { domain: servers, range: ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#56b4e9", "#f0e442", "#999999"] },
  legend: { title: null, orient: "top" },
};
// Rows in the order of the run, and only the servers that a row has.
const facetOf = (values) => ({
  row: {
    field: "row",
    title: null,
    sort: [...new Set(values.map(({ row }) => row))],
    header: { labelAngle: 0, labelAlign: "left", labelFontSize: 12 },
  },
});
const resolve = { scale: { y: "independent" } };
const look = {
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  background: "white",
  padding: 12,
  config: { font: "sans-serif", axis: { labelFontSize: 12, titleFontSize: 12, labelLimit: 260 }, view: { stroke: null } },
};

async function draw(path, spec) {
  const view = new vega.View(vega.parse(vegaLite.compile({ ...look, ...spec }, { logger }).spec), { renderer: "none" });
  writeFileSync(path, `${await view.toSVG()}\n`);
}

/** A point for each row and server that has one; `valueOf` gives its values or undefined. */
function points(rows, valueOf) {
  return rows.flatMap((row) => shown.flatMap((name) => {
    const value = valueOf(row.name, name);
    return value ? [{ row: row.name, server: titleOf(name), ...value }] : [];
  }));
}

const ratePlot = (values) => ({
  title: "Rate relative to Go (1 = the original's design)",
  data: { values },
  width: 420,
  height: { step: 9 },
  encoding: {
    y: { field: "row", type: "nominal", title: null, sort: null, scale: { paddingInner: 0.25 } },
    yOffset: { field: "server", sort: servers },
    x: { field: "ratio", type: "quantitative", title: "times Go's rate, median of the rounds" },
    color,
  },
  layer: [{ mark: "bar" }, { mark: { type: "rule", color: "#444" }, encoding: {
    x: { datum: 1 }, y: null, yOffset: null, color: null } }],
});

const latencyPlot = (values) => ({
  title: "Latency: p50 (filled) to p99 (hollow)",
  data: { values },
  facet: facetOf(values),
  resolve,
  spec: {
    width: 420,
    height: { step: 15 },
    encoding: {
      y: { field: "server", title: null, sort: servers },
      x: { field: "p50", type: "quantitative", scale: { type: "log" }, title: "µs, logarithmic", axis: { tickCount: 5 } },
      color: { ...color, legend: null },
    },
    layer: [
      { mark: { type: "rule", strokeWidth: 2 }, encoding: { x2: { field: "p99" } } },
      { mark: { type: "point", filled: true, size: 60, opacity: 1 } },
      { mark: { type: "point", fill: "white", size: 60, opacity: 1 }, encoding: { x: { field: "p99", type: "quantitative" } } },
    ],
  },
});

const memoryPlot = (values) => ({
  title: "Memory for each idle connection",
  data: { values },
  facet: facetOf(values),
  resolve,
  spec: {
    width: 420,
    height: { step: 15 },
    mark: "bar",
    encoding: {
      y: { field: "server", title: null, sort: servers },
      yOffset: { field: "kind", sort: ["resident", "system"] },
      x: { field: "kib", type: "quantitative", title: "KiB" },
      color: {
        field: "kind",
        scale: { domain: ["resident", "system"], range: ["#0072b2", "#e69f00"] },
        legend: { title: null, orient: "top", labelLimit: 400,
          labelExpr: "datum.value == 'resident' ? 'resident in the process' : 'of the system, kernel and client included'" },
      },
    },
  },
});

const of = (report, row, name, figure) =>
  absolute(runsOf(report, row, name)?.runs[0], figureOf(figure));

function rates(rows, report) {
  return points(rows.filter(({ kind }) => kind !== "idle"), (row, name) => {
    const found = runsOf(report, row, name, "original");
    const value = found && ratio(...found.runs, figureOf("rate"));
    return value && { ratio: value.median };
  });
}

function latencies(rows, report) {
  return points(rows.filter(({ kind }) => kind !== "idle"), (row, name) => {
    const [p50, p99] = [of(report, row, name, "p50"), of(report, row, name, "p99")];
    return p50 && p99 && { p50: p50.median, p99: p99.median };
  });
}

function memory(rows, report) {
  return ["resident", "system"].flatMap((kind) =>
    points(rows.filter((row) => row.kind === "idle"), (row, name) => {
      const value = of(report, row, name, `${kind}Kib`);
      return value && { kind, kib: value.median };
    }));
}

/** Draws what there are figures for; returns titles, and paths relative to the folder above. */
export async function drawPlots(report, allRows, folder) {
  const rows = allRows.filter(({ isPlotted }) => isPlotted);
  const plots = [
    ["bench-rate.svg", ratePlot, rates(rows, report)],
    ["bench-latency.svg", latencyPlot, latencies(rows, report)],
    ["bench-memory.svg", memoryPlot, memory(rows, report)],
  ];
  const drawn = plots.filter(([, , values]) => values.length > 0);
  for (const [name, plot, values] of drawn) await draw(join(folder, name), plot(values));
  return drawn.map(([name, plot, values]) => ({ path: `images/${name}`, title: plot(values).title }));
}
