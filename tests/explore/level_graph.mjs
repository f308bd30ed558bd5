// Ways through the graph of a level, in the steps that are printed of them.

const SPURIOUS = 2, BROKEN = 2;

/** The levels of a levels.js. */
export function read(text) {
  const window = {};
  new Function("window", text)(window);
  return window.triloop.levels;
}

/** What is printed of an event: one step, or none. */
export function printed(level, event) {
  const [thread, , , , , , words] = level.events[event];
  return words === undefined ? [] : [`${level.threads[thread]} ${words}`];
}

/** That a thread starts, ends or is joined is not in the columns of docs/wrong-queues.md. */
const isShown = (step) => !/ (starts .*|ends|has joined .*)$/.test(step);

/** The node behind these choices, and all steps up to it. */
export function pathOf(level, choices) {
  let node = level.nodes[0];
  const steps = level.start.flatMap((event) => printed(level, event));
  for (const choice of choices) {
    const [, , to, events] = node.o[parseInt(choice, 36)];
    steps.push(...events.flatMap((event) => printed(level, event)));
    node = level.nodes[to];
  }
  return { node, steps };
}

function way(level, choices) {
  const { node, steps } = pathOf(level, choices);
  return { choices, all: steps, steps: steps.filter(isShown), failure: node.f };
}

/** The failure with the fewest steps, without waits that end for no reason; undefined if there is none. */
export function shortest(level) {
  const length = (events) => events.flatMap((event) => printed(level, event)).filter(isShown).length;
  const best = new Map([[0, { steps: length(level.start), choices: "" }]]);
  const todo = [0];
  while (todo.length > 0) {
    const from = todo.shift();
    level.nodes[from].o.forEach(([, kind, to, events], choice) => {
      const steps = best.get(from).steps + length(events);
      if (kind === SPURIOUS || (best.has(to) && best.get(to).steps <= steps)) return;
      best.set(to, { steps, choices: best.get(from).choices + choice.toString(36) });
      todo.push(to);
    });
  }
  const broken = [...best].filter(([node]) => level.nodes[node].e === BROKEN).map(([, found]) => found);
  if (broken.length === 0) return undefined;
  return way(level, broken.reduce((a, b) => (b.steps < a.steps ? b : a)).choices);
}

/** A failure with exactly these steps; undefined if there is none. */
export function wayWith(level, wanted) {
  const fits = (steps) => steps.every((step, at) => step === wanted[at]);
  const follow = (number, steps, choices) => {
    if (!fits(steps)) return undefined;
    const node = level.nodes[number];
    if (node.e === BROKEN && steps.length === wanted.length) return way(level, choices);
    for (const [choice, [, kind, to, events]] of node.o.entries()) {
      if (kind === SPURIOUS) continue;
      const more = events.flatMap((event) => printed(level, event)).filter(isShown);
      const found = follow(to, [...steps, ...more], choices + choice.toString(36));
      if (found) return found;
    }
    return undefined;
  };
  return follow(0, level.start.flatMap((event) => printed(level, event)).filter(isShown), "");
}
