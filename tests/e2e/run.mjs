// What tests of programs need beside a server.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const PATIENCE_MS = 30_000;

/** Runs a program to its end; `input` is what it reads. */
export function run(command, args, input = "") {
  return new Promise((resolve) => {
    const child = execFile(command, args, { timeout: PATIENCE_MS }, (error, out, err) =>
      resolve({ status: error ? error.code : 0, out, err, all: out + err }));
    child.stdin.on("error", () => {}); // it may have ended
    child.stdin.end(input);
  });
}

/** A folder that goes with the test. */
export function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "triloop-test-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}
