// What one machine carries, and what of it gives way first.

import { GIB, KIB } from "./model.mjs";
import { markdown, number } from "./tables.mjs";

const MACHINES = [[2, 4], [4, 8], [8, 32], [32, 128]]; // cores, GiB
const BUSY_SHARE = 0.5;
const MEMORY_SHARE = 0.75;
const PING_SECONDS = 20;
const MOST_CONNECTIONS = 1e6;
const MOST_TRIED = 19_000; // docs/operations.md
const MICROSECONDS = 1e6;

/** The most connections of which the half of the CPU is enough, each hearing one message of 64 bytes a second, from a room of 100. */
function heard(model, cores) {
  const needs = (connections) => (connections / MICROSECONDS) *
    (model.message({ connections, bytes: 64, hearers: 100 }) + model.heartbeat(connections) / PING_SECONDS);
  let [least, most] = [1, MOST_CONNECTIONS];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (needs(middle) > cores * BUSY_SHARE) most = middle - 1;
    else least = middle;
  }
  return least;
}

/** What is more than was tried is marked. */
const connectionsOf = (count) => `${number(count)}${count > MOST_TRIED ? " *" : ""}`;

export function machineTable(model) {
  const echoes = (cores, load) => (cores * BUSY_SHARE * MICROSECONDS) / model.message({ bytes: 64, ...load });
  const system = model.systemKib(MOST_CONNECTIONS) * KIB;
  return markdown(["cores, GiB", "idle connections in 3/4 of the memory", "connections that hear 1 message/s each", "echoes/s of 64 B, 1000x1", "1000x16", "echoes/s of 64 KiB, 64x1"],
    MACHINES.map(([cores, gib]) => [`${cores}, ${gib}`, connectionsOf((gib * GIB * MEMORY_SHARE) / system), connectionsOf(heard(model, cores)), ...[
      echoes(cores, { connections: 1000, inFlight: 1 }), echoes(cores, { connections: 1000, inFlight: 16 }),
      echoes(cores, { connections: 64, inFlight: 1, bytes: 64 * KIB })].map(number)]));
}

/** What the kernel has of each thing on the machine that was measured, and for how many connections that is enough. */
export function limitTable({ measured: { limits, objects } }) {
  const [firstPort, lastPort] = limits["net.ipv4.ip_local_port_range"].split(" ").map(Number);
  const rows = [
    ["vm.max_map_count", Number(limits["vm.max_map_count"]), objects.mappings],
    ["kernel.pid_max", Number(limits["kernel.pid_max"]), objects.threads],
    ["kernel.threads-max", Number(limits["kernel.threads-max"]), objects.threads],
    ["ports of one proxy's address", lastPort - firstPort + 1, 1],
  ];
  return markdown(["limit", "here", "each connection takes", "enough for connections"],
    rows.sort((a, b) => a[1] / a[2] - b[1] / b[2]).map(([name, here, each]) => [`\`${name}\``.replace(/`(ports.*)`/, "$1"), here.toLocaleString("en-US"), number(each),
      number(Math.floor(here / each))]));
}

/** Beside uWebSockets, in the rows that it was measured in. */
export function anchorTable({ measured: { rows, uwebsockets } }) {
  const figures = [["cpuPerMessage", "CPU, µs a message"], ["rate", "messages/s"], ["residentKib", "KiB resident"]];
  return markdown(["row", "figure", "triloop", "uWebSockets", "triloop over it"], Object.entries(uwebsockets).flatMap(([name, other]) =>
    figures.filter(([figure]) => rows[name][figure] !== undefined && other[figure] > 0)
      .map(([figure, what]) => [name, what, number(rows[name][figure]), number(other[figure]), number(rows[name][figure] / other[figure])])));
}
