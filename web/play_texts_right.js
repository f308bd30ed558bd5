"use strict";

// Texts of the right ones, and what stands where a level has no text of its own.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const texts = (play.texts ??= {});

  const tryIt = "Try to hang it. Or let the explorer go.";
  Object.assign(texts, {
    "right-one-place": { title: "the right one, room for one item", goal: tryIt },
    "right-two-places": { title: "the right one, room for two items", goal: tryIt },
    "right-closed": { title: "the right one is closed", goal: tryIt },
    "ships-queue": { title: "the queue that ships", goal: tryIt },
    "ships-latch": { title: "the latch that ships", goal: tryIt },
    "ships-lane": { title: "the lane that ships", goal: tryIt },
  });

  const GOALS = {
    wrong: "Choose who goes on, until it breaks: somebody asleep for ever, or a broken promise.",
    right: tryIt,
    server: "Too many states to know them all. Choose who goes on; can you break it?",
  };

  /** The texts of a level; what it has none for is null. */
  play.textsOf = (level) => ({
    title: level.scenario, goal: GOALS[level.kind] ?? GOALS.server,
    idea: null, why: null, rule: null, patches: null, line: null, twin: null,
    ...texts[level.id],
  });

  play.HOW = "You are the scheduler. Click a thread: it runs to its next lock, wait or notify, then you choose again.";
})();
