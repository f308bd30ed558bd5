// The tables, in Markdown, and where they go.

import { readFileSync, writeFileSync } from "node:fs";
import { contestants } from "./contestants.mjs";
import { figures } from "./rows.mjs";
import { absolute, ratio } from "./statistics.mjs";

const BEGIN = "<!-- bench:begin -->";
const END = "<!-- bench:end -->";
const LARGE_BYTES = 64 * 1024; // from here on bytes say more than messages
const MB = 1e6;

const digits = (number) => {
  if (number === 0) return "0";
  if (Math.abs(number) >= 100) return number.toLocaleString("en-US", { maximumFractionDigits: 0 });
  return String(Number(number.toPrecision(3)));
};
const withSpread = ({ median, least, most }) => `${digits(median)} (${digits(least)}–${digits(most)})`;

function markdown(header, lines) {
  return [header, header.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** One line per row, one column per server; rows and columns without any figure are left out. */
function byServer(rows, cellOf, among = Object.keys(contestants)) {
  const lines = rows.map((row) => [row, among.map((name) => cellOf(row, name))]);
  const kept = lines.filter(([, cells]) => cells.some((cell) => cell !== undefined));
  const columns = among.map((_, i) => i).filter((i) => kept.some(([, cells]) => cells[i] !== undefined));
  if (kept.length === 0) return "";
  return markdown(
    ["row", ...columns.map((i) => contestants[among[i]].title)],
    kept.map(([row, cells]) => [row.label ?? row.name, ...columns.map((i) => cells[i] ?? "")]),
  );
}

function targetTable({ targets }) {
  const line = ({ row, what, peer, least, most, value, outcome }) => [
    row,
    peer ? `${what}, relative to ${contestants[peer].title}` : what,
    least === undefined ? `≤ ${most}` : `≥ ${least}`,
    value ? withSpread(value) : "",
    outcome,
  ];
  return markdown(["row", "figure", "target", "measured", ""], targets.map(line));
}

function rateTable({ results }, rows) {
  const labelled = rows.filter(({ kind }) => kind !== "idle").map((row) => {
    const isLarge = row.load.bytes >= LARGE_BYTES;
    const unit = row.kind === "churn" ? "connections/s" : isLarge ? "MB/s" : "messages/s";
    return { ...row, label: `${row.name}, ${unit}`, factor: isLarge ? row.load.bytes / MB : 1 };
  });
  return byServer(labelled, (row, name) => {
    const value = absolute(results[row.name]?.[name], (run) => figures.rate(run) * row.factor);
    return value && digits(value.median);
  });
}

function ratioTable({ results }, rows) {
  const peers = Object.keys(contestants).filter((name) => name !== "triloop");
  return byServer(rows.filter(({ kind }) => kind !== "idle"), (row, name) => {
    const value = ratio(results[row.name]?.triloop, results[row.name]?.[name], figures.rate);
    return value && withSpread(value);
  }, peers);
}

function latencyTable({ results }, rows) {
  return byServer(rows.filter(({ kind }) => kind !== "idle"), (row, name) => {
    const runs = results[row.name]?.[name];
    const [p50, p99] = [absolute(runs, figures.p50), absolute(runs, figures.p99)];
    return p50 && p99 && `${digits(p50.median)} / ${digits(p99.median)}`;
  });
}

function costTable({ results }, rows) {
  return byServer(rows, (row, name) => {
    const runs = results[row.name]?.[name];
    const cpu = absolute(runs, figures.cpuPerMessage);
    const switches = absolute(runs, figures.switchesPerMessage);
    return cpu && `${digits(cpu.median)}${switches ? ` / ${digits(switches.median)}` : ""}`;
  });
}

function idleTable({ results, skipped, failed }, rows) {
  const named = ["cpuPercent", "residentKib", "systemKib", "answeredSeconds"];
  const lines = rows.filter(({ kind }) => kind === "idle").flatMap((row) => {
    if (failed[row.name]) return [];
    if (skipped[row.name]) return [[row.name, "", `cannot be run here: ${skipped[row.name]}`, "", "", ""]];
    return row.servers.map((name) => [
      row.name,
      contestants[name].title,
      ...named.map((figure) => {
        const value = absolute(results[row.name]?.[name], figures[figure]);
        return value ? digits(value.median) : "";
      }),
    ]);
  });
  const header = ["row", "server", "CPU, % of a core", "KiB resident per connection",
    "KiB of the system's memory per connection", "s until all answered"];
  return lines.length > 0 ? markdown(header, lines) : "";
}

function profileTable({ profiles }) {
  const names = Object.keys(profiles);
  if (names.length === 0) return "";
  const kinds = Object.keys(profiles[names[0]]);
  return markdown(["row", ...kinds], names.map((name) =>
    [name, ...kinds.map((kind) => (100 * profiles[name][kind]).toFixed(0))]));
}

function memoryTable({ memory }) {
  const names = Object.keys(memory);
  if (names.length === 0) return "";
  const kinds = Object.keys(memory[names[0]]);
  return markdown(["row", ...kinds], names.map((name) => [name, ...kinds.map((kind) => digits(memory[name][kind]))]));
}

function failureTable({ failed }) {
  const lines = Object.entries(failed);
  return lines.length > 0 ? markdown(["row", "why"], lines) : "";
}

function facts({ machine, rounds, seconds }) {
  const packages = Object.entries(machine.packages).map(([name, version]) => `${name} ${version}`);
  return [
    `Measured on ${machine.date}: ${machine.cpu}, ${machine.cores} cores, ` +
      `${Math.round(machine.memoryBytes / 2 ** 30)} GiB, Linux ${machine.kernel}; load average at the ` +
      `beginning ${machine.load.toFixed(1)}. ${machine.compiler}; ${machine.go}; ${packages.join(", ")}.`,
    `Each figure is the median of ${rounds} rounds of ${seconds} s, in brackets the least and the most ` +
      "of them. Ratios are taken round by round. A row is named connections x messages in flight.",
  ].join("\n\n");
}

/** All that stands between the markers. `plots` are paths relative to the page, with their titles. */
export function tables(report, rows, plots) {
  const sections = [
    ["Targets", targetTable(report)],
    ["Rates", rateTable(report, rows)],
    ["triloop's rate relative to", ratioTable(report, rows)],
    ["Latency, µs, p50 / p99", latencyTable(report, rows)],
    ["µs of the server's CPU / context switches, per message", costTable(report, rows)],
    ["Idle connections", idleTable(report, rows)],
    ["Where triloop's time goes, % of its CPU", profileTable(report)],
    ["Where the memory of an idle connection is, KiB for each", memoryTable(report)],
    ["Failed", failureTable(report)],
  ];
  const images = plots.map(({ path, title }) => `![${title}](${path})`);
  return [
    facts(report),
    ...sections.filter(([, table]) => table !== "").map(([title, table]) => `### ${title}\n\n${table}`),
    ...images,
  ].join("\n\n");
}

export function replaceTables(page, text) {
  const before = readFileSync(page, "utf8");
  const [begin, end] = [before.indexOf(BEGIN), before.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`${page} lacks the markers ${BEGIN} and ${END}`);
  writeFileSync(page, `${before.slice(0, begin + BEGIN.length)}\n${text}\n${before.slice(end)}`);
}
