// Figures of uWebSockets outlive the run that had them: its sources are not on every machine. For each row the last
// runs of it are kept, with those beside it that they are compared with, and their date.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { figures } from "./rows.mjs";

const GUEST = "uwebsockets";
const BESIDE = ["triloop", "original"];
const DIGITS = 4;

/** A run with the figures of the tables alone, named as they are. */
const reduced = (run) => Object.fromEntries(Object.entries(figures).flatMap(([name, figure]) => {
  const value = figure(run); // a run of another kind has no such figure
  return Number.isFinite(value) ? [[name, Number(value.toPrecision(DIGITS))]] : [];
}));

export const readKept = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {});

/** What was kept before, with the rows in place that this run has measured. */
export function merged(kept, { results, machine }) {
  const measured = Object.entries(results).filter(([, runs]) => runs[GUEST]).map(([row, runs]) => [row, {
    date: machine.date,
    runs: Object.fromEntries([GUEST, ...BESIDE].flatMap((name) => (runs[name] ? [[name, runs[name].map(reduced)]] : []))),
  }]);
  return { ...kept, ...Object.fromEntries(measured) };
}

export function writeKept(path, kept) {
  const lines = Object.entries(kept).map(([row, value]) => `${JSON.stringify(row)}: ${JSON.stringify(value)}`);
  writeFileSync(path, `{\n${lines.join(",\n")}\n}\n`);
}

/**
 * The runs of these servers in a row, all of one run of the bench: of this one, or else of the one that was kept.
 * { runs, date }, the date only if it was kept; undefined if there are none. What is kept is for uWebSockets alone.
 */
export function runsOf({ results, kept = {} }, row, ...names) {
  const has = (runs) => runs && names.every((name) => runs[name]);
  if (has(results[row])) return { runs: names.map((name) => results[row][name]) };
  if (names.includes(GUEST) && has(kept[row]?.runs)) return { runs: names.map((name) => kept[row].runs[name]), date: kept[row].date };
  return undefined;
}

/** As rows.mjs has them, of a run that was measured now or was kept. */
export const figureOf = (name) => (run) => run[name] ?? figures[name](run);
