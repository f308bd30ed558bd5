"use strict";

// Texts of the right ones, and what stands where a level has no text of its own.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const texts = (play.texts ??= {});

  const tryIt = "Try to hang it.";
  const handOver = "producer: push(1), push(2), waits for both to end. consumer 1 and consumer 2: one pop() each.";
  const closed = "producer: close(), then waits for both to end. consumer 1 and consumer 2: one pop() each, of a queue that stays empty.";
  const latch = "reader: fire(1000). processor: fire(1011). writer: wait(), tells the peer reason(), waits for both to end, "
    + "logs reason().";
  const lane = "processor: push(reply), before all. reader: push_urgent() of three pongs. writer: pop() twice, and sends.";
  Object.assign(texts, {
    "right-one-place": { title: "the right one, room for one item", goal: tryIt, does: handOver },
    "right-two-places": { title: "the right one, room for two items", goal: tryIt, does: handOver },
    "right-closed": { title: "the right one is closed", goal: tryIt, does: closed },
    "ships-queue": { title: "the queue that ships", goal: tryIt, does: closed },
    "ships-latch": { title: "the latch that ships", goal: tryIt, does: latch },
    "ships-lane": { title: "the lane that ships", goal: tryIt, does: lane },
  });

  const GOALS = {
    wrong: "Choose who goes on, until it breaks: somebody asleep for ever, or a broken promise.",
    right: tryIt,
    server: "Too many states to know them all. Choose who goes on; can you break it?",
  };

  /** The texts of a level; what it has none for is null. */
  play.textsOf = (level) => ({
    title: level.scenario, goal: GOALS[level.kind] ?? GOALS.server,
    idea: null, why: null, rule: null, patches: null, line: null, twin: null, does: null,
    ...texts[level.id],
  });

  play.HOW = "You are the scheduler. Click a thread: it does what its card says, and runs to its next choice. What only one thread can do runs by itself.";
})();
