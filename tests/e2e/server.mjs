// Starts the server under test and ends it, by its own pid, whatever happens to the test.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { optionsOfThisRun } from "./certificates.mjs";
import { within } from "./wait.mjs";

const ANNOUNCEMENT = /^listening on (https?:\/\/(\S+):(\d+)\/|unix:\S+)\n/;
const START_MS = 10_000;
const STOP_MS = 20_000;

// A test that is cut off by its timeout may skip its own clean-up; this one runs all the same.
const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

// The server reads options from TRILOOP_* too; a test's server has those that the test names.
const withoutOptions = (environment) =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !/^TRILOOP_/.test(name)));

/** Resolves when the server has announced its address. The test `t` ends it at the latest. Over TLS where that is asked for. */
export function startServer(t, ...args) {
  return startProgram(t, process.env.TRILOOP_BINARY, ...optionsOfThisRun(), ...args);
}

/** The same with another program. */
export function startProgram(t, binary, ...args) {
  const defaults = ["--bind", "127.0.0.1"];
  if (!args.includes("--port")) defaults.push("--port", "0");
  return launchProgram(t, binary, [...defaults, ...args]);
}

/** The same with these arguments and options in the environment, and no others. */
export async function launchProgram(t, binary, args, environment = {}) {
  assert.ok(binary, "TRILOOP_BINARY must name the server to test");
  const child = spawn(binary, args, {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...withoutOptions(process.env), ...environment },
  });
  running.add(child);
  const exited = new Promise((resolve) => {
    child.once("close", (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
    child.once("error", (error) => {
      running.delete(child);
      resolve({ code: null, signal: null, error });
    });
  });

  const output = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"]) {
    child[name].setEncoding("utf8");
    child[name].on("data", (text) => (output[name] += text));
  }

  const end = (signal) => {
    if (running.has(child)) child.kill(signal);
    return within(STOP_MS, exited, `the server ends after ${signal}`);
  };
  t.after(() => end("SIGKILL"));

  const [, url, , port] = await within(START_MS, announced(), "the server announces its address");

  async function announced() {
    for (;;) {
      const match = ANNOUNCEMENT.exec(output.stdout);
      if (match) return match;
      assert.ok(!output.stdout.includes("\n"), `unexpected first line: ${output.stdout}`);
      const ended = await Promise.race([once(child.stdout, "data").then(() => null), exited]);
      if (ended) throw new Error(`server ended at once: ${JSON.stringify(ended)} ${output.stderr}`);
    }
  }

  return {
    pid: child.pid,
    port: Number(port),
    url,
    wsUrl: `${url.startsWith("https") ? "wss" : "ws"}://127.0.0.1:${port}/ws`,
    exited,
    stdout: () => output.stdout,
    stderr: () => output.stderr,
    stop: (signal = "SIGTERM") => end(signal),
    kill: () => end("SIGKILL"),
  };
}
