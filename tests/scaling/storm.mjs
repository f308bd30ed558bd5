// A rack is gone, and all who were on it come again: to the nodes that are left, in steps of ten milliseconds, each
// client on its own, with what it does when it is refused or has waited too long.
//
// It is one of the nodes that are left: the proxies in front divide the clients equally among them. Whoever comes needs CPU
// of the node for its handshake, and then its part of the engine, which keeps the name before its owner is let in. Who has
// given up is worked for all the same: nobody knows before the answer.

import { seeded } from "./random.mjs";

const STEP_SECONDS = 0.01;
const MICROSECONDS = 1e6;
const SYN_SECONDS = [1, 2, 4, 8, 16]; // until the kernel sends a first packet again that was dropped; no jitter
const RETRY_AFTER_SECONDS = 1;
const MOST_PAUSE_SECONDS = 30;

const fullJitter = (random, attempt) => random() * Math.min(MOST_PAUSE_SECONDS, 2 ** attempt);

/** How clients wait before the first try, and before one that comes after `attempt` that have failed. */
export const WAITS = {
  "at once, then each second": { first: () => 0, next: () => 1 },
  "within a second, then each second": { first: (random) => random(), next: () => 1 },
  "full jitter, 1 s to 30 s": { first: (random) => random(), next: fullJitter },
  "spread, then full jitter": { first: (random, spread) => random() * spread, next: fullJitter },
};

/** First come, first served, at so many in a step; what is not used is lost. */
class Desk {
  #line = [];
  #head = 0;
  #credit = 0;
  constructor(perStep) { this.perStep = perStep; }
  get length() { return this.#line.length - this.#head; }
  add(one) { this.#line.push(one); }
  serve(done) {
    this.#credit = Math.min(this.#credit, 1) + this.perStep;
    while (this.#credit >= 1 && this.length > 0) {
      this.#credit -= 1;
      done(this.#line[this.#head++]);
    }
    if (this.#head > this.#line.length / 2) {
      this.#line = this.#line.slice(this.#head);
      this.#head = 0;
    }
  }
}

/**
 * node: { freeCores, connectionMicroseconds, maxHandshakes, backlog, room, mostJoining, joinsPerSecond }: `room` for so many
 * more connections, of which `mostJoining` may wait for the engine, and its part of what that takes. client: { waits, spread, patienceSeconds }, the patience from a try's
 * begin until it is let in. `wanted` come to this node.
 */
export function storm({ node, client, wanted, seed, mostSeconds = 600 }) {
  const random = seeded(seed);
  const { first, next } = WAITS[client.waits];
  const steps = Math.ceil(mostSeconds / STEP_SECONDS);
  const events = Array.from({ length: steps + 1 }, () => []);
  let step = 0;
  const after = (seconds, event) => {
    const then = step + Math.max(1, Math.round(seconds / STEP_SECONDS));
    if (then <= steps) events[then].push(event);
  };
  const seen = { tries: 0, refused: 0, givenUp: 0, inVain: 0, longestLine: 0 };
  const backAt = [];
  const handshakes = new Desk((node.freeCores * STEP_SECONDS * MICROSECONDS) / node.connectionMicroseconds);
  const joins = new Desk(node.joinsPerSecond * STEP_SECONDS);

  const again = (attempt, least = 0) => after(least + next(random, attempt), () => begin(attempt));
  function begin(attempt) {
    const one = { attempt, isGone: false, isIn: false };
    seen.tries += 1;
    knock(one, 0);
    after(client.patienceSeconds, () => {
      if (one.isIn || one.isGone) return;
      one.isGone = true;
      seen.givenUp += 1;
      again(attempt + 1);
    });
  }
  function knock(one, sent) {
    if (one.isGone) return;
    if (handshakes.length < node.maxHandshakes + node.backlog) handshakes.add(one);
    else after(SYN_SECONDS[Math.min(sent, SYN_SECONDS.length - 1)], () => knock(one, sent + 1));
  }
  const answer = (one) => {
    if (one.isGone) seen.inVain += 1;
    else if (backAt.length + joins.length < node.room && joins.length < node.mostJoining) joins.add(one);
    else {
      one.isGone = true;
      seen.refused += 1;
      again(one.attempt + 1, RETRY_AFTER_SECONDS);
    }
  };
  const letIn = (one) => {
    if (one.isGone) { seen.inVain += 1; return; }
    one.isIn = true;
    backAt.push((step + 1) * STEP_SECONDS);
  };

  for (let i = 0; i < wanted; i += 1) after(first(random, client.spread), () => begin(0));
  for (; step < steps && backAt.length < wanted; step += 1) {
    events[step].forEach((event) => event());
    events[step] = [];
    handshakes.serve(answer);
    joins.serve(letIn);
    seen.longestLine = Math.max(seen.longestLine, handshakes.length + joins.length);
  }
  const when = (share) => backAt[Math.ceil(share * wanted) - 1] ?? Infinity;
  return {
    half: when(0.5), nearlyAll: when(0.99), all: when(1), back: backAt.length, triesEach: seen.tries / wanted,
    inVainShare: seen.inVain / seen.tries, longestLine: seen.longestLine, refused: seen.refused,
  };
}
