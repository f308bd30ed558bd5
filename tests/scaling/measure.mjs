// Measures what one machine does, and writes down what came out.
//
//     node tests/scaling/measure.mjs --build DIR [--rounds 3] [--patience 600] [--rows 'NAME;...']
//
// DIR was configured with -DTRILOOP_BENCH=ON; figures go to tests/scaling/measured.json, those of other rows stay in it.
// Before each row it waits up to --patience seconds for a quiet machine. Where it did not get one, the row says so.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { checkBuilt, measure, underLoad } from "../bench/contestants.mjs";
import { machineFacts } from "../bench/machine.mjs";
import { figures, obstacle } from "../bench/rows.mjs";
import { spread } from "../bench/statistics.mjs";
import { readMeasured, writeMeasured } from "./measured.mjs";
import { untilQuiet } from "./quiet.mjs";
import { allRows, anchored } from "./rows.mjs";

const DIGITS = 4;
const LIMITS = ["kernel/threads-max", "kernel/pid_max", "vm/max_map_count", "net/core/somaxconn", "net/ipv4/ip_local_port_range"];

const { values } = parseArgs({
  options: {
    build: { type: "string" },
    rounds: { type: "string", default: "3" },
    patience: { type: "string", default: "600" },
    rows: { type: "string" },
  },
});

const rounded = (number) => Number(number.toPrecision(DIGITS));

/** The median of each figure that the runs have. */
function medians(runs) {
  return Object.fromEntries(Object.entries(figures).flatMap(([name, figure]) => {
    const numbers = runs.map(figure);
    return numbers.every(Number.isFinite) ? [[name, rounded(spread(numbers).median)]] : [];
  }));
}

async function measureRow(server, row) {
  const quiet = await untilQuiet(Number(values.patience));
  const load = { ...row.load, seconds: row.seconds };
  const runs = [];
  for (let round = 0; round < Number(values.rounds); round += 1) runs.push(await measure(values.build, server, { ...row, load }));
  return { ...medians(runs), ...(!quiet && { quiet }) };
}

/** What each connection has of what the kernel counts. */
async function countObjects() {
  const connections = 1000;
  const count = (pid) => ({
    threads: readdirSync(`/proc/${pid}/task`).length,
    mappings: readFileSync(`/proc/${pid}/maps`, "utf8").split("\n").length,
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
  });
  let before;
  const row = { kind: "idle", load: { mode: "idle", connections, "in-flight": 1, bytes: 64, warmup: 1, seconds: 2 } };
  const after = await underLoad(values.build, "triloop", row, (pid) => { before = count(pid); }, count);
  return Object.fromEntries(Object.entries(after).map(([name, number]) => [name, rounded((number - before[name]) / connections)]));
}

const limitsHere = () => Object.fromEntries(LIMITS.map((name) =>
  [name.replaceAll("/", "."), readFileSync(`/proc/sys/${name}`, "utf8").trim().replace(/\s+/g, " ")]));

function machine() {
  const { date, cpu, cores, memoryBytes, kernel, compiler } = machineFacts(values.build);
  const cache = (index) => readFileSync(`/sys/devices/system/cpu/cpu0/cache/index${index}/size`, "utf8").trim();
  return { date, cpu, cores, memoryBytes, kernel, compiler, caches: { l2: cache(2), l3: cache(3) } };
}

async function main() {
  if (!values.build) throw new Error("--build must name the build directory");
  const wanted = values.rows?.split(";"); // names have commas
  const rows = allRows.filter(({ name }) => !wanted || wanted.includes(name));
  const withAnchor = existsSync(`${values.build}/tests/bench/uwebsockets`);
  checkBuilt(values.build, withAnchor ? ["triloop", "uwebsockets"] : ["triloop"]);
  const kept = readMeasured();
  const found = { ...kept, machine: machine(), rounds: Number(values.rounds), limits: limitsHere(), objects: await countObjects() };
  for (const row of rows) {
    const reason = obstacle(row);
    if (reason) {
      console.error(`${row.name}: cannot be run here: ${reason}`);
      continue;
    }
    console.error(row.name);
    found.rows = { ...found.rows, [row.name]: await measureRow("triloop", row) };
    if (withAnchor && anchored.includes(row.name)) {
      found.uwebsockets = { ...found.uwebsockets, [row.name]: await measureRow("uwebsockets", row) };
    }
    writeMeasured(found);
  }
}

try {
  await main();
} catch (error) {
  console.error(`measure: ${error.stderr?.trim() || error.message}`);
  process.exitCode = 1;
}
