// The servers, and one measurement of one of them.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { within } from "../e2e/wait.mjs";
import { launch } from "../faults/process.mjs";

const START_MS = 10_000;
const LOAD_SPARE_MS = 120_000; // a fail-safe; the load generator has its own, which are shorter
const OWN_DESCRIPTORS = 200;
const SETTLE_MS = 10_000;
const SETTLE_LOOK_MS = 200;
const SETTLED_BYTES = 2 << 20;
const SETTLED_LOOKS = 5;
const THREADS_PER_CONNECTION = 3;
const OPEN_LOOK_MS = 20;

const SERVERS = join(dirname(fileURLToPath(import.meta.url)), "servers");
// As quiet as the others: neither messages nor connections are logged.
const QUIET = ["--bind", "127.0.0.1", "--port", "0", "--quiet", "--log-level", "warn", "--max-connections", "20000"];

/**
 * In the order of the tables. `program` is a file in the build directory, or what `arguments` are
 * given to; `room` another one that is a room, where the program itself has no --room; `raw` speaks no
 * WebSocket; a `shadow` is triloop again, for a pair with it, and has no column of its own; `load` is
 * what its load has different from the row's; a `proxy` stands before it and speaks TLS in its place.
 */
export const contestants = {
  triloop: { title: "triloop", program: "triloop", room: "tests/bench/triloop_room", args: QUIET },
  original: { title: "Go", program: "tests/bench/original" },
  beast: { title: "Boost.Beast", program: "tests/bench/beast_sync" },
  websocketpp: { title: "websocketpp", program: "tests/bench/websocketpp_async" },
  uwebsockets: { title: "uWebSockets", program: "tests/bench/uwebsockets" },
  node: { title: "node ws", program: process.execPath, args: [join(SERVERS, "node_ws.mjs")] },
  // The interpreter that the distribution's package is for.
  python: { title: "python-websockets", program: "/usr/bin/python3", args: [join(SERVERS, "python_websockets.py")] },
  floor: { title: "floor", program: "tests/bench/floor", raw: true },
  haproxy: { title: "HAProxy before triloop", program: "triloop", args: QUIET, proxy: "haproxy" },
  nginx: { title: "nginx before triloop", program: "triloop", args: QUIET, proxy: "nginx" },
  plain: { title: "triloop without TLS", program: "triloop", args: QUIET, load: { tls: false } },
  ascii: { title: "the same bytes in ASCII", program: "triloop", args: QUIET, shadow: true, load: { payload: "letters" } },
  baseline: { title: "the older build", program: "", args: QUIET, shadow: true }, // --baseline says where
};

export function checkBuilt(build, names) {
  for (const program of ["tests/bench/triloop_load", ...names.map((name) => contestants[name].program)]) {
    try {
      accessSync(resolve(build, program), constants.X_OK);
    } catch {
      throw new Error(`${resolve(build, program)} is missing: build with -DTRILOOP_BENCH=ON`);
    }
  }
}

const helps = new Map();

/** Those of `options` ({ name: value }) that the program does not know. */
export function unknownOptions(build, name, options = {}) {
  const program = resolve(build, contestants[name].program);
  if (!helps.has(program)) helps.set(program, execFileSync(program, ["--help"], { encoding: "utf8" }));
  return Object.keys(options).filter((option) => !new RegExp(`--${option}\\b`).test(helps.get(program)));
}

/** Makes a certificate when it is loaded, and so only for a row that needs one. */
const proxies = () => import("../proxies/proxy.mjs");

async function tlsArguments(load, proxy) {
  if (!load.tls || proxy) return [];
  const { certificate, key } = await proxies();
  return ["--tls-certificate", certificate, "--tls-key", key];
}

/** How the server is started for a row, and with what its load is. */
async function prepared(build, name, { kind, load: wish, options }) {
  const { program, room, args = [], raw, load: own, proxy } = contestants[name];
  const load = { ...wish, ...own, ...(raw && { raw: true }) };
  if (kind === "broadcast") {
    const command = room ? [resolve(build, room)] : [resolve(build, program), ...args];
    return { command: [...command, "--room", ...(load.compress ? ["--compress"] : [])], load };
  }
  const isTriloop = name === "triloop" || contestants[name].shadow;
  const wanted = isTriloop && options ? options : {};
  const unknown = isTriloop && options ? unknownOptions(build, name, options) : [];
  const further = Object.entries(wanted).filter(([option]) => !unknown.includes(option));
  return {
    command: [resolve(build, program), ...args, ...further.flatMap(([option, value]) => [`--${option}`, String(value)]),
      ...(load.compress ? ["--compress"] : []), ...await tlsArguments(load, proxy)],
    load,
  };
}

