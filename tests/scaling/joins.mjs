// Measures what comes again after a rack is lost: how many members the chat takes in a second, on 1 and 3 real nodes with three
// engines, all on this machine, and what each costs.
//
//     node tests/scaling/joins.mjs --binary build/release/triloop [--rounds 3] [--patience 600]
//
// The cores are divided as in nodes.mjs. Figures go to tests/scaling/measured.json.

import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { startServer } from "../faults/process.mjs";
import { enter, leaveAll } from "./chat_member.mjs";
import { NODE_CORES, OTHER_CORES, onCores } from "./cores.mjs";
import { medians, readMeasured, writeMeasured } from "./measured.mjs";
import { cpuSeconds, startEngines } from "./nats.mjs";
import { untilQuiet } from "./quiet.mjs";

const MEMBERS = 1500;
const ROOMS = 150;
const AT_A_TIME = 250; // of all nodes together: as many as --max-handshakes
const LINES_BEFORE = 10; // in each room, so that there is something to be told
const SETTLE_MS = 2000;

const { values } = parseArgs({ options: { binary: { type: "string" }, rounds: { type: "string", default: "3" }, patience: { type: "string", default: "600" } } });
const rounded = (value) => Number(value.toPrecision(4));

/** In each room somebody is already, and something was said. */
async function furnish(nodes) {
  const members = [];
  for (let room = 0; room < ROOMS; room += 1) {
    const first = await enter(nodes[room % nodes.length].port, room, "first");
    for (let i = 0; i < LINES_BEFORE; i += 1) first.send(`line ${i}`);
    members.push(first);
  }
  await sleep(SETTLE_MS);
  return members;
}

/** All come, so many at a time, and who is told that the engine cannot be reached comes again. Resolves to how often that was. */
async function enterAll(nodes, members) {
  let next = 0;
  let refused = 0;
  const enterAtLast = async (i) => {
    for (let attempt = 0; ; attempt += 1) { // with another name: that of the attempt before may have been kept
      try {
        return await enter(nodes[i % nodes.length].port, i % ROOMS, `m${i}-${attempt}`);
      } catch (error) {
        if (!/1013/.test(error.message)) throw error;
        refused += 1;
      }
    }
  };
  const enterInTurn = async () => {
    while (next < MEMBERS) members.push(await enterAtLast(next++));
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, enterInTurn));
  return refused;
}

async function measureCase(count) {
  const engines = await startEngines(3, { prefix: onCores(OTHER_CORES) });
  const nodes = [];
  let members = [];
  try {
    for (let i = 0; i < count; i += 1) {
      nodes.push(await startServer(undefined, ["--processor", "chat", "--log-level", "warn", "--cluster", engines.addresses.join(",")],
        { binary: values.binary, within: onCores(NODE_CORES) }));
    }
    members = await furnish(nodes);
    const quiet = await untilQuiet(Number(values.patience));
    const used = () => ({ nodes: nodes.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0), engines: engines.cpuSeconds() });
    const before = used();
    const since = performance.now();
    const refused = await enterAll(nodes, members);
    const seconds = (performance.now() - since) / 1000;
    const after = used();
    const each = (what) => rounded(((after[what] - before[what]) * 1e6) / MEMBERS);
    return { nodes: count, perSecond: rounded(MEMBERS / seconds), nodesCpu: each("nodes"), enginesCpu: each("engines"), refused, ...(!quiet && { quiet }) };
  } finally {
    await leaveAll(members);
    for (const node of nodes) await node.stop("SIGTERM");
    await engines.stop();
  }
}

try {
  if (!values.binary) throw new Error("--binary must name the program");
  if (cpus().length > 1) execFileSync("taskset", ["-pc", OTHER_CORES, String(process.pid)]);
  const rows = {};
  for (const count of [1, 3]) {
    const runs = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      runs.push(await measureCase(count));
      console.error(JSON.stringify(runs.at(-1)));
    }
    rows[`${count} nodes`] = medians(runs);
  }
  writeMeasured({ ...readMeasured(), joins: rows });
} catch (error) {
  console.error(`joins: ${error.message}`);
  process.exitCode = 1;
}
