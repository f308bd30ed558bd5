// Waits until nobody else is busy on this machine: a rate that is measured beside a compiler says nothing, CPU for a
// message says less.

import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

const LOOK_MS = 2000;
const MOST_BUSY = 0.15;
const IDLE_FIELDS = [3, 4]; // idle, and idle with a disk at work

function ticks() {
  const fields = readFileSync("/proc/stat", "utf8").split("\n")[0].trim().split(/\s+/).slice(1, 9).map(Number);
  return { all: fields.reduce((a, b) => a + b, 0), idle: IDLE_FIELDS.reduce((sum, i) => sum + fields[i], 0) };
}

/** The share of all cores that was in use for two seconds in which this program did nothing. */
export async function busyShare() {
  const before = ticks();
  await sleep(LOOK_MS);
  const after = ticks();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

/** Resolves to whether it got quiet within `patienceSeconds`. */
export async function untilQuiet(patienceSeconds) {
  const deadline = performance.now() + patienceSeconds * 1000;
  for (;;) {
    if (await busyShare() < MOST_BUSY) return true;
    if (performance.now() > deadline) return false;
  }
}
