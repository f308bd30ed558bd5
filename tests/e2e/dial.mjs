// Runs `triloop dial`.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { within } from "./wait.mjs";

const PATIENCE_MS = 15_000;

/** Starts `triloop dial`; the test ends it. `ended` resolves to its exit status, and what it printed. */
export function start(t, ...args) {
  const child = spawn(process.env.TRILOOP_BINARY, ["dial", ...args]);
  t.after(() => child.kill("SIGKILL"));
  const output = { out: "", err: "" };
  child.stdout.on("data", (bytes) => (output.out += bytes.toString("latin1")));
  child.stderr.on("data", (bytes) => (output.err += bytes));
  child.stdin.on("error", () => {}); // it may end before it has read all
  const ended = once(child, "close").then(([status]) => ({ status, ...output }));
  return { child, output, ended: () => within(PATIENCE_MS, ended, "triloop dial ends") };
}

/** Runs it with that input to the end. */
export function dial(t, input, ...args) {
  const run = start(t, ...args);
  run.child.stdin.end(input);
  return run.ended();
}
