// Measures what a line costs the engine, three of which are on this machine: published, kept by all three, and told to each
// node, since a node follows the whole stream.
//
//     node tests/scaling/engine.mjs [--seconds 4] [--patience 600]
//
// Figures go to tests/scaling/measured.json.

import { execFileSync } from "node:child_process";
import { parseArgs } from "node:util";
import { spread } from "../bench/statistics.mjs";
import { readMeasured, writeMeasured } from "./measured.mjs";
import { Nats, insist, publishAt, startEngines } from "./nats.mjs";
import { untilQuiet } from "./quiet.mjs";

const REPLICAS = 3;
const ROOMS = 100;
const ONE_BY_ONE = 300;
const WARM_UP = 200;
const AT_A_TIME = 256;
const ELECTION_MS = 2000;
const ROWS = [ // lines a second, so many that no core is full
  ...[0, 3, 6, 12].map((followers) => ({ followers, bytes: 128, rate: 1000 })),
  ...[0, 3, 6, 12].map((followers) => ({ followers, bytes: 128, rate: 4000 })),
  ...[0, 6].map((followers) => ({ followers, bytes: 4096, rate: 1000 })),
];

const { values } = parseArgs({ options: { seconds: { type: "string", default: "4" }, patience: { type: "string", default: "600" } } });
const seconds = Number(values.seconds);
const subject = (i) => `measured.${i % ROOMS}`;
const rounded = (number) => Number(number.toPrecision(4));

async function follow(port, name) {
  const nats = await Nats.open(port);
  let heard = 0;
  nats.on(`followed.${name}`, () => { heard += 1; });
  await nats.request("$JS.API.CONSUMER.CREATE.MEASURED", JSON.stringify({
    stream_name: "MEASURED",
    config: { deliver_subject: `followed.${name}`, ack_policy: "none", deliver_policy: "new", num_replicas: 1, mem_storage: true },
  }));
  return { heard: () => heard, close: () => nats.close() };
}

async function publishOneByOne(nats, payload) {
  const times = [];
  for (let i = 0; i < ONE_BY_ONE + WARM_UP; i += 1) {
    const since = performance.now();
    await nats.request(subject(i), payload);
    if (i >= WARM_UP) times.push(performance.now() - since);
  }
  return times.sort((a, b) => a - b);
}

/** As many as it takes, with so many at a time that wait to be kept: lines a second. */
async function publishMost(nats, payload) {
  const until = performance.now() + seconds * 1000;
  let kept = 0;
  const publishInTurn = async (i) => {
    for (; performance.now() < until; kept += 1) await nats.request(subject(i), payload);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, (_, i) => publishInTurn(i)));
  return kept / seconds;
}

async function measureRow(engines, nats, { followers, bytes, rate }) {
  const payload = "x".repeat(bytes);
  const all = [];
  for (let i = 0; i < followers; i += 1) all.push(await follow(engines.ports[i % engines.ports.length], `f${i}-${bytes}-${rate}`));
  const quiet = await untilQuiet(Number(values.patience));
  await publishAt(nats, { rate, seconds, payload, subject }); // warm
  const before = engines.cpuSeconds();
  const heardBefore = all.map(({ heard }) => heard());
  const since = performance.now();
  const lines = await publishAt(nats, { rate, seconds, payload, subject });
  const cpu = engines.cpuSeconds() - before;
  const took = (performance.now() - since) / 1000;
  const told = all.reduce((sum, { heard }, i) => sum + heard() - heardBefore[i], 0);
  if (told < 0.95 * lines * followers) throw new Error(`followers heard ${told} of ${lines * followers} lines`);
  all.forEach((one) => one.close());
  if (lines / took < 0.9 * rate) throw new Error(`only ${lines / took} of ${rate} lines/s`);
  return { followers, bytes, rate, cpuPerLine: rounded((cpu * 1e6) / lines), ...(!quiet && { quiet }) };
}

async function main() {
  const engines = await startEngines(REPLICAS);
  try {
    const nats = await insist(() => Nats.open(engines.ports[0]));
    await insist(() => nats.request("$JS.API.STREAM.CREATE.MEASURED", JSON.stringify({
      name: "MEASURED", subjects: ["measured.*"], num_replicas: REPLICAS, storage: "file", retention: "limits", max_msgs_per_subject: 1000,
    }), ELECTION_MS));
    const oneByOne = await publishOneByOne(nats, "x".repeat(128));
    const most = await publishMost(nats, "x".repeat(128));
    const rows = {};
    for (const row of ROWS) {
      const name = `${row.followers} followers, ${row.bytes} B, ${row.rate} lines/s`;
      console.error(name);
      rows[name] = await measureRow(engines, nats, row);
    }
    const milliseconds = { p50: rounded(spread(oneByOne).median), p99: rounded(oneByOne[Math.floor(oneByOne.length * 0.99)]) };
    const version = execFileSync("nats-server", ["--version"], { encoding: "utf8" }).trim();
    writeMeasured({ ...readMeasured(), engine: { version, replicas: REPLICAS, publishMilliseconds: milliseconds, mostPerSecond: Math.round(most) }, engineRows: rows });
  } finally {
    await engines.stop();
  }
}

try {
  await main();
  process.exit(); // connections of followers may still be closing
} catch (error) {
  console.error(`engine: ${error.message}`);
  process.exit(1);
}
