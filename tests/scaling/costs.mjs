// What the chat on many nodes costs beyond the model of one server, in CPU microseconds, from what was measured of real nodes and engines.

import { fit } from "./fit.mjs";
import { KIB } from "./model.mjs";

const LONE_RATE = 1000; // lines a second
const LEAST_RATE = 100; // which was measured

/**
 * CPU microseconds of a node for a line of somebody else's room, taken from the engine, looked at, and forgotten: less at a higher
 * rate, where several share a wake-up. The same is taken for a name of another node.
 */
export function foreignModel({ foreign }) {
  const features = (rate) => ({ line: 1, lone: LONE_RATE / Math.max(rate, LEAST_RATE) });
  const { line, lone } = fit(Object.values(foreign).map(({ rate, cpuPerLine }) => ({ features: features(rate), measured: cpuPerLine })), ["line", "lone"]);
  return { line, lone, at: (rate) => line + lone * features(rate).lone };
}

/**
 * What the chat does beyond an echo, in CPU microseconds: for a line (it is read and made as JSON, published, followed), and for each who
 * hears it. From the two rows of one real node, with few hearers and with many, as what the model lacks there.
 */
export function chatModel(model) {
  const lacks = Object.values(model.measured.nodes).filter(({ nodes }) => nodes === 1).map(({ members, rooms, bytes, nodesCpu }) => {
    const hearers = members / rooms;
    const told = hearers * model.lone({ connections: members, bytes, hearers }) + model.lone({ connections: members, bytes });
    return { hearers, more: nodesCpu - told };
  });
  const [few, many] = lacks.sort((a, b) => a.hearers - b.hearers);
  const hearer = Math.max(0, (many.more - few.more) / (many.hearers - few.hearers));
  return { hearer, line: few.more - hearer * few.hearers };
}

// At 1000 lines a second each finds nothing to share a write with.
const featuresOfLine = ({ followers, bytes, rate }) => ({
  line: 1, loneLine: LONE_RATE / rate, follower: followers, loneFollower: (followers * LONE_RATE) / rate, kib: bytes / KIB,
});

/** CPU microseconds of all engines for a line, fitted as those of the server are: less at a higher rate, where lines share writes. */
export function engineModel({ engineRows }) {
  const rows = Object.values(engineRows);
  const names = Object.keys(featuresOfLine(rows[0]));
  const parameters = fit(rows.map((row) => ({ features: featuresOfLine(row), measured: row.cpuPerLine })), names);
  const line = (load) => {
    const features = featuresOfLine({ ...load, rate: Math.max(load.rate, LONE_RATE) });
    return names.reduce((sum, name) => sum + parameters[name] * features[name], 0);
  };
  return { parameters, line, errors: rows.map((row) => line(row) / row.cpuPerLine - 1) };
}

/** What a member that comes costs, in CPU microseconds, its goodbye not counted: with the most nodes that were measured. */
export function joinModel({ joins }) {
  const { nodesCpu, enginesCpu } = Object.values(joins).at(-1);
  return { nodes: nodesCpu, engines: enginesCpu };
}
