// What a chat promises, while the machines that it runs on are killed, restarted and parted: members and pages
// talk and come again through HAProxy, and after each fault all of them must have all lines, once and in order.
//
//     tests/cluster/cluster.sh --binary PROGRAM [--seconds 600] [--faults server,leader] [--out FILE]
//                              [--seed N] [--logs DIR]
//
// In DIR are then the log of each process, and what the members said and heard.
//
// Under two minutes there are fewer members, and each fault comes once, with short pauses.

import { execFileSync } from "node:child_process";
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { within } from "../e2e/wait.mjs";
import { randomFrom } from "../soak/clients.mjs";
import { Checker } from "./checker.mjs";
import { Crowd } from "./crowd.mjs";
import { Impossible, faults } from "./faults.mjs";
import { Cluster, until } from "./machines.mjs";
import { Namespaces, RelayedLoopback, elsewhere } from "./network.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "600" },
    binary: { type: "string", default: process.env.TRILOOP_BINARY },
    faults: { type: "string", default: Object.keys(faults).join(",") },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    namespaces: { type: "string" }, // what their names begin with: cluster.sh says it
    out: { type: "string" },
    logs: { type: "string" },
  },
});

const SECONDS = Number(values.seconds);
const length = SECONDS < 120 ? "short" : "long";
const CROWD = {
  short: { members: 40, pages: 10, linesPerSecond: 20, fullRooms: 1 },
  long: { members: 200, pages: 50, linesPerSecond: 40, fullRooms: 10 },
}[length];
const ROOMS = 10;
const CALM_MS = { short: 500, long: 3_000 }[length]; // before a fault, and after it
const CATCH_UP_MS = 60_000;
const LOOK_EVERY_MS = 20;
const SMALL_STORE_BYTES = 256 << 20;
const MOST_SHOWN = 20;
const MOST_JOURNAL = 1000; // of each line

const SERVER_OPTIONS = [
  "--keep-timeout", "3", // a partition is longer
  "--ready-needs-engine",
  "--queue", "100", // soon full, for who does not read
  "--drain-delay", "1.5", // HAProxy looks every second, and then twice
];

const random = randomFrom(Number(values.seed));
const checker = new Checker();
const found = [];

function fail(text) {
  found.push(text);
  if (found.length <= MOST_SHOWN) console.log(`FAILED: ${text}`);
}

