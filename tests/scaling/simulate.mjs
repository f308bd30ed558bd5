// Reckons and simulates many machines: the same tables for the same seed.
//
//     node tests/scaling/simulate.mjs [--seed 1]

import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import { DESIGNS, MACHINE, PEOPLE, bySize, drawRooms, fullestCell, joinsPerSecond, plan } from "./cluster.mjs";
import { chatModel, joinModel } from "./costs.mjs";
import { makeModel } from "./model.mjs";
import { WAITS, storm } from "./storm.mjs";
import { markdown, number, percent } from "./tables.mjs";

export const SCALES = [1e5, 1e6, 1e8];
export const SEED = 1;
const STEP = 1e5;
const RACKS = 3; // one of which may go: the others have room for its connections
const LEFT = [10, 50]; // nodes: of 10^5 connections, and of a cell
const NODE = { maxHandshakes: 256, backlog: 4096 };
const PATIENCE_SECONDS = 10;
const FOREVER_SECONDS = 600;
const MOST_AT_ONCE = 64; // lines that are told together, if they have come together

const scale = (connections) => `10^${Math.log10(connections)}`;
const share = (value) => percent(value).replace("+", "");

/** What each design needs, for each number of connections. */
export function plans(model, seed = SEED) {
  return SCALES.flatMap((connections) => {
    const sizes = drawRooms(connections, seed);
    const rooms = bySize(sizes);
    return Object.keys(DESIGNS).map((design) => {
      const found = plan({ model, connections, design, seed, rooms });
      return { connections, design, ...found, fullest: found.cells > 1 ? fullestCell(sizes, found.cells, seed) : 1 };
    });
  });
}

export function planTable(found) {
  const header = ["connections", "design", "nodes", "with a rack to spare", "engines", "streams", "cores in use, nodes + engines", "GiB in use",
    "to have, with the spare: cores, GiB", "lines and names/s a node is sent", "its CPU for those of others"];
  return markdown(header, found.map((one) => {
    const first = [scale(one.connections), one.design];
    if (!one.isPossible) return [...first, `none carries it: ${one.limits.join(", ")}`, ...header.slice(first.length + 1).map(() => "")];
    const spared = Math.ceil((one.nodes * RACKS) / (RACKS - 1));
    const all = spared + one.engines;
    return [...first, number(one.nodes), number(spared), number(one.engines), number(one.streams),
      `${number(one.nodes * one.nodeCores)} + ${number(one.engineCores)}`, number(one.nodes * one.nodeGib),
      `${number(all * MACHINE.cores)}, ${number(all * MACHINE.gib)}`, number(one.followed), share(one.foreignShare)];
  }));
}

export function cellLine(found) {
  const { cells, fullest } = found.at(-1);
  return `Of ${number(cells)} cells the fullest has ${number(fullest)} times the mean: rooms are put there by a hash of their names, ` +
    "and a large room is there whole.";
}

/** As it is: the most hundred thousands of connections, all fewer of which it carries, too. */
export function mostLine(model, seed = SEED) {
  let connections = STEP;
  const carries = (count) => plan({ model, connections: count, design: "as it is", seed }).isPossible;
  while (connections < SCALES.at(-1) && carries(connections + STEP)) connections += STEP;
  const { limits } = plan({ model, connections: connections + STEP, design: "as it is", seed });
  return `As it is, one engine cluster carries ${connections.toLocaleString("en-US")} connections; ${STEP.toLocaleString("en-US")} more are too many for: ${limits.join(", ")}.`;
}

/** One line in a large room that is spread over so many nodes, all who are in it talking, and all of a rack coming again. */
export function roomTable(model) {
  const telling = (members, nodes, inFlight) => (members / 1e6) * (chatModel(model).hearer / inFlight +
    model.message({ connections: MACHINE.mostConnections, bytes: PEOPLE.lineBytes, hearers: members / nodes, inFlight }));
  const lines = [[100, 10], [1000, 10], [10_000, 10], [10_000, 100], [100_000, 100]].map(([members, nodes]) => {
    const one = telling(members, nodes, 1);
    const spoken = members * PEOPLE.linesPerSecond;
    const joins = members / RACKS;
    return [members, nodes, one * 1000, (1000 * one) / nodes / MACHINE.cores, (nodes * MACHINE.cores * MACHINE.busyShare) / one, spoken, spoken * one,
      joins * telling((members * (RACKS - 1)) / RACKS, nodes, MOST_AT_ONCE)].map(number);
  });
  return markdown(["members", "nodes", "a line: CPU, ms", "until the last is told, ms", "lines/s at half of all cores", "all talk: lines/s",
    "all talk: cores", "a rack comes again: CPU s to tell who joins"], lines);
}

/** The storm at one of the nodes that are left, by how clients wait, and by how many joins may wait for the engine. */
export function storms(model, seed = SEED) {
  const before = Math.floor((MACHINE.mostConnections * (RACKS - 1)) / RACKS);
  const wanted = Math.floor(before / (RACKS - 1));
  const cases = LEFT.flatMap((left) => Object.keys(WAITS).flatMap((waits) => [false, true].map((isLimited) => ({ left, waits, isLimited }))));
  return cases.map(({ left, waits, isLimited }) => {
    const share = joinsPerSecond(model.measured) / left;
    const spread = Math.ceil((1.5 * wanted) / share);
    const mostJoining = isLimited ? Math.round((share * PATIENCE_SECONDS) / 2) : Infinity;
    const node = { ...NODE, freeCores: MACHINE.cores * MACHINE.busyShare, connectionMicroseconds: joinModel(model.measured).nodes, room: wanted, joinsPerSecond: share, mostJoining };
    const seen = storm({ node, client: { patienceSeconds: PATIENCE_SECONDS, waits, spread }, wanted, seed, mostSeconds: FOREVER_SECONDS });
    return { left, waits: waits.replace("spread", `within ${spread} s`), wanted, joinsPerSecond: share, mostJoining, ...seen };
  });
}

export function stormTable(model, seed) {
  const seconds = (time) => (Number.isFinite(time) ? number(time) : `not in ${FOREVER_SECONDS}`);
  const header = ["nodes left", "joins/s of each", "clients wait", "joins that may wait", "half are back, s", "99 %, s", "all, s", "tries of each", "in vain"];
  return markdown(header, storms(model, seed).map((one) => [number(one.left), number(one.joinsPerSecond), one.waits,
    Number.isFinite(one.mostJoining) ? number(one.mostJoining) : "any", seconds(one.half), seconds(one.nearlyAll), seconds(one.all),
    number(one.triesEach), share(one.inVainShare)]));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { seed: { type: "string", default: String(SEED) } } });
  const model = makeModel();
  const seed = Number(values.seed);
  const found = plans(model, seed);
  console.log([planTable(found), mostLine(model, seed), cellLine(found), roomTable(model), stormTable(model, seed)].join("\n\n"));
}
