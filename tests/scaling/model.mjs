// What a message costs, what a connection keeps, and which limit is met first.
//
//     node tests/scaling/model.mjs
//
// CPU for a message that is heard once, in microseconds, is a sum of six:
//
//   handOver   a thread wakes another one, and the kernel switches to it; it and its system call
//   asleep     more, if the core was asleep: one connection alone finds it so each time
//   message    its share of the loops: a header, a place in a queue, a lock, malloc
//   miss       for each tenfold of connections beyond those that the cores' own caches hold: what a visit to a connection
//              finds in no cache, its three stacks and what the kernel knows of its threads and its socket
//   byte       received and sent
//   alone      more for each byte, while one connection has the machine to itself and its threads wait for each other

import { fileURLToPath } from "node:url";
import { fit, fitLine } from "./fit.mjs";
import { readMeasured } from "./measured.mjs";
import { fitted, heldOut } from "./rows.mjs";
import { markdown, number, percent } from "./tables.mjs";

export const KIB = 1024;
export const MIB = KIB * KIB;
export const GIB = KIB * MIB;
const PARAMETERS = ["handOver", "asleep", "message", "miss", "byte", "alone"];
const HAND_OVERS = 3; // of an echo: to the processor, to the writer, and from the kernel to the reader
const HEARTBEATS_PER_SECOND = 0.5;
const kibOf = (text) => Number.parseInt(text, 10); // "1024K"

/** So many connections are in the caches that are a core's own. */
const near = ({ machine, rows }) => (machine.cores * kibOf(machine.caches.l2)) / rows["idle 10000"].residentKib;

/** How often each parameter is in a message. `hearers`: who hears what one says; an echo has one. */
function features({ connections, inFlight, bytes, hearers }, cachedConnections) {
  const each = 1 / (hearers * inFlight);
  const handOvers = (hearers + HAND_OVERS - 1) * each;
  const moved = (hearers + 1) / hearers; // received once and sent to each
  return {
    handOver: handOvers,
    asleep: handOvers / connections,
    message: moved,
    miss: (1 / inFlight) * Math.max(0, Math.log10(connections / cachedConnections)),
    byte: moved * bytes,
    alone: (moved * bytes) / connections,
  };
}

const loadOf = ({ kind, load }) => ({
  connections: load.connections, inFlight: load["in-flight"], bytes: load.bytes,
  hearers: kind === "broadcast" ? load.connections : 1,
});

const isOfMessages = ({ kind }) => kind === "echo" || kind === "broadcast";

/** A heartbeat is told by the writer alone, which wakes by itself, mostly on a core that slept. */
const HEARTBEAT = { inFlight: 1, bytes: 21, hearers: Infinity };
const heartbeatFeatures = (connections, cached) => ({
  handOver: 1, asleep: 1, message: 1, miss: features({ ...HEARTBEAT, hearers: 1, connections }, cached).miss, byte: HEARTBEAT.bytes, alone: 0,
});
const heartbeatMicroseconds = ({ cpuPercent }, connections) => (cpuPercent * 1e4) / (connections * HEARTBEATS_PER_SECOND);

export function makeModel(measured = readMeasured()) {
  const { rows } = measured;
  const cached = near(measured);
  const points = (list) => list.filter((row) => rows[row.name]);
  const asRow = (row) => ({ features: features(loadOf(row), cached), measured: rows[row.name].cpuPerMessage });
  const parameters = fit(points(fitted).filter(isOfMessages).map(asRow), PARAMETERS);
  const sum = (counts) => PARAMETERS.reduce((all, name) => all + parameters[name] * counts[name], 0);
  const idle = points(fitted).filter(({ kind }) => kind === "idle");
  const memory = (figure) => fitLine(idle.map(({ name, load }) => ({ x: load.connections, y: rows[name][figure] * load.connections })));
  const resident = memory("residentKib");
  const system = memory("systemKib");
  return {
    parameters, cached, measured,
    /** CPU microseconds of a message that is heard once. */
    message: (load) => sum(features({ hearers: 1, inFlight: 1, ...load }, cached)),
    /** The same while there is so little to do that every hand-over finds a core that sleeps. */
    lone: (load) => {
      const counts = features({ hearers: 1, inFlight: 1, ...load }, cached);
      return sum({ ...counts, asleep: counts.handOver });
    },
    heartbeat: (connections) => sum(heartbeatFeatures(connections, cached)),
    /** CPU microseconds from the connect to the end of a connection that has one echo. */
    connection: rows["churn 16"].cpuPerMessage,
    residentKib: (connections) => resident.base / connections + resident.each,
    systemKib: (connections) => system.base / connections + system.each,
  };
}

/** What the model says of a row beside what was measured: { name, what, measured, predicted, error, isFitted }. */
function judgedRow(model, row) {
  const { name, kind, load } = row;
  const seen = model.measured.rows[name];
  const isFitted = fitted.includes(row);
  const compare = (what, measured, predicted) => ({ name, what, measured, predicted, error: predicted / measured - 1, isFitted });
  if (isOfMessages(row)) return [compare("CPU, µs a message", seen.cpuPerMessage, model.message(loadOf(row)))];
  if (kind !== "idle") return []; // what a connection costs is taken as it was measured
  return [
    compare("KiB resident", seen.residentKib, model.residentKib(load.connections)),
    compare("KiB of the system", seen.systemKib, model.systemKib(load.connections)),
    // No row of heartbeats is fitted: they are of the same parameters.
    { ...compare("CPU, µs a heartbeat", heartbeatMicroseconds(seen, load.connections), model.heartbeat(load.connections)), isFitted: false },
  ];
}

/** All of that, of what was fitted or of what was held out. */
export const judged = (model, isFitted) => [...fitted, ...heldOut].filter(({ name }) => model.measured.rows[name])
  .flatMap((row) => judgedRow(model, row)).filter((line) => line.isFitted === isFitted);

/** The median and the largest of the errors, without their signs. */
export function errors(lines) {
  const sorted = lines.map(({ error }) => Math.abs(error)).sort((a, b) => a - b);
  return { median: sorted[sorted.length >> 1], most: sorted.at(-1) };
}

const table = (lines) => markdown(["row", "figure", "measured", "predicted", "error"],
  lines.map(({ name, what, measured, predicted, error }) => [name, what, number(measured), number(predicted), percent(error)]));

const UNITS = {
  handOver: "µs a hand-over", asleep: "µs more a hand-over to a core that slept", message: "µs a message received or sent",
  miss: "µs a visit, for each tenfold of connections", byte: "ns a byte received or sent", alone: "ns more a byte, alone",
};
const PER_BYTE = ["byte", "alone"];

export function parameterTable(model) {
  return markdown(["parameter", "fitted", "unit"], PARAMETERS.map((name) =>
    [name, number(model.parameters[name] * (PER_BYTE.includes(name) ? 1000 : 1)), UNITS[name]]));
}

export const fittedTable = (model) => table(judged(model, true));
export const heldOutTable = (model) => table(judged(model, false));
export function errorLine(model) {
  const [seen, unseen] = [true, false].map((isFitted) => errors(judged(model, isFitted)));
  return `Of the fitted figures half are within ${percent(seen.median).slice(1)} and all within ${percent(seen.most).slice(1)}; ` +
    `of those held out half are within ${percent(unseen.median).slice(1)} and all within ${percent(unseen.most).slice(1)}.`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const model = makeModel();
  console.log([parameterTable(model), "fitted:", fittedTable(model), "held out:", heldOutTable(model), errorLine(model)].join("\n\n"));
}