/** Starts a server that says where it listens, and resolves when it has. */
export async function start(command, options) {
  const server = launch(command, options);
  const announced = async () => {
    for (;;) {
      const match = /^listening on https?:\/\/\S+:(\d+)\/\n/.exec(server.stdout());
      if (match) return Number(match[1]);
      const ended = await Promise.race([once(server.child.stdout, "data").then(() => null), server.exited]);
      if (ended) throw new Error(`${command[0]} ended at once: ${JSON.stringify(ended)} ${server.stderr()}`);
    }
  };
  server.port = await within(START_MS, announced(), `${command[0]} announces its address`);
  return server;
}

export function loadArguments(load) {
  return Object.entries(load).filter(([, value]) => value !== false).flatMap(([name, value]) =>
    value === true ? [`--${name}`] : [`--${name}`, String(value)]);
}

const availableBytes = () =>
  Number(/^MemAvailable:\s+(\d+)/m.exec(readFileSync("/proc/meminfo", "utf8"))[1]) * 1024;

/**
 * The kernel frees the stacks of ended threads a while after their process is gone, and memory per
 * connection would be short by them. On a machine that is never at rest it is the last look that counts.
 */
async function settleMemory() {
  const deadline = performance.now() + SETTLE_MS;
  let last = availableBytes();
  for (let steady = 0; steady < SETTLED_LOOKS && performance.now() < deadline; ) {
    const bytes = availableBytes();
    steady = Math.abs(bytes - last) < SETTLED_BYTES ? steady + 1 : 0;
    last = bytes;
    await new Promise((resolve) => setTimeout(resolve, SETTLE_LOOK_MS));
  }
}

/** The threads of a process. */
const threadsOf = (pid) => Number(/^Threads:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

/**
 * Starts a server with three threads for each connection, calls `before`, puts the load on, and calls `look` once the connections are open.
 * Both get the server's process id. Resolves to what `look` says.
 */
export async function underLoad(build, name, row, before, look) {
  const { command, load } = await prepared(build, name, row);
  const limits = [`-n ${load.connections + OWN_DESCRIPTORS}`];
  const server = await start(command, { limits });
  try {
    await before(server.pid);
    const threads = threadsOf(server.pid);
    const loading = promisify(execFile)(join(build, "tests/bench/triloop_load"),
      ["--port", String(server.port), ...loadArguments(load)]);
    const open = load.mode === "churn" ? 1 : THREADS_PER_CONNECTION * load.connections;
    while (threadsOf(server.pid) < threads + open) {
      const ended = await Promise.race([loading, new Promise((resolve) => setTimeout(resolve, OPEN_LOOK_MS))]);
      assert.equal(ended, undefined, "the load is over before its connections were open");
    }
    const seen = await look(server.pid);
    await loading;
    return seen;
  } finally {
    await server.stop("SIGKILL");
  }
}

/** Starts the server afresh, loads it as the row says (`load`: options of triloop_load) and stops it. A proxy is a part of it. */
export async function measure(build, name, row) {
  const { command, load } = await prepared(build, name, row);
  if (load.mode === "idle") await settleMemory();
  const limits = [`-n ${load.connections + OWN_DESCRIPTORS}`];
  const server = await start(command, { limits });
  let proxy;
  try {
    if (contestants[name].proxy) {
      const { launchProxy } = await proxies();
      proxy = await launchProxy(contestants[name].proxy, server.port, { workers: availableParallelism() });
    }
    const pids = [server.pid, ...(proxy?.pids ?? [])].flatMap((pid) => ["--pid", String(pid)]);
    const { stdout } = await promisify(execFile)(
      join(build, "tests/bench/triloop_load"),
      ["--port", String((proxy ?? server).port), ...pids, ...loadArguments(load)],
      { timeout: load.seconds * 1000 + LOAD_SPARE_MS },
    );
    assert.ok(server.isRunning(), `${command[0]} ended under load: ${server.stderr()}`);
    const { code, signal } = await server.stop("SIGTERM");
    assert.equal(code, 0, `${command[0]} ended with ${code ?? signal}: ${server.stderr()}`);
    return JSON.parse(stdout);
  } finally {
    await proxy?.stop("SIGTERM"); // at which a master ends its workers
    await server.stop("SIGKILL");
  }
}
