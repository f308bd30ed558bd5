// Measures triloop beside others, and writes down what came out.
//
//     node tests/bench/bench.mjs --build DIR [--rounds 7] [--seconds 1] [--rows 'NAME;...'] [--full | --tls]
//                                [--uwebsockets] [--baseline PROGRAM] [--out docs]
//
// DIR was configured with -DTRILOOP_BENCH=ON; all raw figures go to DIR/performance.json, tables to
// OUT/performance.md between its markers, plots to OUT/images. `npm ci` in tests/bench comes first.
// Rows with TLS have tables and markers of their own: --tls measures those alone, and the others stay.
// --uwebsockets: it was built, too, and its figures go to OUT/performance.uwebsockets.json; without
// it the tables have those that are there. --baseline: an older triloop, that no row may fall behind.

import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { anatomy } from "./anatomy.mjs";
import { checkBuilt, contestants, measure, unknownOptions } from "./contestants.mjs";
import { judgeAll, judgeBaseline } from "./judge.mjs";
import { merged, readKept, writeKept } from "./kept.mjs";
import { machineFacts } from "./machine.mjs";
import { drawPlots } from "./plots.mjs";
import { hasPerf, profile } from "./profile.mjs";
import { writeTables } from "./report.mjs";
import { allRows, dissected, isTls, obstacle, profiled, rowsOf } from "./rows.mjs";

const { values } = parseArgs({
  options: {
    build: { type: "string" },
    rounds: { type: "string", default: "7" },
    seconds: { type: "string", default: "1" },
    rows: { type: "string" },
    full: { type: "boolean", default: false },
    tls: { type: "boolean", default: false },
    uwebsockets: { type: "boolean", default: false },
    baseline: { type: "string" },
    out: { type: "string", default: "docs" },
  },
});

function positive(name) {
  const number = Number(values[name]);
  if (!(number > 0)) throw new Error(`--${name} must be a positive number`);
  return number;
}

const lasting = (row, seconds) => ({ ...row, load: { ...row.load, seconds: Math.max(seconds, row.leastSeconds ?? 0) } });

/** Every server once in each round, one after the other, and each round begins with the next. */
async function measureRow(row, rounds) {
  const runs = Object.fromEntries(row.servers.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    console.error(`${row.name}: round ${round + 1} of ${rounds}`);
    const first = round % row.servers.length;
    for (const name of [...row.servers.slice(first), ...row.servers.slice(0, first)]) {
      try {
        runs[name].push(await measure(values.build, name, row));
      } catch (error) {
        const reason = error.stderr?.trim() || error.message;
        throw new Error(`${contestants[name].title}: ${reason}`, { cause: error });
      }
    }
  }
  return runs;
}

/** Options of a row that this triloop does not know are left out, and that is said. */
function leftOut(rows) {
  const entries = rows.map((row) => [row.name, unknownOptions(values.build, "triloop", row.options)]);
  return Object.fromEntries(entries.filter(([, names]) => names.length > 0));
}

async function main() {
  if (!values.build) throw new Error("--build must name the build directory");
  const [rounds, seconds] = [positive("rounds"), positive("seconds")];
  if (values.baseline) contestants.baseline.program = resolve(values.baseline);
  const rows = rowsOf({
    full: values.full,
    names: values.rows?.split(";"), // names have commas
    ...(values.tls && { only: isTls }),
    absent: values.uwebsockets ? [] : ["uwebsockets"],
    baseline: Boolean(values.baseline),
  }).map((row) => lasting(row, seconds));
  checkBuilt(values.build, [...new Set(rows.flatMap((row) => row.servers))]);
  const withoutOptions = leftOut(rows);
  for (const [row, names] of Object.entries(withoutOptions)) console.error(`${row}: triloop knows no --${names.join(", --")}`);

  const results = {};
  const skipped = {};
  const failed = {}; // the others are still written down, but the run has failed
  const machine = machineFacts(values.build);
  for (const row of rows) {
    const reason = obstacle(row);
    if (reason) {
      skipped[row.name] = reason;
      console.error(`${row.name}: cannot be run here: ${reason}`);
      continue;
    }
    try {
      results[row.name] = await measureRow(row, rounds);
    } catch (error) {
      failed[row.name] = error.message;
      console.error(`bench: ${row.name} FAILED: ${error.message}`);
      process.exitCode = 1;
    }
  }

  const profiles = {};
  for (const row of hasPerf() ? rows.filter(({ name }) => results[name] && profiled.includes(name)) : []) {
    console.error(`${row.name}: profile`);
    try {
      profiles[row.name] = await profile(values.build, "triloop", row);
    } catch (error) { // the figures are there all the same
      console.error(`${row.name}: no profile: ${error.message}`);
    }
  }
  const memory = {};
  for (const row of rows.filter(({ name }) => results[name] && name === dissected)) {
    console.error(`${row.name}: where its memory is`);
    memory[row.name] = await anatomy(values.build, "triloop", row);
  }

  const keptPath = join(values.out, "performance.uwebsockets.json");
  const known = new Set(allRows().map(({ name }) => name));
  const before = Object.entries(readKept(keptPath)).filter(([name]) => known.has(name));
  const kept = merged(Object.fromEntries(before), { results, machine });
  const report = { machine, rounds, seconds, skipped, failed, withoutOptions, profiles, memory, results, kept };
  report.targets = judgeAll(report);
  report.baseline = judgeBaseline(report, rows);
  writeFileSync(join(values.build, "performance.json"), `${JSON.stringify(report, null, 2)}\n`);
  if (values.uwebsockets) writeKept(keptPath, kept);
  const images = join(values.out, "images");
  mkdirSync(images, { recursive: true });
  const plots = await drawPlots(report, rows, images);
  writeTables(join(values.out, "performance.md"), report, rows, plots);
  for (const { row, what, outcome, value } of [...report.targets, ...report.baseline]) {
    if (outcome !== "not run" && rows.some(({ name }) => name === row)) console.log(`${outcome}: ${row}, ${what}${value ? `: ${value.median.toPrecision(3)}` : ""}`);
  }
}

try {
  await main();
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}
