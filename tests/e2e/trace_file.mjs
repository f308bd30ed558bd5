// Reads what --trace has written, and checks what holds for every trace.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

const ns = (micros) => Math.round(micros * 1000);

/** The events by kind; throws if the file is no valid trace. Times are whole nanoseconds. */
export function readTrace(file) {
  const trace = JSON.parse(readFileSync(file, "utf8"));
  const all = trace.traceEvents;
  assert.ok(Array.isArray(all));
  const of = (phase) => all.filter((event) => event.ph === phase);
  for (const event of all) {
    if (event.ph !== "M") event.ts = ns(event.ts);
    if (event.ph === "X") event.dur = ns(event.dur);
  }
  const names = new Map(of("M").filter((event) => event.name === "thread_name")
    .map((event) => [event.tid, event.args.name]));
  const slices = of("X").map((event) =>
    ({ name: event.name, tid: event.tid, from: event.ts, to: event.ts + event.dur }));
  return {
    names,
    slices,
    arrows: joinArrows(of("s"), of("f"), names),
    counters: of("C"),
    instants: of("i"),
    phases: new Set(all.map((event) => event.ph)),
    forgotten: trace.otherData?.events_forgotten ?? 0,
    leftOut: trace.otherData?.threads_left_out ?? 0,
    events: all.length,
    tid: (name) => [...names].find(([, known]) => known === name)?.[0],
    on: (name) => {
      const tid = [...names].find(([, known]) => known === name)?.[0];
      return slices.filter((slice) => slice.tid === tid).sort((a, b) => a.from - b.from);
    },
  };
}

function joinArrows(departures, arrivals, names) {
  const byId = new Map(departures.map((event) => [event.id, event]));
  assert.equal(byId.size, departures.length, "no two arrows depart with one number");
  assert.equal(arrivals.length, departures.length, "each arrow has two ends");
  return arrivals.map((to) => {
    const from = byId.get(to.id);
    assert.ok(from, `arrow ${to.id} departs`);
    byId.delete(to.id);
    assert.equal(from.name, to.name);
    return { queue: to.name, from: names.get(from.tid), to: names.get(to.tid), departs: from, arrives: to };
  });
}

/** Every event is on a track that has a name, and no two tracks are one. */
export function checkTracks({ names, slices, instants, counters }) {
  for (const name of names.values()) assert.match(name, /^((read|proc|write)-\d+|[a-z]+)$/);
  assert.equal(new Set(names.values()).size, names.size, "each name once");
  for (const event of [...slices, ...instants, ...counters]) assert.ok(names.has(event.tid));
}

/** Of two slices of a thread one lies inside the other, or behind it. */
export function checkNesting({ names, slices }) {
  for (const tid of names.keys()) {
    const own = slices.filter((slice) => slice.tid === tid)
      .sort((a, b) => a.from - b.from || b.to - a.to);
    const open = [];
    for (const slice of own) {
      assert.ok(slice.to >= slice.from);
      while (open.length > 0 && open.at(-1).to <= slice.from) open.pop();
      const around = open.at(-1);
      assert.ok(!around || slice.to <= around.to,
        `${names.get(tid)}: "${slice.name}" ends after "${around?.name}" around it`);
      open.push(slice);
    }
  }
}

/** Arrows go forward in time, to the connection's next thread, from inside a slice into one. */
export function checkArrows({ arrows, slices }) {
  const next = { "in-queue": ["read", "proc"], "out-queue": ["proc", "write"] };
  const inSlice = (event, name) => slices.some((slice) => slice.tid === event.tid &&
    slice.name === name && slice.from <= event.ts && event.ts <= slice.to);
  for (const { queue, from, to, departs, arrives } of arrows) {
    const number = from.split("-")[1];
    assert.deepEqual([from, to], next[queue].map((role) => `${role}-${number}`));
    assert.ok(departs.ts <= arrives.ts, `${from} to ${to}: forward in time`);
    const [out, into] = queue === "in-queue"
      ? ["into the in-queue", "the user's code"] : ["write()", "out of the out-queue"];
    assert.ok(inSlice(departs, out), `departs inside "${out}"`);
    assert.ok(inSlice(arrives, into), `arrives inside "${into}"`);
  }
}

/** Messages of one queue arrive in the order in which they depart. */
export function checkOrder({ arrows }) {
  const last = new Map();
  for (const { from, departs, arrives } of [...arrows].sort((a, b) => a.departs.id - b.departs.id)) {
    const before = last.get(from);
    if (before) {
      assert.ok(before.departs.ts <= departs.ts && before.arrives.ts <= arrives.ts, `in order from ${from}`);
    }
    last.set(from, { departs, arrives });
  }
}

/** No queue holds less than nothing, or more than its bounds. */
export function checkCounters({ counters }, { messages, bytes }) {
  for (const { name, args } of counters) {
    assert.match(name, /^(in|out)-queue-\d+ (messages|bytes)$/);
    const most = "messages" in args ? messages : bytes;
    const [value] = Object.values(args);
    assert.ok(value >= 0 && value <= most, `${name}: ${value}`);
  }
}

/** The highest value that a counter has had. */
export const highest = ({ counters }, name) =>
  Math.max(...counters.filter((event) => event.name === name).map(({ args }) => Object.values(args)[0]));
