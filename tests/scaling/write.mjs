// Writes the tables of docs/scaling.md between their markers, from what was measured.
//
//     node tests/scaling/write.mjs

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { engineModel } from "./costs.mjs";
import { anchorTable, limitTable, machineTable } from "./machine.mjs";
import { errorLine, fittedTable, heldOutTable, makeModel, parameterTable } from "./model.mjs";
import { foreignTable, joinsTable, nodesTable, requestsTable } from "./costs_tables.mjs";
import { cellLine, mostLine, planTable, plans, roomTable, stormTable } from "./simulate.mjs";
import { markdown, number, percent } from "./tables.mjs";

export const PAGE = new URL("../../docs/scaling.md", import.meta.url);
const GIB = 2 ** 30;

function machineLine({ machine, rounds, rows }) {
  const loud = Object.values(rows).filter(({ quiet }) => quiet === false).length;
  return `Measured on ${machine.date}: ${machine.cpu}, ${machine.cores} cores with ${machine.caches.l2} of L2 each, ` +
    `${Math.round(machine.memoryBytes / GIB)} GiB, Linux ${machine.kernel}; ${machine.compiler}. Each figure is the median of ${rounds} rounds. ` +
    (loud === 0 ? "Nobody else was busy on the machine." : `In ${loud} rows others were busy on the machine.`);
}

function engineTable(model) {
  const { engine, engineRows } = model.measured;
  const { parameters, errors } = engineModel(model.measured);
  const largest = Math.max(...errors.map(Math.abs));
  const table = markdown(["CPU of three engines together, µs", ""], [
    ["a line, kept by all three", number(parameters.line)],
    ["more, if 1000 lines come in a second and not many more", number(parameters.loneLine)],
    ["for each node that follows it", number(parameters.follower)],
    ["more, at 1000 lines/s", number(parameters.loneFollower)],
    ["for each KiB of it", number(parameters.kib)],
  ]);
  return `${table}\n\nFitted to ${Object.keys(engineRows).length} rows, all within ${percent(largest).slice(1)}. ${engine.version.replace(": ", " ")}: one line after the other ` +
    `is kept after ${number(engine.publishMilliseconds.p50)} ms (p99 ${number(engine.publishMilliseconds.p99)}); one stream takes ` +
    `${number(engine.mostPerSecond)} lines a second at most, three engines and the generator sharing the two cores.`;
}

/** The text of each part of the page, by its name. */
export function parts(model = makeModel()) {
  const found = plans(model);
  return {
    machine: machineLine(model.measured),
    parameters: parameterTable(model),
    fitted: fittedTable(model),
    "held-out": heldOutTable(model),
    errors: errorLine(model),
    carries: machineTable(model),
    limits: limitTable(model),
    anchors: anchorTable(model),
    engine: engineTable(model),
    plans: planTable(found),
    most: mostLine(model),
    cells: cellLine(found),
    rooms: roomTable(model),
    storms: stormTable(model),
    foreign: foreignTable(model),
    joins: joinsTable(model),
    requests: requestsTable(model),
    nodes: nodesTable(model),
  };
}

/** The page with its parts in place. Each stands between `<!-- scaling:NAME -->` and `<!-- scaling:end -->`. */
export function filled(page, texts) {
  return Object.entries(texts).reduce((text, [name, part]) => {
    const begin = `<!-- scaling:${name} -->`;
    const [before, behind] = text.split(begin);
    if (behind === undefined) throw new Error(`docs/scaling.md has no ${begin}`);
    const end = behind.indexOf("<!-- scaling:end -->");
    return `${before}${begin}\n${part}\n${behind.slice(end)}`;
  }, page);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(PAGE, filled(readFileSync(PAGE, "utf8"), parts()));
