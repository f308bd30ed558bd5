// Good and bad clients of every kind at once, for as long as you like; when they have left, the
// server is what it was before.
//
//     node tests/soak/soak.mjs --seconds 600 --binary build/release/triloop [--seed N]

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { eventually, within } from "../e2e/wait.mjs";
import { descriptorCount, residentBytes, spareThreads, startServer, threadCount } from "../faults/process.mjs";
import { cast, randomFrom } from "./clients.mjs";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    binary: { type: "string", default: process.env.TRILOOP_BINARY },
    malloc: { type: "string", default: "tuned" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
  },
});

const SECONDS = Number(values.seconds);
const LEAVE_MS = 30_000;
const STAY_MS = 150_000; // longer than any patience of a client
const MiB = 1 << 20;

// The first two are for warming up: in them the server gets the memory that it then keeps.
const ROUNDS = 6;
const WARM_UP_ROUNDS = 2;

const MOST_SPARE_THREADS = 96; // the default of --spare-threads

// Short, so that each of them is met many times; not so short that a good client, all of which
// share one thread here with the bad ones, would ever miss them.
const OPTIONS = [
  "--write-timeout", "5", "--handshake-timeout", "5", "--close-timeout", "20",
  "--ping-interval", "0.5", "--pong-timeout", "10", "--drain-timeout", "5",
];

// glibc keeps much of what is freed: in pools for each of many threads, in caches and bins, and
// below any small block that lives on. With these settings it keeps next to nothing (a message of
// 16 KiB is a mapping of its own), so that what stays is what the server itself keeps. A run has
// thousands of connections, so the margin is a few hundred bytes for each. (--malloc default leaves
// glibc alone: then the value goes up and down by some 10 MiB, and the margin is 32.)
const MALLOC = {
  GLIBC_TUNABLES: [
    "arena_max=1", "tcache_count=0", "mxfast=0", "trim_threshold=131072", "mmap_threshold=16384",
  ].map((setting) => `glibc.malloc.${setting}`).join(":"),
};
const MARGIN_BYTES = (values.malloc === "tuned" ? 2 : 32) * MiB;

const counts = { connections: 0, messages: 0, violations: 0, lost: 0 };
const failures = [];
let slowestEcho = 0;
let end = 0;

const soak = {
  random: randomFrom(Number(values.seed)),
  count: (what) => (counts[what] = (counts[what] ?? 0) + 1),
  lost: (messages) => (counts.lost += messages),
  /** `localPort` of the client's socket finds what the server said of that connection. */
  fail: (what, localPort) => failures.length < 20 && failures.push({ what, localPort }),
  tookEcho: (milliseconds) => (slowestEcho = Math.max(slowestEcho, milliseconds)),
  isOver: () => performance.now() >= end,
};

// How many of each kind are at work, to name those that never leave.
const inside = new Map();

async function play(client) {
  while (!soak.isOver()) {
    try {
      inside.set(client.name, (inside.get(client.name) ?? 0) + 1);
      await client(soak);
    } catch (error) {
      soak.fail(`${client.name}: ${error.message}`);
    } finally {
      inside.set(client.name, inside.get(client.name) - 1);
    }
    // A pause, lest ports run out: each connection keeps one for a minute after its end.
    await new Promise((resolve) => setTimeout(resolve, soak.random.below(60)));
  }
}

/** Resolves, when all clients have left, with what the server has then. */
async function round(server, seconds) {
  end = performance.now() + seconds * 1000;
  const all = cast.flatMap(([client, count]) => Array.from({ length: count }, () => play(client)));
  await within(seconds * 1000 + STAY_MS, Promise.all(all), "the clients leave").catch((error) => {
    const names = [...inside].filter(([, count]) => count > 0).map(([name]) => name);
    throw new Error(`${error.message}; still there: ${names.join(", ")}`);
  });
  // A connection's descriptor is closed last, when its queues are freed.
  const left = await eventually(LEAVE_MS, () => {
    const spare = spareThreads(server.pid);
    const now = { threads: threadCount(server.pid) - spare, descriptors: descriptorCount(server.pid) };
    assert.deepEqual(now, atStart, "threads or descriptors are left");
    assert.ok(spare <= MOST_SPARE_THREADS, `${spare} spare threads`);
    return now;
  });
  return { ...left, resident: residentBytes(server.pid) };
}

/** The server's words about the connection from that port. */
function logOf(log, localPort) {
  const id = new RegExp(`\\[(\\d+)\\] open: 127\\.0\\.0\\.1:${localPort} `).exec(log)?.[1];
  return id ? log.split("\n").filter((line) => line.includes(`[${id}]`)).join(" | ") : "";
}

const scratch = mkdtempSync(join(tmpdir(), "soak-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
const server = await startServer(null, OPTIONS, {
  binary: values.binary,
  log: join(scratch, "log"),
  environment: values.malloc === "tuned" ? MALLOC : {},
});
soak.port = server.port;
console.log(`seed ${values.seed}, ${SECONDS} s, pid ${server.pid}`);
const atStart = { threads: threadCount(server.pid), descriptors: descriptorCount(server.pid) };

const after = [];
for (let i = 0; i < ROUNDS; i += 1) {
  try {
    after.push(await round(server, SECONDS / ROUNDS));
  } catch (error) {
    soak.fail(`after round ${i + 1}: ${error.message} ${server.stderr().slice(-500)}`);
    break;
  }
  const { threads, descriptors, resident } = after.at(-1);
  console.log(`round ${i + 1}: ${counts.connections} connections, ${threads} threads, ` +
    `${descriptors} descriptors, ${(resident / MiB).toFixed(1)} MiB`);
}

const { code, seconds } = await server.stop();
if (code !== 0) soak.fail(`SIGTERM ended it with ${code}: ${server.stderr().slice(-500)}`);
const warm = Math.max(0, ...after.slice(0, WARM_UP_ROUNDS).map(({ resident }) => resident));
const grown = (after.at(-1)?.resident ?? 0) - warm;
if (grown > MARGIN_BYTES) soak.fail(`grown by ${(grown / MiB).toFixed(1)} MiB since the warm-up`);
if (counts.lost > 0) soak.fail(`${counts.lost} messages were lost`);

console.log(Object.entries(counts).map(([what, count]) => `${what} ${count}`).join(", "));
console.log(`slowest echo ${slowestEcho.toFixed(0)} ms, memory ${(grown / MiB).toFixed(1)} MiB more ` +
  `than after the warm-up, ended in ${seconds.toFixed(2)} s with ${code}`);
const log = failures.length > 0 ? server.stderr() : "";
failures.forEach(({ what, localPort }) =>
  console.log(`FAILED: ${what} ${localPort ? logOf(log, localPort) : ""}`));
console.log(failures.length === 0 ? "soak: passed" : "soak: failed");
process.exit(failures.length === 0 ? 0 : 1);
