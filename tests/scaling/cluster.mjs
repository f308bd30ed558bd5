// How many machines so many connections need, with the rooms of a seeded draw, for each of four ways to spread rooms and
// lines over nodes.

import { chatModel, engineModel, foreignModel, joinModel } from "./costs.mjs";
import { GIB, KIB } from "./model.mjs";
import { seeded } from "./random.mjs";

/** What is assumed of those who talk. A room is a Pareto draw, as rooms are: most are small, and most people are in large ones. */
export const PEOPLE = {
  roomLeast: 2, roomMost: 100_000, roomMostShare: 0.01, roomExponent: 1.2,
  linesPerSecond: 0.01, // of each member
  mostRoomLines: 10, // a room in which more is said is slowed down: nobody reads more
  lineBytes: 200,
  sessionSeconds: 1800,
};

/** The machines: each has as many connections as --max-connections allows by default, which were measured. */
export const MACHINE = { cores: 4, gib: 8, busyShare: 0.5, memoryShare: 0.75, mostConnections: 10_000 };

const NAME_BYTES = 200; // assumed: a name, its room, its token's digest and what a hash table needs
const LEASE_SECONDS = 2;
const PING_SECONDS = 20;
const MICROSECONDS = 1e6;
const ENGINES = 3; // in a cluster, as many as there are replicas
const ENGINE_SHARE = 0.5; // of what one stream takes at most; the rest is for the loss of a leader
const MOST_TIMES = 16; // as many nodes as the connections need
const CELL_NODES = 50;

/** So many may come in a second while half of the engines' CPU is free for them. */
export const joinsPerSecond = (measured, machine = MACHINE) =>
  (ENGINES * machine.cores * (1 - machine.busyShare) * MICROSECONDS) / joinModel(measured).engines;

/** Sizes of rooms until all have one; the same for the same seed. */
export function drawRooms(connections, seed, people = PEOPLE) {
  const random = seeded(seed);
  const { roomLeast, roomMost, roomMostShare, roomExponent } = people;
  const most = Math.max(roomLeast, Math.min(roomMost, roomMostShare * connections));
  const tail = (roomLeast / most) ** roomExponent;
  const sizes = [];
  for (let left = connections; left > 0;) {
    const size = Math.min(left, Math.floor(roomLeast / (1 - random() * (1 - tail)) ** (1 / roomExponent)));
    sizes.push(size);
    left -= size;
  }
  return sizes;
}

const linesOf = (size, people) => Math.min(size * people.linesPerSecond, people.mostRoomLines);

/** So many rooms of each size: what is reckoned for one is reckoned for all. */
export function bySize(sizes) {
  const counts = new Map();
  for (const size of sizes) counts.set(size, (counts.get(size) ?? 0) + 1);
  return counts;
}

/** On so many of the nodes a room has somebody, if its members are anywhere. */
export const nodesOf = (size, nodes) => (nodes === 1 ? 1 : nodes * -Math.expm1(size * Math.log1p(-1 / nodes)));

/**
 * What all of the rooms are on `nodes` nodes with `each` connections: lines a second, visits (a line on a node where somebody
 * hears it), the CPU microseconds of telling all members, a second, and how many members share a room with somebody of a node.
 */
export function loadOf(model, rooms, nodes, each, people = PEOPLE) {
  const chat = chatModel(model);
  const load = { lines: 0, visits: 0, deliveries: 0, telling: 0, known: 0 };
  for (const [size, count] of rooms) {
    const lines = linesOf(size, people) * count;
    const there = nodesOf(size, nodes);
    load.lines += lines;
    load.visits += lines * there;
    load.deliveries += lines * size;
    load.telling += lines * size * (chat.hearer + model.message({ connections: each, bytes: people.lineBytes, hearers: size / there }));
    load.known += (count * size * there) / nodes;
  }
  return load;
}

/** The fullest of so many cells, relative to the mean, when rooms are put in them by a hash of their names. */
export function fullestCell(sizes, cells, seed) {
  const random = seeded(seed + 1); // not what the sizes were drawn with
  const members = new Float64Array(cells);
  for (const size of sizes) members[Math.floor(random() * cells)] += size;
  return (Math.max(...members) * cells) / members.reduce((a, b) => a + b, 0);
}

/**
 * How rooms and lines are spread. `followed`: whose lines and names a node is sent, everybody's or those of rooms that it has
 * somebody in; `sharded`: whether streams and buckets are many, by a hash of the room; `cell`: nodes that have their own
 * engine and their own rooms.
 */
export const DESIGNS = {
  "as it is": { followed: "all" },
  "many streams, all followed": { followed: "all", sharded: true },
  "many streams, followed by room": { followed: "own", sharded: true },
  "cells of 50 nodes": { followed: "all", cell: CELL_NODES },
};

