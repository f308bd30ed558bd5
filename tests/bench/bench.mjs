// Measures triloop beside others, and writes down what came out.
//
//     node tests/bench/bench.mjs --build DIR [--rounds 5] [--seconds 1] [--rows NAME,...] [--full]
//                                [--out docs]
//
// DIR was configured with -DTRILOOP_BENCH=ON; all raw figures go to DIR/performance.json, tables to
// OUT/performance.md between its markers, plots to OUT/images. `npm ci` in tests/bench comes first.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { anatomy } from "./anatomy.mjs";
import { checkBuilt, contestants, measure } from "./contestants.mjs";
import { machineFacts } from "./machine.mjs";
import { drawPlots } from "./plots.mjs";
import { hasPerf, profile } from "./profile.mjs";
import { replaceTables, tables } from "./report.mjs";
import { dissected, figures, obstacle, profiled, rowsOf, targets } from "./rows.mjs";
import { judge } from "./statistics.mjs";

const { values } = parseArgs({
  options: {
    build: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "1" },
    rows: { type: "string" },
    full: { type: "boolean", default: false },
    out: { type: "string", default: "docs" },
  },
});

function positive(name) {
  const number = Number(values[name]);
  if (!(number > 0)) throw new Error(`--${name} must be a positive number`);
  return number;
}

const loadOf = (row, seconds) => ({ ...row.load, seconds: Math.max(seconds, row.leastSeconds ?? 0) });

/** Every server once, one after the other, in each round. */
async function measureRow(row, rounds, seconds) {
  const load = loadOf(row, seconds);
  const runs = Object.fromEntries(row.servers.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    console.error(`${row.name}: round ${round + 1} of ${rounds}`);
    for (const name of row.servers) {
      try {
        runs[name].push(await measure(values.build, name, load));
      } catch (error) {
        const reason = error.stderr?.trim() || error.message;
        throw new Error(`${contestants[name].title}: ${reason}`, { cause: error });
      }
    }
  }
  return runs;
}

async function main() {
  if (!values.build) throw new Error("--build must name the build directory");
  const [rounds, seconds] = [positive("rounds"), positive("seconds")];
  const rows = rowsOf({ full: values.full, names: values.rows?.split(",") });
  checkBuilt(values.build, [...new Set(rows.flatMap((row) => row.servers))]);

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
      results[row.name] = await measureRow(row, rounds, seconds);
    } catch (error) {
      failed[row.name] = error.message;
      console.error(`bench: ${row.name} FAILED: ${error.message}`);
      process.exitCode = 1;
    }
  }

  const profiles = {};
  for (const row of hasPerf() ? rows.filter(({ name }) => results[name] && profiled.includes(name)) : []) {
    console.error(`${row.name}: profile`);
    profiles[row.name] = await profile(values.build, "triloop", loadOf(row, seconds));
  }
  const memory = {};
  for (const row of rows.filter(({ name }) => results[name] && name === dissected)) {
    console.error(`${row.name}: where its memory is`);
    memory[row.name] = await anatomy(values.build, "triloop", loadOf(row, seconds));
  }

  const judged = targets.map((target) => ({ ...target, ...judge(target, results, failed, figures[target.figure]) }));
  const report = { machine, rounds, seconds, skipped, failed, targets: judged, profiles, memory, results };
  writeFileSync(join(values.build, "performance.json"), `${JSON.stringify(report, null, 2)}\n`);
  const images = join(values.out, "images");
  mkdirSync(images, { recursive: true });
  const plots = await drawPlots(report, rows, images);
  replaceTables(join(values.out, "performance.md"), tables(report, rows, plots));
  judged.forEach(({ row, what, outcome, value }) =>
    console.log(`${outcome}: ${row}, ${what}${value ? `: ${value.median.toPrecision(3)}` : ""}`));
}

try {
  await main();
} catch (error) {
  console.error(`bench: ${error.message}`);
  process.exitCode = 1;
}
