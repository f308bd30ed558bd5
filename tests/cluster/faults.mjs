// The faults of the check, one function each: it causes the fault while everybody talks, and mends it.

import { existsSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { within } from "../e2e/wait.mjs";
import { until } from "./machines.mjs";
import { Member } from "./member.mjs";

const STREAM = "triloop_lines";
const PATIENCE_MS = 60_000;
const HOUR_S = 3600;

// Longer than --keep-timeout is in the check, and in the long run also than the lease of a name.
const PARTITION_MS = { short: 5_000, long: 15_000 };
const AWAY_MS = { short: 1_000, long: 4_000 };

// More bytes than a connection's queue and its two sockets have room for, in no more lines than a room keeps.
const SLOW_LINES = 900;
const SLOW_TEXT = "x".repeat(4000); // with what is around it not quite the most that the chat takes

/** It cannot be caused here, as turns out on the way. */
export class Impossible extends Error {}

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const leader = (cluster, except) => until(PATIENCE_MS, `${STREAM} has a leader`, async () => {
  const name = await cluster.leaderOf(STREAM);
  return name !== except && name;
});

async function server({ cluster, random, length }) {
  const machine = cluster.machine(random.of(cluster.servers));
  await machine.kill("SIGKILL");
  await pause(AWAY_MS[length]);
  await machine.start();
}

async function streamLeader({ cluster }) {
  const name = await leader(cluster);
  await cluster.machine(name).kill("SIGKILL");
  await leader(cluster, name);
  await cluster.machine(name).start();
}

async function haproxy({ cluster, length }) {
  const machine = cluster.machine("haproxy");
  await machine.kill("SIGKILL");
  await pause(AWAY_MS[length]);
  await machine.start();
}

async function rolling({ cluster, fail }) {
  for (const name of cluster.servers) {
    const { code, signal } = await cluster.machine(name).kill("SIGTERM");
    if (code !== 0) fail(`${name} ended with ${signal ?? code} after SIGTERM`);
    await cluster.machine(name).start();
  }
  for (const name of cluster.engines) await cluster.machine(name).restart("SIGTERM");
}

async function partition({ cluster, random, length }) {
  const name = random.of(cluster.servers);
  cluster.network.part(name);
  try {
    await pause(PARTITION_MS[length]);
  } finally {
    cluster.network.rejoin(name);
  }
  await cluster.machine(name).ready();
}

let slowRooms = 0;

/** On each server one that does not read, while much is said: then it gets all of it. */
async function slow({ cluster, checker, journal }) {
  slowRooms += 1;
  const room = `slow-${slowRooms}`;
  const member = (url, name) => new Member({ url, checker, journal, room, name: `${room}-${name}` });
  const direct = (name) => `ws://${cluster.place(name).address}:${cluster.place(name).port}`;
  const slowOnes = cluster.servers.map((name) => member(direct(name), `on-${name}`));
  const speaker = member(direct(cluster.servers[0]), "speaker");
  const all = [...slowOnes, speaker];
  try {
    await within(PATIENCE_MS, Promise.all(all.map((one) => one.join())), "those who will be slow are welcome");
    slowOnes.forEach((one) => one.stopReading());
    const lines = Array.from({ length: SLOW_LINES }, (_, i) => `${i} ${SLOW_TEXT}`);
    await within(PATIENCE_MS, speaker.sayAll(lines), "the speaker's lines are kept");
    slowOnes.forEach((one) => one.resumeReading());
    await until(PATIENCE_MS, "those who were slow have all", () =>
      !checker.behind().some((name) => all.some((one) => one.name === name)));
  } finally {
    slowOnes.forEach((one) => one.resumeReading());
    all.forEach((one) => one.leave());
  }
}

// -- Clocks: of a server only. NATS is a static program, which nothing can be put in front of. -----------

/** The library that gives a program another time; undefined where faketime is not installed. */
function faketimeLibrary() {
  return readdirSync("/usr/lib", { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `/usr/lib/${entry.name}/faketime/libfaketimeMT.so.1`)
    .find((file) => existsSync(file));
}

async function clock({ cluster, length }) {
  const machine = cluster.machine(cluster.servers.at(-1));
  const file = join(cluster.directory, "clock");
  const setClock = (seconds) => {
    writeFileSync(`${file}.new`, `${seconds < 0 ? "" : "+"}${seconds}s\n`);
    renameSync(`${file}.new`, file); // never seen half-written
  };
  setClock(0);
  await machine.kill("SIGTERM");
  // As when a clock is set: the time since the start of the machine, by which one waits, does not jump.
  machine.environment = {
    LD_PRELOAD: faketimeLibrary(), FAKETIME_TIMESTAMP_FILE: file, FAKETIME_CACHE_DURATION: "1",
    DONT_FAKE_MONOTONIC: "1",
  };
  try {
    await machine.start().catch((error) => {
      throw new Impossible(`the program does not run under faketime: ${error.message}`);
    });
    for (const jump of [HOUR_S, -HOUR_S, 0]) {
      setClock(jump);
      await pause(1_500 + AWAY_MS[length]); // the library looks once a second
    }
    await machine.kill("SIGTERM");
  } finally {
    machine.environment = {};
    if (machine.isRunning()) await machine.kill("SIGKILL");
    await machine.start();
  }
}

async function disk({ cluster, smallStore, length }) {
  const { engine, path } = smallStore;
  const filler = join(path, "filler");
  const chunk = Buffer.alloc(1 << 20);
  try {
    for (;;) writeFileSync(filler, chunk, { flag: "a" });
  } catch (error) {
    if (error.code !== "ENOSPC") throw error;
  }
  await pause(PARTITION_MS[length]);
  rmSync(filler);
  await cluster.machine(engine).restart("SIGKILL");
}

/** `why` says why a fault cannot be caused here, if so. */
export const faults = {
  server: { what: "kill -9 of a server, which is then started again", cause: server },
  leader: { what: "kill -9 of the node that leads the stream, which is then started again", cause: streamLeader },
  haproxy: { what: "kill -9 of HAProxy, which is then started again", cause: haproxy },
  rolling: { what: "a rolling restart of all servers and all nodes of the engine", cause: rolling },
  partition: { what: "a server is parted from the engine", cause: partition },
  slow: { what: "a member on each server does not read while much is said", cause: slow },
  clock: {
    what: "the clock of a server is an hour ahead, an hour behind, and right again",
    cause: clock,
    why: () => (faketimeLibrary() ? undefined : "faketime is not installed"),
  },
  disk: {
    what: "the disk of a node of the engine is full",
    cause: disk,
    why: ({ smallStore }) => (smallStore ? undefined : "no file system can be mounted here"),
  },
};
