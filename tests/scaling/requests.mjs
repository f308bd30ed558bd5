// Measures what single requests cost the engine: those that a join is made of, and one that would do instead.
//
//     node tests/scaling/requests.mjs [--patience 600]
//
// Three engines on the cores that they have in joins.mjs. Figures go to tests/scaling/measured.json.

import { execFileSync } from "node:child_process";
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { OTHER_CORES, onCores } from "./cores.mjs";
import { readMeasured, writeMeasured } from "./measured.mjs";
import { Nats, insist, startEngines } from "./nats.mjs";
import { untilQuiet } from "./quiet.mjs";

const ROOMS = 100;
const LINES = 1000;
const BYTES = 128;
const REQUESTS = 1000;
const AT_A_TIME = 50;
const ELECTION_MS = 2000;

const { values } = parseArgs({ options: { patience: { type: "string", default: "600" } } });

const room = (i) => `measured.${i % ROOMS}`;
const say = (nats, i) => nats.request(room(i), "x".repeat(BYTES));

async function makeAndDeleteConsumer(nats, i) {
  const config = { deliver_subject: `told.${i}`, ack_policy: "none", filter_subject: room(i), mem_storage: true, inactive_threshold: 5e9 };
  const { name } = await nats.request("$JS.API.CONSUMER.CREATE.MEASURED", JSON.stringify({ stream_name: "MEASURED", config }));
  await nats.request(`$JS.API.CONSUMER.DELETE.MEASURED.${name}`, "");
}

const KINDS = {
  "keep a line or a name": say,
  "read the last by its subject": (nats, i) => nats.request("$JS.API.STREAM.MSG.GET.MEASURED", JSON.stringify({ last_by_subj: room(i) })),
  "ask for the stream's state": (nats) => nats.request("$JS.API.STREAM.INFO.MEASURED", ""),
  "make a consumer of one subject, and delete it": makeAndDeleteConsumer,
};

async function measureKind(engines, request) {
  const before = engines.cpuSeconds();
  let next = 0;
  const askInTurn = async () => {
    while (next < REQUESTS) await request(next++);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, askInTurn));
  return Number((((engines.cpuSeconds() - before) * 1e6) / REQUESTS).toPrecision(3));
}

const engines = await startEngines(3, { prefix: onCores(OTHER_CORES) });
try {
  if (cpus().length > 1) execFileSync("taskset", ["-pc", OTHER_CORES, String(process.pid)]);
  const nats = await insist(() => Nats.open(engines.ports[0]));
  await insist(() => nats.request("$JS.API.STREAM.CREATE.MEASURED", JSON.stringify({
    name: "MEASURED", subjects: ["measured.*"], num_replicas: 3, storage: "file" }), ELECTION_MS));
  for (let i = 0; i < LINES; i += 1) await say(nats, i);
  const rows = {};
  for (const [kind, request] of Object.entries(KINDS)) {
    const quiet = await untilQuiet(Number(values.patience));
    rows[kind] = { enginesCpu: await measureKind(engines, (i) => request(nats, i)), ...(!quiet && { quiet }) };
  }
  writeMeasured({ ...readMeasured(), requests: rows });
  nats.close();
} catch (error) {
  console.error(`requests: ${error.message}`);
  process.exitCode = 1;
} finally {
  await engines.stop();
}
