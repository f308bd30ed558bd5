// What is measured, and what triloop is expected to reach.

import { readFileSync } from "node:fs";

const KIB = 1024;
const MIB = KIB * KIB;
const MOST_BYTES_IN_FLIGHT = 1024 * MIB;
const HEARTBEAT_SECONDS = 2;
const OTHER_LOAD = { "by-message": true };
const everyone = ["triloop", "original", "beast", "websocketpp", "uwebsockets", "floor"];
const withHandshake = everyone.filter((name) => name !== "floor");
// What an older build may not have.
const UNLIKE_OLDER = ["broadcast", "tls"];
const SCRIPTS = ["chinese", "russian", "emoji"];

const sized = (bytes) =>
  bytes >= MIB ? `${bytes / MIB} MiB` : bytes >= KIB ? `${bytes / KIB} KiB` : `${bytes} B`;

function echo(connections, inFlight, bytes, { text = false, mode = "echo", name = "", servers = everyone, more = {} } = {}) {
  return {
    name: name || `${connections}x${inFlight} ${sized(bytes)}${text ? " text" : ""}`,
    kind: mode,
    servers: text && servers === everyone ? withHandshake : servers,
    load: { mode, connections, "in-flight": inFlight, bytes, ...(text && { text }), ...more },
  };
}

/** Text in a script of which a character is several bytes, beside the same load in ASCII. */
const script = (connections, inFlight, bytes, payload, servers) =>
  echo(connections, inFlight, bytes,
    { text: true, name: `${connections}x${inFlight} ${sized(bytes)} ${payload}`, servers: ["triloop", "ascii", ...servers], more: { payload } });

/** What an application's messages look like, plain and compressed. */
const json = (name, more) => echo(64, 4, KIB, {
  text: true, name, servers: [...withHandshake, "node", "python"], more: { payload: "json", ...more } });

/** A room in which one speaks and all hear; figures are of deliveries. */
function room(members, bytes, more = {}) {
  return {
    name: `room of ${members}, ${sized(bytes)}${more.compress ? " deflate" : ""}`,
    kind: "broadcast",
    servers: ["triloop", "original", "uwebsockets", "python"],
    load: { mode: "broadcast", connections: members, "in-flight": 16, bytes, ...more },
  };
}

function idle(connections, servers, { name = `idle ${connections}`, more = {}, options } = {}) {
  const load = { mode: "idle", connections, "in-flight": 1, bytes: 64, warmup: 1, ...more };
  // Whole heartbeats only, or the share of the CPU would depend on where the window begins.
  return { name, kind: "idle", servers, load, leastSeconds: 2 * HEARTBEAT_SECONDS, options };
}

/** The same with a load generator that goes about it differently; see docs/performance.md. */
const otherLoad = (row) => ({
  ...row,
  name: `${row.name}, other load`,
  servers: row.servers.filter((name) => withHandshake.includes(name)),
  load: { ...row.load, ...OTHER_LOAD },
});

/** Through TLS: a server that speaks it, proxies that do so before one that does not, and nobody who does. */
const tls = (connections, inFlight, bytes) => ({
  ...echo(connections, inFlight, bytes, {
    name: `${connections}x${inFlight} ${sized(bytes)} TLS`, servers: ["triloop", "haproxy", "nginx", "plain"], more: { tls: true } }),
  kind: "tls",
});

const large = {
  // Until each connection has as many buffers as it will ever need.
  ...echo(8, 4, 16 * MIB, { more: { warmup: 3 } }),
  leastSeconds: 2,
  // triloop's limits, in bytes: of a message, and of what a connection keeps of them for later.
  options: { "max-message": 64 * MIB, "keep-buffers": 128 * MIB },
};

