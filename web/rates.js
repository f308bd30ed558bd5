"use strict";

// What is a difference of two snapshots: rates, and how a thread's last second was split. The state
// at the instant of a snapshot says little of a flood; the seconds between two of them do.
(() => {
  const triloop = (window.triloop ??= {});
  const WINDOW_SECONDS = 1.05;
  const NO_RATES = { received: { messages: 0, bytes: 0 }, sent: { messages: 0, bytes: 0 } };

  function difference(now, before, seconds) {
    return {
      messages: (now.messages - before.messages) / seconds,
      bytes: (now.bytes - before.bytes) / seconds,
    };
  }

  /** Of a thread's `seconds` in two snapshots: what came to each state, and to all together. */
  triloop.spentBetween = (before, now) => {
    const spent = {};
    let sum = 0;
    for (const [state, seconds] of Object.entries(now ?? {})) {
      spent[state] = Math.max(0, seconds - (before?.[state] ?? 0));
      sum += spent[state];
    }
    return { spent, sum };
  };

  function split(before, now) {
    const { spent, sum } = triloop.spentBetween(before, now);
    return sum > 0 ? spent : null; // a thread that has ended: then its whole life is shown
  }

  triloop.makeRates = () => {
    let history = []; // snapshots of the last second, oldest first

    function before(id, time) {
      for (const snapshot of history) {
        const one = snapshot.byId.get(id);
        if (one && snapshot.time < time) return { one, seconds: time - snapshot.time };
      }
      return null;
    }

    return {
      NO_RATES,
      clear: () => (history = []),
      begin: (time) => {
        while (history.length > 1 && history[0].time < time - WINDOW_SECONDS) history.shift();
      },
      remember: ({ time, connections }) =>
        history.push({ time, byId: new Map(connections.map((one) => [one.id, one])) }),
      of(connection, time) {
        const last = before(connection.id, time);
        if (!last) return NO_RATES;
        return {
          received: difference(connection.received, last.one.received, last.seconds),
          sent: difference(connection.sent, last.one.sent, last.seconds),
        };
      },
      /** How each thread's last second was split, or null if nothing is known but its whole life. */
      shares(connection, time) {
        const last = before(connection.id, time);
        if (!last) return null;
        return Object.fromEntries(triloop.THREADS.map((name) =>
          [name, split(last.one.threads[name].seconds, connection.threads[name].seconds)]));
      },
    };
  };
})();
