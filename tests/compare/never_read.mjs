// The same never-reading peers against triloop and others; prints a table in Markdown.
//
//     node tests/compare/never_read.mjs [--binary build/release/triloop] [--cap SECONDS] [NAME...]
//
// What is not installed has a row that says so. The peers send messages as fast as they are taken,
// for four seconds, and read nothing; then they stay.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readlinkSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { within } from "../e2e/wait.mjs";
import { launch, residentBytes } from "../faults/process.mjs";
import { Opcode, RawPeer, frame } from "../faults/raw_peer.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    binary: { type: "string", default: process.env.TRILOOP_BINARY ?? "" },
    cap: { type: "string", default: "15" },
  },
});

const PEERS = 8;
const MESSAGE_BYTES = 64 * 1024;
const FLOOD_MS = 4000;
const CAP_MS = Number(values.cap) * 1000;
const ECHO_CAP_MS = 5000;
const MB = 1e6;
const MOST_RESIDENT_BYTES = 6e9; // this machine has other things to do

const here = (name) => new URL(name, import.meta.url).pathname;
const build = mkdtempSync(join(tmpdir(), "never-read-"));
process.on("exit", () => rmSync(build, { recursive: true, force: true }));

function gorilla() {
  const program = join(build, "echo_gorilla");
  execFileSync("go", ["build", "-o", program, here("echo_gorilla.go")], {
    env: { ...process.env, GO111MODULE: "off", GOPATH: "/usr/share/gocode", GOFLAGS: "" },
    stdio: "pipe",
  });
  return [program];
}

function websockets() {
  execFileSync("/usr/bin/python3", ["-c", "import websockets"], { stdio: "pipe" });
  return ["/usr/bin/python3", here("echo_websockets.py")];
}

const triloop = (...args) => () => {
  assert.ok(values.binary, "no --binary");
  return [values.binary, "--bind", "127.0.0.1", "--port", "0", "--quiet", ...args];
};

const contestants = {
  "triloop": triloop(),
  "triloop --write-timeout 2 --drain-timeout 2": triloop("--write-timeout", "2", "--drain-timeout", "2"),
  "gorilla/websocket, the original's design": gorilla,
  "node ws": () => [process.execPath, here("echo_ws.mjs")],
  "python-websockets": websockets,
};

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Starts a server that says "listening on http://HOST:PORT/" first. */
async function start(command) {
  const server = launch(command);
  for (;;) {
    const match = /^listening on http:\/\/\S+:(\d+)\//.exec(server.stdout());
    if (match) return Object.assign(server, { port: Number(match[1]) });
    const next = await Promise.race([once(server.child.stdout, "data"), server.exited]);
    if ("code" in next) throw new Error(server.stderr() || `ended with ${next.code}`);
  }
}

const socketsOf = (pid) =>
  readdirSync(`/proc/${pid}/fd`).filter((descriptor) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${descriptor}`).startsWith("socket:");
    } catch {
      return false; // closed since the folder was listed
    }
  }).length;

/** Milliseconds until an echo was back, ECHO_CAP_MS if it was not by then. */
async function echo(peer, text) {
  const since = performance.now();
  const echoed = async () => {
    peer.socket.write(frame(Opcode.text, text));
    // Heartbeats come in between.
    while ((await peer.next(ECHO_CAP_MS)).payload.toString() !== text);
  };
  await within(ECHO_CAP_MS, echoed(), "an echo").catch(() => {});
  return Math.min(performance.now() - since, ECHO_CAP_MS);
}

async function flood(server) {
  const peers = await Promise.all(Array.from({ length: PEERS }, () => RawPeer.open(server.port)));
  const message = frame(Opcode.binary, Buffer.alloc(MESSAGE_BYTES, 7));
  const end = performance.now() + FLOOD_MS;
  const isOver = () =>
    performance.now() > end || !server.isRunning() || residentBytes(server.pid) > MOST_RESIDENT_BYTES;
  peers.forEach((peer) => {
    peer.stopReading();
    peer.flood(message, isOver);
  });
  return { peers, end };
}

async function underFlood(command) {
  const server = await start(command);
  const other = await RawPeer.open(server.port);
  await echo(other, "first");
  const before = residentBytes(server.pid);
  const socketsBefore = socketsOf(server.pid);
  const since = performance.now();
  const { peers, end } = await flood(server);
  let worst = 0;
  let most = before;
  let gone = null;
  const look = () => {
    most = Math.max(most, residentBytes(server.pid));
    if (gone === null && socketsOf(server.pid) <= socketsBefore) gone = performance.now() - since;
  };
  for (let i = 0; performance.now() < end; i += 1) {
    worst = Math.max(worst, await echo(other, `message ${i}`));
    look();
    await pause(20);
  }
  const grown = most - before;
  while (gone === null && performance.now() - since < CAP_MS) {
    look();
    await pause(50);
  }
  [...peers, other].forEach((peer) => peer.leave());
  await server.stop("SIGKILL");
  return { grown, worst, gone };
}

async function ending(command) {
  const server = await start(command);
  const other = await RawPeer.open(server.port);
  const { peers } = await flood(server);
  await pause(1000); // into the flood; when exactly does not matter
  const since = performance.now();
  server.child.kill("SIGTERM");
  const ended = await within(CAP_MS, server.exited, "its end").catch(() => null);
  const seconds = (performance.now() - since) / 1000;
  const code = other.ended ? await other.closeCode() : (other.frames.at(-1)?.opcode === 8 ? "Close" : "nothing");
  [...peers, other].forEach((peer) => peer.leave());
  await server.stop("SIGKILL");
  return { seconds: ended && seconds, status: ended && (ended.signal ?? ended.code), code };
}

const capped = (milliseconds) =>
  milliseconds === null ? `not within ${CAP_MS / 1000} s` : `${(milliseconds / 1000).toFixed(1)} s`;

console.log(`| ${PEERS} peers that never read, ${MESSAGE_BYTES / 1024} KiB messages, ${FLOOD_MS / 1000} s ` +
  "| memory grew by | slowest echo of another peer | never-reading peers ended after | " +
  "SIGTERM to exit | what another peer gets then |");
console.log("|---|---|---|---|---|---|");
for (const [name, commandOf] of Object.entries(contestants)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  try {
    const command = commandOf();
    const { grown, worst, gone } = await underFlood(command);
    const { seconds, status, code } = await ending(command);
    const served = worst >= ECHO_CAP_MS ? `none within ${ECHO_CAP_MS / 1000} s` : `${worst.toFixed(0)} ms`;
    const exit = seconds === null ? capped(null) : `${seconds.toFixed(1)} s, ${status}`;
    console.log(`| ${name} | ${(grown / MB).toFixed(0)} MB | ${served} | ${capped(gone)} | ${exit} | ${code} |`);
  } catch (error) {
    const [first] = String(error.stderr || error.message).trim().split("\n");
    console.log(`| ${name} | not run: ${first} | | | | |`);
  }
}
process.exit(0);