const common = [
  echo(64, 16, 64),
  echo(64, 16, KIB),
  echo(64, 1, 64),
  echo(1, 1, 64),
  echo(1000, 4, 256),
  echo(1000, 16, 64),
  echo(8, 4, 64 * KIB),
  echo(8, 4, 64 * KIB, { text: true }),
  otherLoad(echo(8, 4, 64 * KIB)),
  otherLoad(echo(8, 4, 64 * KIB, { text: true })),
  echo(1, 1, MIB),
  echo(64, 1, MIB),
  echo(1, 16, MIB),
  large,
  ...SCRIPTS.map((payload) => script(8, 4, 64 * KIB, payload, ["beast", "uwebsockets"])),
  ...SCRIPTS.map((payload) => script(64, 16, 64, payload, ["beast", "uwebsockets"])),
  json("64x4 1 KiB JSON", {}),
  json("64x4 1 KiB JSON deflate", { compress: true }),
  ...[100, 1000].flatMap((members) => [room(members, 64), room(members, KIB),
    room(members, KIB, { compress: true, text: true, payload: "json" })]),
  { name: "churn 16", kind: "churn", servers: withHandshake, load: { mode: "churn", connections: 16, "in-flight": 1, bytes: 64 } },
  idle(1000, withHandshake),
  idle(1000, [...withHandshake, "node"], {
    name: "idle 1000 deflate",
    more: { compress: true, "first-echo": true, text: true, payload: "json", bytes: KIB },
    options: { "compress-window": 10, "compress-level": 1 },
  }),
  idle(9000, ["triloop", "original"]),
  idle(10_000, ["triloop", "original"]),
  echo(64, 1, 64, { mode: "stalled", name: "stalled 64x1 64 B", servers: withHandshake }),
  echo(16, 1, 64, { mode: "flood", name: "flood 16x1 64 B", servers: withHandshake }),
  tls(64, 16, 64),
  tls(64, 1, 64),
  tls(8, 4, 64 * KIB),
];
/** Rows of a table of its own, which may be measured alone. */
export const isTls = ({ kind }) => kind === "tls";
// More would make the plots too long to be read.
const plotted = ["64x16 64 B", "64x1 64 B", "1x1 64 B", "1000x4 256 B", "8x4 64 KiB", "8x4 64 KiB text", "64x1 1 MiB",
  "64x4 1 KiB JSON deflate", "churn 16", "stalled 64x1 64 B", "flood 16x1 64 B", "idle 1000", "idle 9000", "idle 10000"];

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

/** Every row there is. */
export function allRows() {
  const all = [...common];
  for (const row of further()) {
    if (!all.some(({ name }) => name === row.name)) all.push(row);
  }
  return all.map((row) => ({ ...row, isPlotted: plotted.includes(row.name) }));
}

/** The rows of a run; `names` picks among all of them, `only` too. `absent`: servers that this run does without; `baseline`: there is an older build. */
export function rowsOf({ full, names, only = () => true, absent = [], baseline = false }) {
  const all = allRows();
  for (const name of names ?? []) {
    if (!all.some((row) => row.name === name)) {
      throw new Error(`there is no row '${name}'; there are: ${all.map((row) => row.name).join(", ")}`);
    }
  }
  const isWanted = ({ name }) => (names ? names.includes(name) : full || common.some((row) => row.name === name));
  return all.filter(isWanted).filter(only).map((row) => ({
    ...row,
    servers: row.servers.filter((name) => !absent.includes(name))
      .flatMap((name) => (baseline && name === "triloop" && !UNLIKE_OLDER.includes(row.kind) ? ["triloop", "baseline"] : [name])),
  }));
}

