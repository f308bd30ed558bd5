// What was measured of real nodes and engines, in tables, and the trend of one to six nodes beside what the model says of as many: no figures to plan with,
// since all share the cores of one machine.

import { nodesOf } from "./cluster.mjs";
import { chatModel, engineModel, foreignModel } from "./costs.mjs";
import { markdown, number } from "./tables.mjs";

/** CPU microseconds of all nodes, and of all engines, for a line that comes alone and finds all cores asleep. */
export function predicted(model, { nodes, members, rooms, bytes, rate }) {
  const size = members / rooms;
  const there = nodesOf(size, nodes);
  const connections = members / nodes;
  const following = (nodes - 1) * foreignModel(model.measured).at(rate); // one is in chat.line
  const chat = chatModel(model);
  return {
    nodesCpu: size * (model.lone({ connections, bytes, hearers: size / there }) + chat.hearer) + model.lone({ connections, bytes }) + chat.line + following,
    enginesCpu: engineModel(model.measured).line({ followers: nodes, bytes, rate }),
  };
}

export function nodesTable(model) {
  const rows = Object.values(model.measured.nodes);
  const alone = (row) => rows.find(({ nodes, rooms }) => nodes === 1 && rooms === row.rooms);
  const times = (of, row, what) => number(of(row)[what] / of(alone(row))[what]);
  const measured = (row) => row;
  const reckoned = (row) => predicted(model, row);
  const loud = rows.filter(({ quiet }) => quiet === false).length;
  const said = loud > 0 ? `\n\nIn ${loud} of these ${rows.length} rows others were busy on the machine.` : "";
  return markdown(["nodes", "hear a line", "CPU of the nodes a line, µs", "of one node", "predicted", "CPU of the engines a line, µs", "of one node", "predicted", "until all have heard it, ms"],
    rows.map((row) => [row.nodes, row.members / row.rooms, row.nodesCpu].map(number).concat(times(measured, row, "nodesCpu"), times(reckoned, row, "nodesCpu"),
      number(row.enginesCpu), times(measured, row, "enginesCpu"), times(reckoned, row, "enginesCpu"), number(row.heardMilliseconds)))) + said;
}

export function joinsTable(model) {
  return markdown(["nodes", "let in a second", "CPU of the nodes for each, µs", "CPU of the engines for each, µs"],
    Object.values(model.measured.joins).map((row) => [row.nodes, row.perSecond, row.nodesCpu, row.enginesCpu].map(number)));
}

export function foreignTable(model) {
  const { at } = foreignModel(model.measured);
  return markdown(["lines/s of other rooms", "CPU of a node for each, µs", "fitted"],
    Object.values(model.measured.foreign).map(({ rate, cpuPerLine }) => [rate, cpuPerLine, at(rate)].map(number)));
}

export function requestsTable(model) {
  return markdown(["a request", "CPU of the engines, µs"], Object.entries(model.measured.requests).map(([kind, { enginesCpu }]) => [kind, number(enginesCpu)]));
}