/** What is said, heard and followed in a second, in a cell of `mates` nodes of a system of `nodes`. */
function talkOf({ model, rooms, connections, design, people }, nodes, cells) {
  const mates = nodes / cells;
  const load = loadOf(model, rooms, mates, connections / nodes, people);
  const turnover = (2 * connections) / people.sessionSeconds / cells; // names that come and go
  const share = design.followed === "all" ? 1 : (load.known * cells) / mates / connections; // of a cell's names, on a node
  const lines = load.lines / cells;
  const own = load.visits / nodes; // lines for somebody who is on a node
  return {
    ...load, mates, turnover, joins: turnover / 2, leases: mates / LEASE_SECONDS, linesOfCell: lines, own,
    known: (share * connections) / cells, followed: design.followed === "all" ? lines : own, followedNames: turnover * share,
    followersOfLine: design.followed === "all" ? mates : load.visits / load.lines, followersOfName: share * mates,
  };
}

/** Cores and bytes in use of a node, and the part of its cores that goes into lines and names of others. */
function nodeOf({ model, connections, people }, nodes, talk) {
  const each = connections / nodes;
  const foreign = foreignModel(model.measured).at(talk.followed + talk.followedNames);
  const said = talk.lines / nodes;
  const micro = {
    telling: talk.telling / nodes,
    speaking: said * (chatModel(model).line + model.message({ connections: each, bytes: people.lineBytes })),
    following: (talk.followed - said) * foreign, // once for each line that is in chatModel().line
    names: talk.followedNames * foreign,
    joins: (talk.joins / talk.mates) * joinModel(model.measured).nodes,
    pings: (each / PING_SECONDS) * model.heartbeat(each),
  };
  const all = Object.values(micro).reduce((a, b) => a + b, 0);
  return {
    cores: all / MICROSECONDS, bytes: each * model.systemKib(each) * KIB + talk.known * NAME_BYTES,
    foreignShare: ((talk.followed - talk.own) * foreign + micro.names) / all,
  };
}

/** Cores in use of the engines of a cell. */
function engineOf({ model, engine, people }, talk) {
  const kept = (rate, followers) => rate * engine.line({ followers, bytes: people.lineBytes, rate });
  return (kept(talk.linesOfCell, talk.followersOfLine) + talk.joins * joinModel(model.measured).engines + // of those who come
    kept(talk.turnover - talk.joins, talk.followersOfName) + kept(talk.leases, 0)) / MICROSECONDS; // and of those who go
}

/** A system on `nodes` nodes: what it needs, and `limits` that it breaks. */
function on(nodes, given) {
  const { model, connections, design, machine } = given;
  const cells = design.cell ? Math.ceil(nodes / design.cell) : 1;
  const talk = talkOf(given, nodes, cells);
  const node = nodeOf(given, nodes, talk);
  const cellCores = engineOf(given, talk);
  const engineRoom = ENGINES * machine.cores * machine.busyShare;
  const perStream = model.measured.engine.mostPerSecond * ENGINE_SHARE;
  const broken = {
    "connections of a node": connections / nodes > machine.mostConnections,
    "CPU of a node": node.cores > machine.cores * machine.busyShare,
    "memory of a node": node.bytes > machine.gib * machine.memoryShare * GIB,
    "lines of one stream": !design.sharded && talk.linesOfCell > perStream,
    "names of one bucket": !design.sharded && talk.turnover > perStream,
    "leases of one bucket": talk.leases > perStream,
    "CPU of one engine cluster": !design.sharded && cellCores > engineRoom,
  };
  return {
    nodes, cells, nodeCores: node.cores, nodeGib: node.bytes / GIB, foreignShare: node.foreignShare, followed: talk.followed + talk.followedNames,
    engineCores: cells * cellCores, engines: ENGINES * cells * Math.ceil(cellCores / engineRoom),
    streams: cells * Math.ceil(talk.linesOfCell / perStream), limits: Object.keys(broken).filter((name) => broken[name]),
  };
}

/**
 * The fewest nodes with which the design carries so many; or, where no number does, `limits` has what breaks with any.
 * Twice as many each time until it holds, and then the least between the last two.
 */
export function plan({ model, connections, design, seed, people = PEOPLE, machine = MACHINE, rooms = bySize(drawRooms(connections, seed, people)) }) {
  const given = { model, engine: engineModel(model.measured), rooms, connections, design: DESIGNS[design], people, machine };
  const fewest = Math.max(1, Math.ceil(connections / machine.mostConnections));
  let system = on(fewest, given);
  let always = system.limits;
  while (system.limits.length > 0 && system.nodes < MOST_TIMES * fewest) {
    system = on(system.nodes * 2, given);
    always = always.filter((name) => system.limits.includes(name));
  }
  if (system.limits.length > 0) return { ...system, limits: always.length > 0 ? always : system.limits, isPossible: false };
  let least = Math.max(fewest, Math.floor(system.nodes / 2));
  let most = system.nodes;
  while (least < most) {
    const middle = Math.floor((least + most) / 2);
    if (on(middle, given).limits.length > 0) least = middle + 1;
    else most = middle;
  }
  return { ...on(most, given), isPossible: true };
}