/** Rows of which the profile says what stands in the way, and one of which the memory is looked into. */
export const profiled = ["64x16 64 B", "64x16 1 KiB", "64x1 64 B", "1x1 64 B", "1000x4 256 B", "1000x16 64 B", "8x4 64 KiB",
  "8x4 64 KiB chinese", "1x1 1 MiB", "64x1 1 MiB", "1x16 1 MiB", "8x4 16 MiB", "64x4 1 KiB JSON deflate", "churn 16", "idle 9000"];
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
  p50: (run) => run.latency_us?.p50,
  p99: (run) => run.latency_us?.p99,
  cpuPerMessage: (run) => run.server?.cpu_us_per_message ?? run.server?.cpu_us_per_connection,
  switchesPerMessage: (run) => run.server?.context_switches_per_message,
  faultsPerMessage: (run) => run.server?.page_faults_per_message ?? run.server?.page_faults_per_connection,
  cpuPercent: (run) => run.server?.cpu_percent,
  residentKib: (run) => run.server?.resident_bytes_per_connection / KIB,
  systemKib: (run) => run.system_bytes_per_connection / KIB,
  answeredSeconds: (run) => run.all_answered_in_seconds,
};

const rate = (row, peer, least, what = "messages/s") => ({ row, what, figure: "rate", peer, least });
const cpu = (row, peer, most) => ({ row, what: "CPU per message", figure: "cpuPerMessage", peer, most });
const isGrid = ({ kind, load }) => kind === "echo" && !load.compress;

/**
 * What triloop is to reach: its figure over the peer's, or as it is where there is no peer. `memory`: not of the rounds,
 * but of the look at where memory is.
 */
export const targets = [
  ...["1x1 1 MiB", "64x1 1 MiB", "1x16 1 MiB", "8x4 16 MiB"].flatMap((row) => [
    cpu(row, "uwebsockets", row === "8x4 16 MiB" ? 2 : 1.5),
    rate(row, "beast", 2.5),
    rate(row, "original", 3),
    rate(row, "floor", 0.9),
  ]),
  ...["8x4 64 KiB", "8x4 64 KiB text"].flatMap((row) => [cpu(row, "uwebsockets", 1.5), rate(row, "beast", 1.2)]),
  ...["8x4 64 KiB", "64x16 64 B"].flatMap((row) => SCRIPTS.map((payload) => cpu(`${row} ${payload}`, "ascii", 1.1))),
  ...["64x16 64 B", "64x16 1 KiB", "1000x16 64 B"].map((row) => rate(row, "floor", 0.92)),
  ...["64x1 64 B", "1x1 64 B"].map((row) => rate(row, "floor", 0.95)),
  ...["original", "websocketpp", "node"].map((peer) => rate("64x4 1 KiB JSON deflate", peer, 1)),
  { row: "idle 1000 deflate", what: "KiB resident per connection", figure: "residentKib", most: 80 },
  { row: "idle 9000", what: "KiB resident per connection", figure: "residentKib", most: 32 },
  { row: dissected, what: "KiB of malloc per connection", memory: "malloc", most: 5 },
  { row: dissected, what: "KiB of thread stacks per connection", memory: "thread stacks", most: 24.5 },
  ...["original", "beast"].map((peer) => rate("churn 16", peer, 1.3, "connections/s")),
  { row: "idle 9000", what: "CPU with heartbeats", figure: "cpuPercent", peer: "original", most: 1.1 },
  ...allRows().filter(({ kind }) => kind === "broadcast").flatMap(({ name }) =>
    [cpu(name, "original", 0.5), rate(name, "original", 1, "deliveries/s"), rate(name, "python", 1, "deliveries/s")]),
  ...allRows().filter(isTls).flatMap(({ name }) =>
    ["haproxy", "nginx"].flatMap((peer) => [rate(name, peer, 1), cpu(name, peer, 1)])),
  ...allRows().filter(isGrid).map(({ name }) =>
    ({ row: name, what: "page faults per message", figure: "faultsPerMessage", most: 0.05, ofMany: true })),
];

/** What no row may be worse in than an older build by more than 3 %: of each kind of row. */
export const regressions = {
  idle: [{ figure: "residentKib", what: "KiB resident", most: 1 / 0.97 }, { figure: "cpuPercent", what: "CPU", most: 1 / 0.97 }],
  rest: [{ figure: "rate", what: "rate", least: 0.97 }, { figure: "cpuPerMessage", what: "CPU per message", most: 1 / 0.97 }],
};
