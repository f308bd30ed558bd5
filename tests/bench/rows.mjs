// What is measured, and what triloop is expected to reach.

import { readFileSync } from "node:fs";

const KIB = 1024;
const MIB = KIB * KIB;
const MOST_BYTES_IN_FLIGHT = 1024 * MIB;
const HEARTBEAT_SECONDS = 2;
const everyone = ["triloop", "original", "beast", "websocketpp", "floor"];
const withHandshake = everyone.filter((name) => name !== "floor");

const sized = (bytes) =>
  bytes >= MIB ? `${bytes / MIB} MiB` : bytes >= KIB ? `${bytes / KIB} KiB` : `${bytes} B`;

function echo(connections, inFlight, bytes, { text = false, mode = "echo", name = "", servers = everyone } = {}) {
  return {
    name: name || `${connections}x${inFlight} ${sized(bytes)}${text ? " text" : ""}`,
    kind: mode,
    servers: text ? withHandshake : servers,
    load: { mode, connections, "in-flight": inFlight, bytes, ...(text && { text }) },
  };
}

function idle(connections, servers) {
  const load = { mode: "idle", connections, "in-flight": 1, bytes: 64, warmup: 1 };
  // Whole heartbeats only, or the share of the CPU would depend on where the window begins.
  return { name: `idle ${connections}`, kind: "idle", servers, load, leastSeconds: 2 * HEARTBEAT_SECONDS };
}

const common = [
  echo(64, 16, 64),
  echo(64, 1, 64),
  echo(1, 1, 64),
  echo(1000, 4, 256),
  echo(8, 4, 64 * KIB),
  echo(8, 4, 64 * KIB, { text: true }),
  { name: "churn 16", kind: "churn", servers: withHandshake, load: { mode: "churn", connections: 16, "in-flight": 1, bytes: 64 } },
  idle(1000, withHandshake),
  idle(9000, ["triloop", "original"]),
  idle(10_000, ["triloop", "original"]),
  echo(64, 1, 64, { mode: "stalled", name: "stalled 64x1 64 B", servers: withHandshake }),
  echo(16, 1, 64, { mode: "flood", name: "flood 16x1 64 B", servers: withHandshake }),
];

function further() {
  const grid = [];
  for (const connections of [1, 64, 1000]) {
    for (const inFlight of [1, 16]) {
      for (const bytes of [64, KIB, 64 * KIB, MIB]) {
        if (connections * inFlight * bytes <= MOST_BYTES_IN_FLIGHT) grid.push(echo(connections, inFlight, bytes));
      }
    }
  }
  grid.push(echo(64, 16, 64, { text: true }), echo(64, 16, 64 * KIB, { text: true }));
  return grid;
}

/** The rows of a run; `names` picks among all of them. */
export function rowsOf({ full, names }) {
  // The grid would make the plots too long to be read.
  const isPlotted = (row) => common.includes(row);
  const all = [...common];
  for (const row of further()) {
    if (!all.some(({ name }) => name === row.name)) all.push(row);
  }
  all.forEach((row) => { row.isPlotted = isPlotted(row); });
  for (const name of names ?? []) {
    if (!all.some((row) => row.name === name)) {
      throw new Error(`there is no row '${name}'; there are: ${all.map((row) => row.name).join(", ")}`);
    }
  }
  if (names) return all.filter((row) => names.includes(row.name));
  return full ? all : common;
}

/** Rows of which the profile says what stands in the way, and one of which the memory is looked into. */
export const profiled = ["64x16 64 B", "64x1 64 B", "1x1 64 B", "1000x4 256 B", "churn 16", "idle 9000"];
export const dissected = "idle 9000";

const number = (path) => Number(readFileSync(path, "utf8"));

/** Why this machine cannot run the row; undefined if it can. */
export function obstacle(row) {
  const threads = 3 * row.load.connections;
  const spare = 500; // what else runs
  // Each thread's stack is two mappings, itself and its guard.
  const limits = { "kernel/threads-max": threads, "kernel/pid_max": threads, "vm/max_map_count": 2 * threads };
  for (const [name, needed] of Object.entries(limits)) {
    const limit = number(`/proc/sys/${name}`);
    if (limit < needed + spare) return `${name.replace("/", ".")} is ${limit}, ${needed + spare} are needed`;
  }
  return undefined;
}

export const figures = {
  rate: (run) => run.messages_per_second ?? run.connections_per_second,
  p50: (run) => run.latency_us.p50,
  p99: (run) => run.latency_us.p99,
  cpuPerMessage: (run) => run.server.cpu_us_per_message ?? run.server.cpu_us_per_connection,
  switchesPerMessage: (run) => run.server.context_switches_per_message,
  cpuPercent: (run) => run.server.cpu_percent,
  residentKib: (run) => run.server.resident_bytes_per_connection / KIB,
  systemKib: (run) => run.system_bytes_per_connection / KIB,
  answeredSeconds: (run) => run.all_answered_in_seconds,
};

const ratio = (row, what, figure, peer, bound) => ({ row, what, figure, peer, ...bound });

/** Ratios are triloop's figure over the peer's, or the other way round where `inverse` says so. */
export const targets = [
  ratio("64x16 64 B", "messages/s", "rate", "original", { least: 6 }),
  ratio("64x16 64 B", "messages/s", "rate", "beast", { least: 4 }),
  ratio("64x16 64 B", "messages/s", "rate", "websocketpp", { least: 2 }),
  ratio("64x16 64 B", "CPU per message", "cpuPerMessage", "original", { most: 0.25 }),
  ratio("64x1 64 B", "messages/s", "rate", "original", { least: 1.2 }),
  ratio("64x1 64 B", "messages/s", "rate", "floor", { least: 0.95 }),
  ratio("1x1 64 B", "median latency, times better", "p50", "original", { least: 1.2, inverse: true }),
  ratio("1000x4 256 B", "messages/s", "rate", "original", { least: 2 }),
  ratio("1000x4 256 B", "messages/s", "rate", "beast", { least: 2 }),
  ratio("8x4 64 KiB", "bytes/s", "rate", "original", { least: 4 }),
  ratio("8x4 64 KiB text", "bytes/s", "rate", "original", { least: 2.5 }),
  ratio("churn 16", "connections/s", "rate", "original", { least: 1.5 }),
  ratio("idle 9000", "CPU with heartbeats", "cpuPercent", "original", { most: 0.5 }),
  { row: "idle 10000", what: "s until all answered", figure: "answeredSeconds", most: 5 },
  { row: "idle 10000", what: "KiB resident per connection", figure: "residentKib", most: 20 },
  { row: "idle 10000", what: "KiB of the system's memory per connection", figure: "systemKib", most: 130 },
];
