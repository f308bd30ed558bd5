"use strict";

// The numbers behind the strip: a ring of snapshots of one connection, and what each thread did
// between two of them. That comes from the differences of `seconds`, never from `doing`: a wait of
// 20 ms is in no snapshot, but it is in the difference.
(() => {
  const triloop = (window.triloop ??= {});
  const { THREADS } = triloop;
  const LATCHES = ["closing", "closed"];
  const WINDOW_SECONDS = 20;
  const GAP_SECONDS = 0.6; // without a snapshot for longer, nobody knows what was
  const MOST_SAMPLES = 240;
  const MOST_RINGS = 16;
  const EPSILON = 1e-6;

  /**
   * What a thread did from one snapshot to a later one: the share of the time for each state, and
   * `idle` for the time in which it was not there. The shares are 1 together. If its clocks stand
   * still they are `unknown`.
   */
  function sharesBetween(before, now, interval) {
    const { spent, sum } = triloop.spentBetween(before.seconds, now.seconds);
    // The clocks of a thread and of the snapshot are read one after the other.
    const gone = now.left || now.doing === "not_started";
    const whole = gone ? Math.max(sum, interval) : sum;
    if (whole < EPSILON) return { idle: 0, unknown: 1 };
    const shares = { idle: Math.max(0, 1 - sum / whole) };
    for (const state of Object.keys(spent)) shares[state] = spent[state] / whole;
    return shares;
  }

  /** The cell between two samples: null if there is a gap between them. */
  function cellBetween(before, now) {
    const interval = now.time - before.time;
    if (interval > GAP_SECONDS) return null;
    const cell = { from: before.time, to: now.time };
    for (const name of THREADS) {
      cell[name] = sharesBetween(before.connection.threads[name], now.connection.threads[name], interval);
    }
    return cell;
  }

  /** How full a queue is, by the bound that is nearer. */
  const levelOf = (queue) =>
    Math.min(1, Math.max(queue.messages / queue.max_messages, queue.bytes / queue.max_bytes) || 0);

  /** When each latch fired, as far as the ring knows: [{ name, time, event, index }]. */
  function firingsIn(samples) {
    const firings = [];
    for (const name of LATCHES) {
      const index = samples.findIndex(({ connection }) => connection.latch[name]);
      if (index < 0) continue;
      const { time, connection } = samples[index];
      firings.push({ name, time, index, event: connection.latch[name], seen: index > 0 });
    }
    return firings;
  }

  /** Another server, or a recording from its start, that has given the same number. */
  const isAnother = (last, time, { peer, age }) =>
    time < last.time || peer !== last.connection.peer || age < last.connection.age;

  /** Samples of one connection, oldest first, and a cell for each but the first. */
  function makeRing() {
    let samples = [];

    function add(time, connection) {
      const last = samples.at(-1);
      if (last && time === last.time) return;
      if (last && isAnother(last, time, connection)) samples = [];
      samples.push({ time, connection, cell: null });
      if (samples.length > 1) samples.at(-1).cell = cellBetween(samples.at(-2), samples.at(-1));
      while (samples.length > MOST_SAMPLES || samples[0].time < time - WINDOW_SECONDS - EPSILON) samples.shift();
    }

    return { add, samples: () => samples.slice() };
  }

  /** A ring for each connection that was added of late. */
  function makeRings() {
    const rings = new Map(); // by id; the one that was used last is last

    function ring(id) {
      const found = rings.get(id) ?? makeRing();
      rings.delete(id);
      rings.set(id, found);
      if (rings.size > MOST_RINGS) rings.delete(rings.keys().next().value);
      return found;
    }

    return {
      add: (time, connection) => ring(connection.id).add(time, connection),
      samples: (id) => rings.get(id)?.samples() ?? [],
      clear: () => rings.clear(),
    };
  }

  triloop.stripModel = {
    WINDOW_SECONDS, GAP_SECONDS, cellBetween, firingsIn, levelOf, makeRings, sharesBetween,
  };
})();
