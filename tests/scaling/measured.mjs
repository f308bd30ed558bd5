// The figures that were measured, in a file that is kept with the sources: one line for each row.

import { existsSync, readFileSync, writeFileSync } from "node:fs";

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
