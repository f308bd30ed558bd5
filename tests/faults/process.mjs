// Starts the server with limits set on it, and looks at it from outside, through /proc.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { openSync, readFileSync, readdirSync } from "node:fs";
import { optionsOfThisRun } from "../e2e/certificates.mjs";
import { within } from "../e2e/wait.mjs";

const ANNOUNCEMENT = /^listening on https?:\/\/\S+:(\d+)\/\n/;
const START_MS = 10_000;
const STOP_MS = 30_000;
const MOST_LOG_CHARACTERS = 1 << 20;

// A test that is cut off by its timeout may skip its own clean-up; this one runs all the same.
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

const withoutOptions = (environment) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !/^TRILOOP_/.test(name)));

/**
 * Runs a command under `limits` (arguments of ulimit, "-n 40"). The shell replaces itself, so the
 * child's pid is the command's, and so are the limits. Standard error goes to the file `log`, if it
 * is given, whole; otherwise its beginning is kept.
 */
export function launch(command, { limits = [], environment = {}, log } = {}) {
  const script = [...limits.map((limit) => `ulimit ${limit} &&`), 'exec "$@"'].join(" ");
  const child = spawn("bash", ["-c", script, "bash", ...command], {
    stdio: ["ignore", "pipe", log ? openSync(log, "w") : "pipe"],
    env: { ...withoutOptions(process.env), ...environment },
  });
  running.add(child);
  const output = { stdout: "", stderr: "" };
  for (const name of log ? ["stdout"] : ["stdout", "stderr"]) {
    child[name].setEncoding("utf8");
    child[name].on("data", (text) => {
      output[name] = (output[name] + text).slice(0, MOST_LOG_CHARACTERS);
    });
  }
  const exited = new Promise((resolve) => {
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  return {
    pid: child.pid,
    child,
    exited,
    stdout: () => output.stdout,
    stderr: () => (log ? readFileSync(log, "utf8") : output.stderr),
    isRunning: () => running.has(child),
    /** Resolves with the exit status and how long it took. */
    async stop(signal = "SIGTERM") {
      const since = performance.now();
      if (running.has(child)) child.kill(signal);
      const ended = await within(STOP_MS, exited, `the process ends after ${signal}`);
      return { ...ended, seconds: (performance.now() - since) / 1000 };
    },
  };
}

/** Resolves when the server has announced its port. The test `t` ends it at the latest. Over TLS where that is asked for. */
export async function startServer(t, args, options = {}) {
  const binary = options.binary ?? process.env.TRILOOP_BINARY;
  assert.ok(binary, "TRILOOP_BINARY must name the server to test");
  const bind = options.bind ?? "127.0.0.1";
  const common = ["--bind", bind, "--quiet", "--heartbeat", "0", ...optionsOfThisRun()];
  if (!args.includes("--port")) common.push("--port", "0");
  const server = launch([...(options.within ?? []), binary, ...common, ...args], options);
  t?.after(() => server.stop("SIGKILL"));
  const announced = async () => {
    for (;;) {
      const match = ANNOUNCEMENT.exec(server.stdout());
      if (match) return Number(match[1]);
      const ended = await Promise.race([once(server.child.stdout, "data").then(() => null), server.exited]);
      if (ended) throw new Error(`ended at once: ${JSON.stringify(ended)} ${server.stderr()}`);
    }
  };
  server.port = await within(START_MS, announced(), "the server announces its address");
  return server;
}

/** A number of /proc/PID/status, sizes in bytes; 0 of a process that has ended. */
function status(pid, name) {
  let text = "";
  try {
    text = readFileSync(`/proc/${pid}/status`, "utf8");
  } catch (error) {
    if (error.code !== "ENOENT" && error.code !== "ESRCH") throw error;
  }
  const line = new RegExp(`^${name}:\\s+(\\d+)( kB)?`, "m").exec(text);
  return line ? Number(line[1]) * (line[2] ? 1024 : 1) : 0;
}

export const residentBytes = (pid) => status(pid, "VmRSS");
export const mostResidentBytes = (pid) => status(pid, "VmHWM");
export const threadCount = (pid) => status(pid, "Threads");
export const descriptorCount = (pid) => readdirSync(`/proc/${pid}/fd`).length;

function threadNames(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => {
    try {
      return [readFileSync(`/proc/${pid}/task/${task}/comm`, "utf8").trim()];
    } catch {
      return []; // it has ended since the folder was listed
    }
  });
}

/** The names of the threads that belong to connections: read-N, proc-N, write-N. */
export const connectionThreads = (pid) => threadNames(pid).filter((name) => /^(read|proc|write)-\d+$/.test(name));

/** Threads that are kept for the next connection. */
export const spareThreads = (pid) => threadNames(pid).filter((name) => name === "spare").length;
