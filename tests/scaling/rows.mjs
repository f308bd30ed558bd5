// What is measured: the corners of the grid of connections, messages in flight, bytes and members of a room, and between
// them rows that the fit does not see.

const KIB = 1024;
const MIB = KIB * KIB;

const sized = (bytes) => (bytes >= MIB ? `${bytes / MIB} MiB` : bytes >= KIB ? `${bytes / KIB} KiB` : `${bytes} B`);
const shortestSeconds = (connections) => (connections >= 4000 ? 3 : 1);

function echo(connections, inFlight, bytes) {
  const load = { mode: "echo", connections, "in-flight": inFlight, bytes, warmup: connections >= 4000 ? 2 : 0.5 };
  return { name: `${connections}x${inFlight} ${sized(bytes)}`, kind: "echo", load, seconds: shortestSeconds(connections) };
}

/** One speaks, with so many lines in flight, and all hear it; figures are of deliveries. */
function room(members, inFlight, bytes) {
  const load = { mode: "broadcast", connections: members, "in-flight": inFlight, bytes };
  return { name: `room of ${members}, ${inFlight} in flight, ${sized(bytes)}`, kind: "broadcast", load, seconds: 1 };
}

/** Each with a heartbeat every two seconds, and whole heartbeats only. */
const idle = (connections) => ({
  name: `idle ${connections}`, kind: "idle", seconds: 6,
  load: { mode: "idle", connections, "in-flight": 1, bytes: 64, warmup: 2 },
});

const churn = (connections) => ({
  name: `churn ${connections}`, kind: "churn", seconds: 2, load: { mode: "churn", connections, "in-flight": 1, bytes: 64 },
});

/** What the model is fitted to. */
export const fitted = [
  echo(1, 1, 64),
  echo(64, 1, 64),
  echo(64, 64, 64),
  echo(1000, 16, 64),
  echo(10_000, 1, 64),
  echo(8, 4, 64 * KIB),
  echo(1, 1, MIB),
  echo(64, 1, MIB),
  room(10, 1, 64),
  room(100, 16, 64),
  room(1000, 1, 64),
  room(1000, 64, 64),
  idle(1000),
  idle(10_000),
  churn(16),
];

/** What it is to predict. */
export const heldOut = [
  echo(1, 16, 64),
  echo(64, 16, KIB),
  echo(256, 4, 4 * KIB),
  echo(1000, 4, 256),
  echo(4000, 1, 64),
  echo(64, 1, 64 * KIB),
  echo(1, 16, MIB),
  room(100, 1, 64),
  room(300, 4, 256),
  room(1000, 16, KIB),
  idle(4000),
];

export const allRows = [...fitted.map((row) => ({ ...row, part: "fit" })), ...heldOut.map((row) => ({ ...row, part: "held out" }))];

/** Where uWebSockets stands beside. */
export const anchored = ["64x1 64 B", "10000x1 64 B", "room of 100, 16 in flight, 64 B", "room of 1000, 64 in flight, 64 B", "idle 10000"];