/** A small file system for a node of the engine, which can be full; undefined where none can be mounted. */
function mountSmallStore(engine) {
  const path = mkdtempSync(join(tmpdir(), "triloop-store-"));
  const remove = () => rmSync(path, { recursive: true, force: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${SMALL_STORE_BYTES}`, "tmpfs", path], { stdio: "ignore" });
  } catch {
    remove();
    return undefined;
  }
  process.on("exit", () => {
    execFileSync("umount", ["--lazy", path]); // lazily: a node that was just killed may still be in it
    remove();
  });
  return { engine, path };
}

/** With --logs all that the members say and hear stands in a file, too, with the time as the servers write it. */
function openJournal() {
  if (!values.logs) return () => {};
  mkdirSync(values.logs, { recursive: true });
  const file = createWriteStream(join(values.logs, "members.log"));
  return (line) => file.write(`${new Date().toISOString().slice(11, -1)} ${line.slice(0, MOST_JOURNAL)}\n`);
}

const seconds = (since) => Number(((performance.now() - since) / 1000).toFixed(1));

/** Causes one fault while all talk, waits until they have caught up, and judges. */
async function phase(name, the) {
  const { cluster, crowd } = the;
  await cluster.mend(); // one that has failed before is a failure of then
  const before = found.length;
  const lines = checker.lines;
  let skipped;
  crowd.goOn();
  await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  crowd.measure();
  const since = performance.now();
  const looking = setInterval(() => crowd.look(), LOOK_EVERY_MS);
  try {
    await faults[name].cause(the);
  } catch (error) {
    if (error instanceof Impossible) skipped = error.message;
    else fail(`${name}: ${error.message}`);
  }
  const fault = seconds(since);
  await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  crowd.quiet();
  const quietSince = performance.now();
  await until(CATCH_UP_MS, "all have caught up", () => crowd.isCaughtUp())
    .catch((error) => fail(`${name}: ${error.message}: ${crowd.whoIsNot()}`));
  const caughtUp = seconds(quietSince);
  clearInterval(looking);
  for (const { text } of checker.judge()) fail(`${name}: ${text}`);
  const failures = found.length - before;
  return { name, skipped, fault, caughtUp, lines: checker.lines - lines, ...crowd.measured(), failures };
}

const COLUMNS = [
  ["fault", 10, ({ name }) => name],
  ["took s", 8, ({ fault }) => fault.toFixed(1)],
  ["lines", 7, ({ lines }) => lines],
  ["lost", 6, ({ lost }) => lost],
  ["silent s", 10, ({ withoutKept }) => withoutKept.toFixed(1)],
  ["slowest s", 11, ({ slowestKept }) => slowestKept.toFixed(1)],
  ["connected s", 13, ({ allConnectedAfter }) => allConnectedAfter.toFixed(1)],
  ["caught up s", 13, ({ caughtUp }) => caughtUp.toFixed(1)],
  ["failures", 10, ({ failures }) => failures],
];
const row = (texts) =>
  texts.map((text, i) => (i === 0 ? text.padEnd(COLUMNS[i][1]) : String(text).padStart(COLUMNS[i][1]))).join("");
const LEGEND = `lost: connections; silent: the longest time without a line that is kept; slowest: the longest that one
waited for it; connected, caught up: after so long all members were connected again, and had all lines`;

async function check(the) {
  const { cluster, crowd } = the;
  const end = performance.now() + SECONDS * 1000;
  const names = values.faults.split(",");
  const phases = [];
  await cluster.start();
  await within(CATCH_UP_MS, crowd.join(), "all are welcome");
  await within(CATCH_UP_MS, crowd.fill(CROWD.fullRooms), "the rooms are full");
  console.log(`${CROWD.members} members and ${CROWD.pages} pages are in ${ROOMS} rooms, ` +
    `of which ${CROWD.fullRooms} have as many lines as they keep\n\n${LEGEND}\n`);
  console.log(row(COLUMNS.map(([title]) => title)));
  for (let i = 0; i < names.length || (length === "long" && performance.now() < end); i += 1) {
    const name = names[i % names.length];
    const why = faults[name].why?.(the);
    const done = why ? { name, skipped: why } : await phase(name, the);
    phases.push(done);
    if (done.skipped) console.log(`${name.padEnd(10)}  skipped: ${done.skipped}`);
    else console.log(row(COLUMNS.map(([, , cell]) => cell(done))));
  }
  return phases;
}

async function main() {
  const unknown = values.faults.split(",").filter((name) => !faults[name]);
  if (unknown.length > 0) {
    const all = Object.entries(faults).map(([name, { what }]) => `  ${name.padEnd(10)} ${what}`);
    console.error(`cluster: there is no fault '${unknown[0]}'; there are\n${all.join("\n")}`);
    return 2;
  }
  const network = values.namespaces ? new Namespaces(values.namespaces) : new RelayedLoopback(elsewhere());
  const smallStore = mountSmallStore("nats-3");
  const port = await network.port("haproxy", 7777);
  const cluster = new Cluster({
    binary: values.binary, port, network, logs: values.logs, serverOptions: SERVER_OPTIONS,
    stores: smallStore && { [smallStore.engine]: smallStore.path },
    ended: ({ name, how }) => fail(`${name} has ended: ${how}`),
  });
  const journal = openJournal();
  const crowd = new Crowd({ url: `ws://127.0.0.1:${port}`, checker, random, journal, rooms: ROOMS, ...CROWD });
  let stopped = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      if (stopped) process.exit(1);
      stopped = true;
      crowd.leave();
      cluster.stop().finally(() => process.exit(1));
    });
  }
  console.log(`seed ${values.seed}, ${SECONDS} s, ${network.name}`);
  let phases = [];
  try {
    phases = await check({ cluster, crowd, checker, random, journal, length, fail, smallStore });
  } catch (error) {
    fail(error.message);
  }
  crowd.leave();
  await cluster.stop();
  console.log(`\n${checker.lines} lines said, ${checker.acknowledged} kept, ${checker.received} received by ` +
    `${CROWD.members + CROWD.pages} clients and those of the faults`);
  if (values.out) {
    const { lines, acknowledged, received } = checker;
    writeFileSync(values.out, `${JSON.stringify({
      seed: Number(values.seed), seconds: SECONDS, network: network.name, crowd: CROWD, rooms: ROOMS,
      lines, acknowledged, received, phases, failures: found,
    }, null, 2)}\n`);
  }
  console.log(found.length === 0 ? "cluster: passed" : `cluster: failed, ${found.length} failures`);
  return found.length === 0 ? 0 : 1;
}

process.exit(await main());
