// Measures what a node pays for lines that are for nobody there: it follows the stream of all rooms.
//
//     node tests/scaling/foreign.mjs --binary build/release/triloop [--patience 600]
//
// Figures go to tests/scaling/measured.json.

import { parseArgs } from "node:util";
import { startServer } from "../faults/process.mjs";
import { enter, leaveAll } from "./chat_member.mjs";
import { NODE_CORES, OTHER_CORES, onCores } from "./cores.mjs";
import { readMeasured, writeMeasured } from "./measured.mjs";
import { Nats, cpuSeconds, publishAt, startEngines } from "./nats.mjs";
import { untilQuiet } from "./quiet.mjs";

const RATES = [100, 1000, 4000, 8000];
const ROOMS = 100;
const SECONDS = 5;
const LINES = "triloop.line"; // subjects are LINES.ROOM, the room in hexadecimal digits

const { values } = parseArgs({ options: { binary: { type: "string" }, patience: { type: "string", default: "600" } } });
const foreignRoom = (i) => `${LINES}.${Buffer.from(`elsewhere${i % ROOMS}`).toString("hex")}`;

/** A line as the chat keeps it. */
async function lineOf(nats, member) {
  const kept = new Promise((resolve) => { nats.on(`${LINES}.>`, resolve); });
  await nats.flush();
  member.send("x".repeat(128));
  return String(await kept);
}

async function measure() {
  const engines = await startEngines(3, { prefix: onCores(OTHER_CORES) });
  let node;
  const members = [];
  try {
    node = await startServer(undefined, ["--processor", "chat", "--log-level", "warn", "--cluster", engines.addresses.join(",")],
      { binary: values.binary, within: onCores(NODE_CORES) });
    members.push(await enter(node.port, 0, "first"));
    const payload = await lineOf(await Nats.open(engines.ports[1]), members[0]);
    const nats = await Nats.open(engines.ports[0]);
    const rows = {};
    for (const rate of RATES) {
      const quiet = await untilQuiet(Number(values.patience));
      const before = cpuSeconds(node.pid);
      const lines = await publishAt(nats, { rate, seconds: SECONDS, payload, subject: foreignRoom });
      rows[`${rate} lines/s`] = { rate, bytes: payload.length, cpuPerLine: Number((((cpuSeconds(node.pid) - before) * 1e6) / lines).toPrecision(4)), ...(!quiet && { quiet }) };
      console.error(JSON.stringify(rows[`${rate} lines/s`]));
    }
    return rows;
  } finally {
    await leaveAll(members);
    await node?.stop("SIGTERM");
    await engines.stop();
  }
}

try {
  if (!values.binary) throw new Error("--binary must name the program");
  writeMeasured({ ...readMeasured(), foreign: await measure() });
  process.exit();
} catch (error) {
  console.error(`foreign: ${error.message}`);
  process.exit(1);
}
