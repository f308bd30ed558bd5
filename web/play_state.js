"use strict";

// What the events so far have made of it: who holds which mutex, who sleeps where, the values, each
// thread's place in the code. What a thread may do next is the node's to say.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});

  const OUT_OF_SIGHT = new Set(["start", "begin", "end", "value"]);

  function emptyState(level) {
    return {
      holder: level.objects.map(() => null),
      sleepers: level.objects.map(() => []),
      woken: new Set(),
      values: Object.fromEntries(level.values.map(({ name }) => [name, ""])),
      place: level.threads.map(() => null),
      last: null,
    };
  }

  const without = (list, thread) => list.filter((other) => other !== thread);

  function wakeUp(state, thread) {
    state.sleepers = state.sleepers.map((list) => without(list, thread));
    state.woken.add(thread);
  }

  function letGo(state, thread, object) {
    state.holder = state.holder.map(
      (holder, at) => (holder === thread && (object === null || at === object) ? null : holder));
  }

  const EFFECTS = {
    lock(state, { thread, object }) {
      state.holder[object] = thread;
      state.woken.delete(thread);
    },
    // A waiter that goes on has the mutex again: the event names it, or the condition it slept in.
    wake(state, { thread, object }, level) {
      const mutex = level.objects[object]?.kind === "mutex" ? object : state.mutexOf?.[thread];
      if (state.sleepers.some((list) => list.includes(thread))) wakeUp(state, thread);
      if (mutex !== undefined && mutex !== null) state.holder[mutex] = thread;
      state.woken.delete(thread);
    },
    unlock(state, { thread, object }) {
      letGo(state, thread, object);
    },
    wait(state, { thread, object }) {
      const mutex = state.holder.indexOf(thread);
      (state.mutexOf ??= [])[thread] = mutex < 0 ? null : mutex;
      if (mutex >= 0) state.holder[mutex] = null;
      state.sleepers[object] = [...state.sleepers[object], thread];
    },
    notify_one: (state, event) => event.woken.forEach((thread) => wakeUp(state, thread)),
    notify_all: (state, event) => event.woken.forEach((thread) => wakeUp(state, thread)),
    spurious: (state, { thread }) => wakeUp(state, thread),
    timeout: (state, { thread }) => wakeUp(state, thread),
    value: (state, { values }) => Object.assign(state.values, values),
  };

  /** State after the groups of events. */
  function stateAfter(level, events, groups) {
    const state = emptyState(level);
    for (const index of groups.flat()) {
      const event = events[index];
      EFFECTS[event.op]?.(state, event, level);
      if (event.line !== null) state.place[event.thread] = { source: event.source ?? 0, line: event.line };
      state.last = event.thread;
    }
    return state;
  }

  /** The step that failed, as an event: "THREAD: WORDS", at the line that says the same; null: none did. */
  function failure(level, node) {
    if (node.e !== play.BROKEN || hangs(node)) return null;
    const thread = level.threads.findIndex((name) => node.f.startsWith(`${name}: `));
    if (thread < 0) return null;
    const words = node.f.slice(level.threads[thread].length + 2);
    const failed = { thread, op: "fail", object: null, woken: [], source: null, line: null, says: `fails: ${words}` };
    level.sources.forEach(({ lines }, source) => {
      const found = lines.find(([, text]) => text.includes(`"${words}"`));
      if (found) Object.assign(failed, { source, line: found[0] });
    });
    return failed;
  }

  /** Where each thread stands: at what it does next, else at what it did last; ended: nowhere. */
  function places(level, events, node, state) {
    return level.threads.map((_, thread) => {
      const [now, , pending] = node.t[thread];
      const failed = failure(level, node);
      if (failed?.thread === thread && failed.line !== null) return { source: failed.source, line: failed.line };
      // Who joins has left the class: its own code is not here.
      if (now === "done" || now === "new" || now === "joins") return null;
      const next = pending === null || pending === undefined ? null : events[pending];
      if (next?.line) return { source: next.source ?? 0, line: next.line };
      return state.place[thread];
    });
  }

  const names = (level, threads) => threads.map((thread) => level.threads[thread]).join(", ");

  const WORDS = {
    lock: (name) => `locks ${name}`,
    unlock: (name) => `unlocks ${name}`,
    wait: (name) => `waits for ${name}`,
    wake: (name) => `goes on, locks ${name}`,
    load: (name) => `loads ${name}`,
    store: (name) => `stores ${name}`,
    timeout: (name) => `its deadline passes in ${name}`,
    spurious: (name) => `wakes for no reason from ${name}`,
  };

  /** A step in words: the explorer's own, or the same made here. */
  function words(level, event) {
    if (event.says) return event.says;
    const name = level.objects[event.object]?.name ?? "";
    const wakes = event.woken.length ? `wakes ${names(level, event.woken)}` : "nobody waits";
    if (event.op === "notify_one") return `notifies ${name}: ${wakes}`;
    if (event.op === "notify_all") return `notifies all of ${name}: ${wakes}`;
    if (event.op === "join") return `has joined ${level.threads[event.whom] ?? "a thread"}`;
    if (event.op === "start") return `starts ${level.threads[event.whom] ?? "a thread"}`;
    if (event.op === "end") return "ends";
    return WORDS[event.op]?.(name) ?? event.op;
  }

  const HUES = [/^read/, /^proc/, /^writ/];

  /** A colour's number for each thread: reader, processor and writer keep theirs, others take what is left. */
  function hues(threads) {
    const taken = threads.map((name) => HUES.findIndex((own) => own.test(name)));
    const others = taken.every((own) => own < 0) ? [0, 1, 2, 3, 4, 5] : [3, 4, 5];
    return taken.map((hue) => (hue >= 0 ? hue : others.shift() ?? 5));
  }

  const hangs = (node) => node.e === play.BROKEN && /^nobody can go on/.test(node.f);

  const isShown = (event) => !OUT_OF_SIGHT.has(event.op);

  const letter = (name) => name.match(/(\d+)$/)?.[1] ?? name[0].toUpperCase();

  /** One or two signs for each thread, all different: P, 1, 2. */
  function letters(threads) {
    const first = threads.map(letter);
    return first.map((sign, at) => (first.indexOf(sign) === first.lastIndexOf(sign)
      ? sign : threads[at][0].toUpperCase() + (threads[at].match(/(\d+)$/)?.[1] ?? threads[at][1] ?? at)));
  }

  Object.assign(play, { stateAfter, failure, places, words, isShown, hangs, hues, letters });
})();
