// The figures that were measured, in a file that is kept with the sources: one line for each row.

import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { spread } from "../bench/statistics.mjs";

const DIGITS = 4;
const PATH = new URL("measured.json", import.meta.url);

export const readMeasured = (path = PATH) => (existsSync(path) ? JSON.parse(readFileSync(path, "utf8")) : {});

const oneLineEach = (object) =>
  `{\n${Object.entries(object).map(([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(",\n")}\n  }`;

/** Sections that are objects of objects have a line for each of those. */
function text(value) {
  const isTable = value && typeof value === "object" && Object.values(value).every((one) => one && typeof one === "object");
  return isTable ? oneLineEach(value) : JSON.stringify(value);
}

export function writeMeasured(found, path = PATH) {
  const sections = Object.entries(found).map(([name, value]) => `  ${JSON.stringify(name)}: ${text(value)}`);
  writeFileSync(path, `{\n${sections.join(",\n")}\n}\n`);
}

/** Of each figure of some runs the median; `quiet: false` if any of them was not. */
export function medians(runs) {
  const names = Object.keys(runs[0]).filter((name) => name !== "quiet");
  const figures = names.map((name) => [name, Number(spread(runs.map((run) => run[name])).median.toPrecision(DIGITS))]);
  return { ...Object.fromEntries(figures), ...(runs.some(({ quiet }) => quiet === false) && { quiet: false }) };
}
