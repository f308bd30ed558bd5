// The tables, in Markdown, and where they go.

import { readFileSync, writeFileSync } from "node:fs";
import { contestants } from "./contestants.mjs";
import { figureOf, runsOf } from "./kept.mjs";
import { allRows, isTls } from "./rows.mjs";
import { absolute, LEAST_PAIRS, ratio } from "./statistics.mjs";

const LARGE_BYTES = 64 * 1024; // from here on bytes say more than messages
const MB = 1e6;
const LEAST_SHOWN = 0.001;
const COLUMNS = Object.keys(contestants).filter((name) => !contestants[name].shadow);
const RARE = ["node", "python"];
const PACKAGES_OF_TLS = ["libssl3", "haproxy", "nginx"];

const digits = (number) => {
  if (number === 0) return "0";
  if (Math.abs(number) < LEAST_SHOWN) return `< ${LEAST_SHOWN}`;
  if (Math.abs(number) >= 100) return number.toLocaleString("en-US", { maximumFractionDigits: 0 });
  return String(Number(number.toPrecision(3)));
};
/** The median, and its 95 % interval if the rounds were enough for one. */
const withInterval = ({ median, low, high }) =>
  low === undefined ? digits(median) : `${digits(median)} (${digits(low)}–${digits(high)})`;
/** What an earlier run has left. */
const dated = (text, date) => (date ? `${text} [${date}]` : text);

/** Figures of one server in a row, each by `format`; undefined unless the first of them is there. */
function cell(report, row, server, names, format = ({ median }) => digits(median)) {
  const found = runsOf(report, row.name, server);
  if (!found) return undefined;
  const values = names.map((name) => absolute(found.runs[0], figureOf(name)));
  return values[0] && dated(values.map((value) => (value ? format(value) : "–")).join(" / "), found.date);
}

