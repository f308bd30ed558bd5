// Runs 1, 2, 3 and 6 real nodes on this machine, with the same members and the same lines, and three engines. With more nodes
// each line is on more of them, and what that costs is set beside what the model says.
//
//     node tests/scaling/nodes.mjs --binary build/release/triloop [--seconds 15] [--rounds 3] [--patience 600] [--without-engine]
//
// The cores are divided: the nodes have the first, engines and members the others. Figures go to tests/scaling/measured.json.
// --without-engine: one node that keeps its lines in a file, to see whether this program works; nothing is written down.

import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { eventually } from "../e2e/wait.mjs";
import { startServer } from "../faults/process.mjs";
import { enter, leaveAll } from "./chat_member.mjs";
import { NODE_CORES, OTHER_CORES, onCores } from "./cores.mjs";
import { medians, readMeasured, writeMeasured } from "./measured.mjs";
import { cpuSeconds, startEngines } from "./nats.mjs";
import { untilQuiet } from "./quiet.mjs";

const small = { members: 300, rooms: 60, bytes: 128, rate: 200 };
const large = { members: 300, rooms: 6, bytes: 128, rate: 60 };
const CASES = [...[1, 2, 3, 6].map((nodes) => ({ nodes, ...small })), ...[1, 6].map((nodes) => ({ nodes, ...large }))];
const PATIENCE_MS = 30_000;
const STEP_MS = 5;
const WARM_UP_SECONDS = 2;

const { values } = parseArgs({
  options: {
    binary: { type: "string" },
    seconds: { type: "string", default: "15" },
    rounds: { type: "string", default: "3" },
    patience: { type: "string", default: "600" },
    "without-engine": { type: "boolean", default: false },
  },
});
const rounded = (value) => Number(value.toPrecision(4));

/** Of everybody who is in a room: which lines they have heard. */
class Audience {
  #left = new Map(); // of each line: who has not heard it, and since when
  times = [];
  say(line, hearers) { this.#left.set(line, { hearers, since: performance.now() }); }
  hear(line) {
    const one = this.#left.get(line);
    if (!one || --one.hearers > 0) return;
    this.times.push(performance.now() - one.since);
    this.#left.delete(line);
  }
  get unheard() { return this.#left.size; }
}

async function talk(members, audience, load, seconds) {
  const since = performance.now();
  let said = 0;
  while (performance.now() - since < seconds * 1000) {
    for (; said < ((performance.now() - since) / 1000) * load.rate; said += 1) {
      const line = `${said}-${Math.round(since)}`;
      audience.say(line, load.members / load.rooms);
      members[(said * 7) % members.length].send(line.padEnd(load.bytes)); // 7: another room each time
    }
    await sleep(STEP_MS);
  }
  await eventually(PATIENCE_MS, () => {
    if (audience.unheard > 0) throw new Error(`${audience.unheard} lines were not heard by all`);
  });
  return said;
}

async function measureCase({ nodes: count, ...load }) {
  const folder = mkdtempSync(join(tmpdir(), "scaling-nodes-"));
  const engines = values["without-engine"] ? undefined : await startEngines(3, { prefix: onCores(OTHER_CORES) });
  const nodes = [];
  const members = [];
  try {
    const kept = engines ? ["--cluster", engines.addresses.join(",")] : ["--database", join(folder, "chat.db")];
    for (let i = 0; i < count; i += 1) {
      nodes.push(await startServer(undefined, ["--processor", "chat", "--log-level", "warn", ...kept],
        { binary: values.binary, within: onCores(NODE_CORES) }));
    }
    const audience = new Audience();
    for (let i = 0; i < load.members; i += 1) { // neighbours in a room are on different nodes
      members.push(await enter(nodes[(i + Math.floor(i / load.rooms)) % count].port, i % load.rooms, `m${i}`, (line) => audience.hear(line)));
    }
    const quiet = await untilQuiet(Number(values.patience));
    await talk(members, audience, load, WARM_UP_SECONDS);
    audience.times = [];
    const seconds = Number(values.seconds);
    const used = () => ({ nodes: nodes.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0), engines: engines?.cpuSeconds() ?? 0 });
    const first = used();
    await sleep(seconds * 1000);
    const before = used(); // between the two nobody says anything, and what that costs is no line's
    const lines = await talk(members, audience, load, seconds);
    const after = used();
    const sorted = audience.times.sort((a, b) => a - b);
    const each = (what) => rounded(((after[what] - before[what] - (before[what] - first[what])) * 1e6) / lines);
    const silent = (what) => rounded((100 * (before[what] - first[what])) / seconds);
    return { nodes: count, ...load, silentNodesPercent: silent("nodes"), silentEnginesPercent: silent("engines"), nodesCpu: each("nodes"), enginesCpu: each("engines"), heardMilliseconds: rounded(sorted[sorted.length >> 1]), ...(!quiet && { quiet }) };
  } finally {
    await leaveAll(members);
    for (const node of nodes) await node.stop("SIGTERM");
    await engines?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  if (!values.binary) throw new Error("--binary must name the program");
  const help = execFileSync(values.binary, ["--help"], { encoding: "utf8" });
  if (!values["without-engine"] && !/--cluster\b/.test(help)) throw new Error(`${values.binary} has no --cluster`);
  if (cpus().length > 1) execFileSync("taskset", ["-pc", OTHER_CORES, String(process.pid)]);
  if (values["without-engine"]) {
    console.log(await measureCase(CASES[0]));
    return;
  }
  const runs = CASES.map(() => []);
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [i, one] of CASES.entries()) {
      runs[i].push(await measureCase(one));
      console.error(JSON.stringify(runs[i].at(-1)));
    }
  }
  const rows = Object.fromEntries(CASES.map((one, i) => [`${one.nodes} nodes, ${one.rooms} rooms`, medians(runs[i])]));
  writeMeasured({ ...readMeasured(), nodes: rows });
}

try {
  await main();
} catch (error) {
  console.error(`nodes: ${error.message}`);
  process.exitCode = 1;
}