function markdown(header, lines) {
  return [header, header.map(() => "---"), ...lines].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/**
 * One line per row, one column per server; rows and columns without any figure are left out. Rows of servers
 * that are in few rows make a table of their own.
 */
function byServer(rows, cellOf, among = COLUMNS) {
  const isRare = (row) => row.servers.some((name) => RARE.includes(name));
  return [rows.filter((row) => !isRare(row)), rows.filter(isRare)]
    .map((some) => oneTable(some, cellOf, among)).filter(Boolean).join("\n\n");
}

function oneTable(rows, cellOf, among) {
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
  // Of those that are asked of many rows, the ones that are reached are one line.
  const [fine, told] = [[], []];
  targets.filter(({ outcome, ofMany }) => !(ofMany && outcome === "not run"))
    .forEach((target) => (target.ofMany && target.outcome === "reached" ? fine : told).push(target));
  const line = ({ row, what, peer, least, most, value, outcome, date }) => [
    row,
    peer ? `${what}, relative to ${contestants[peer].title}` : what,
    least === undefined ? `≤ ${digits(most)}` : `≥ ${digits(least)}`,
    value ? withInterval(value) : "",
    dated(outcome, date),
  ];
  const [first] = fine;
  const summary = first && line({ ...first, row: `${fine.length} rows${told.some(({ ofMany }) => ofMany) ? " more" : ""}`,
    value: { median: Math.max(...fine.map(({ value }) => value.median)) } });
  return markdown(["row", "figure", "to reach", "measured", ""], [...told.map(line), ...(summary ? [summary] : [])]);
}

function rateTable(report, rows) {
  const labelled = rows.filter(({ kind }) => kind !== "idle").map((row) => {
    const isLarge = row.load.bytes >= LARGE_BYTES;
    const unit = row.kind === "churn" ? "connections/s" : row.kind === "broadcast" ? "deliveries/s" : isLarge ? "MB/s" : "messages/s";
    return { ...row, label: `${row.name}, ${unit}`, factor: isLarge ? row.load.bytes / MB : 1 };
  });
  return byServer(labelled, (row, name) =>
    cell(report, row, name, ["rate"], ({ median }) => digits(median * row.factor)));
}

/** triloop's figure over that of each other. */
function ratioTable(report, rows, figure) {
  return byServer(rows.filter(({ kind }) => kind !== "idle"), (row, name) => {
    const found = runsOf(report, row.name, "triloop", name);
    const value = found && ratio(...found.runs, figureOf(figure));
    return value && dated(withInterval(value), found.date);
  }, COLUMNS.filter((name) => name !== "triloop"));
}

const latencyTable = (report, rows) =>
  byServer(rows.filter(({ kind }) => kind !== "idle"), (row, name) => cell(report, row, name, ["p50", "p99"]));

const costTable = (report, rows) =>
  byServer(rows.filter(({ kind }) => kind !== "idle"), (row, name) =>
    cell(report, row, name, ["cpuPerMessage", "switchesPerMessage", "faultsPerMessage"]));

function baselineTable({ baseline }) {
  if (!baseline?.length) return "";
  const word = ({ isWorse, outcome }) => (isWorse ? "worse" : outcome === "reached" ? "no worse" : "not shown to be worse");
  return markdown(["row", "figure", "triloop over the older build", ""],
    baseline.map((found) => [found.row, found.what, withInterval(found.value), word(found)]));
}

function leftOutTable({ withoutOptions = {} }) {
  const lines = Object.entries(withoutOptions).map(([row, names]) => [row, names.map((name) => `\`--${name}\``).join(", ")]);
  return lines.length > 0 ? markdown(["row", "options that this triloop does not know"], lines) : "";
}

function idleTable(report, rows) {
  const { skipped, failed } = report;
  const named = ["cpuPercent", "residentKib", "systemKib", "answeredSeconds"];
  const lines = rows.filter(({ kind }) => kind === "idle").flatMap((row) => {
    if (failed[row.name]) return [];
    if (skipped[row.name]) return [[row.name, "", `cannot be run here: ${skipped[row.name]}`, "", "", ""]];
    return COLUMNS.filter((name) => runsOf(report, row.name, name)).map((name) => [
      row.name,
      dated(contestants[name].title, runsOf(report, row.name, name).date),
      ...named.map((figure) => {
        const value = absolute(runsOf(report, row.name, name).runs[0], figureOf(figure));
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

function facts({ machine, rounds, seconds }, ofTls) {
  const packages = Object.entries(machine.packages).filter(([name]) => PACKAGES_OF_TLS.includes(name) === ofTls)
    .map(([name, version]) => `${name} ${version}`);
  const tools = [machine.compiler, ...(ofTls ? [] : [machine.go, machine.node]), packages.join(", ")];
  return [
    `Measured on ${machine.date}: ${machine.cpu}, ${machine.cores} cores, ` +
      `${Math.round(machine.memoryBytes / 2 ** 30)} GiB, Linux ${machine.kernel}; load average at the ` +
      `beginning ${machine.load.toFixed(1)}. ${tools.join("; ")}.`,
    `Each figure is the median of ${rounds} rounds of ${seconds} s. Ratios are taken round by round, and in brackets is the ` +
      "95 % confidence interval of what they scatter around (Wilcoxon's signed ranks; of ratios on a logarithmic scale). " +
      "What is to be reached is **reached** or **not reached** if the whole interval is on one side, else it is **open**, " +
      `as it is with fewer than ${LEAST_PAIRS} rounds. A row is named connections x messages in flight. ` +
      "Figures with a date are of an earlier run, of all servers that they compare.",
  ].join("\n\n");
}

/** All that stands between the markers. `plots` are paths relative to the page, with their titles. */
function tables(report, rows, plots, ofTls) {
  const sections = [
    ["To reach", targetTable(report)],
    ["Beside an older build", baselineTable(report)],
    ["Rates", rateTable(report, rows)],
    ["triloop's rate relative to", ratioTable(report, rows, "rate")],
    ["Latency, µs, p50 / p99", latencyTable(report, rows)],
    ["µs of the server's CPU / context switches / page faults, per message (churn: per connection)", costTable(report, rows)],
    ["triloop's CPU per message relative to", ratioTable(report, rows, "cpuPerMessage")],
    ["Idle connections", idleTable(report, rows)],
    ["Where triloop's time goes, % of its CPU", profileTable(report)],
    ["Where the memory of an idle connection is, KiB for each", memoryTable(report)],
    ["Left out", leftOutTable(report)],
    ["Failed", failureTable(report)],
  ];
  const images = plots.map(({ path, title }) => `![${title}](${path})`);
  return [
    facts(report, ofTls),
    ...sections.filter(([, table]) => table !== "").map(([title, table]) => `### ${ofTls ? `TLS: ${title}` : title}\n\n${table}`),
    ...images,
  ].join("\n\n");
}

function replaceTables(page, name, text) {
  const [first, last] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const before = readFileSync(page, "utf8");
  const [begin, end] = [before.indexOf(first), before.indexOf(last)];
  if (begin < 0 || end < begin) throw new Error(`${page} lacks the markers ${first} and ${last}`);
  writeFileSync(page, `${before.slice(0, begin + first.length)}\n${text}\n${before.slice(end)}`);
}

/** What a report says of rows of this kind. */
function narrowed(report, ofTls) {
  const names = allRows().filter((row) => isTls(row) === ofTls).map(({ name }) => name);
  const listed = (list = []) => list.filter(({ row }) => names.includes(row));
  const keyed = (object = {}) => Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
  return {
    ...report,
    targets: listed(report.targets),
    baseline: listed(report.baseline),
    ...Object.fromEntries(["failed", "skipped", "withoutOptions", "profiles", "memory"].map((name) => [name, keyed(report[name])])),
  };
}

/** The rows with TLS have markers of their own. Of which kind a run had none, that kind's tables stay as they were. */
export function writeTables(page, report, rows, plots) {
  for (const ofTls of [false, true]) {
    const its = rows.filter((row) => isTls(row) === ofTls);
    if (its.length === 0) continue;
    replaceTables(page, ofTls ? "bench-tls" : "bench", tables(narrowed(report, ofTls), its, ofTls ? [] : plots, ofTls));
  }
}
