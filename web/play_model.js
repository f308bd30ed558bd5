"use strict";

// A level's graph: what can be chosen in each state, how far each is from a break, and what is lost.
// Edges of kind SPURIOUS count for none of this: nobody needs a wait that ends for no reason.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});

  const RUN = 0, WHOM = 1, SPURIOUS = 2, DEADLINE = 3;
  const GOES_ON = 0, ENDED_WELL = 1, BROKEN = 2;
  const NEVER = Infinity;

  /** An event of the table, by name. Its last field is a list, a number, a text or an object. */
  function readEvent([thread, op, object, source, line, detail, words]) {
    const named = detail !== null && typeof detail === "object" && !Array.isArray(detail) ? detail : {};
    const woken = Array.isArray(detail) ? detail : (named.woken ?? []);
    const whom = typeof detail === "number" ? detail : (named.thread ?? null);
    const values = op === "value" ? (named.values ?? named) : null;
    const says = named.says ?? words ?? (typeof detail === "string" ? detail : null);
    return { thread, op, object, source, line, woken, whom, values, says };
  }

  /** For each node the fewest choices from it to an end that is broken. */
  function distances(nodes) {
    const before = nodes.map(() => []);
    nodes.forEach((node, from) => {
      for (const [, kind, to] of node.o) if (kind !== SPURIOUS) before[to].push(from);
    });
    const distance = nodes.map((node) => (node.e === BROKEN ? 0 : NEVER));
    const queue = nodes.map((_, index) => index).filter((index) => distance[index] === 0);
    for (let at = 0; at < queue.length; ++at) {
      for (const from of before[queue[at]]) {
        if (distance[from] !== NEVER) continue;
        distance[from] = distance[queue[at]] + 1;
        queue.push(from);
      }
    }
    return distance;
  }

  /** For each node the fewest choices from the start; NEVER where only a spurious wake leads, if none is allowed. */
  function depths(nodes, spurious) {
    const depth = nodes.map(() => NEVER);
    depth[0] = 0;
    const queue = [0];
    for (let at = 0; at < queue.length; ++at) {
      for (const [, kind, to] of nodes[queue[at]].o) {
        if ((kind === SPURIOUS && !spurious) || depth[to] !== NEVER) continue;
        depth[to] = depth[queue[at]] + 1;
        queue.push(to);
      }
    }
    return depth;
  }

  class Model {
    constructor(level) {
      this.level = level;
      this.nodes = level.nodes;
      this.events = level.events.map(readEvent);
      this.distance = distances(this.nodes);
      this.depth = depths(this.nodes, false);
      this.depthOfAll = depths(this.nodes, true);
      this.reached = this.statesWith(false);
    }

    depthWith(spurious) { return spurious ? this.depthOfAll : this.depth; }

    /** All states, those behind a wait that ends for no reason only if it is allowed. */
    statesWith(spurious) {
      const depth = this.depthWith(spurious);
      return this.nodes.map((_, index) => index).filter((index) => depth[index] !== NEVER);
    }

    /** Node after these choices, or -1 if one of them is not offered there. */
    nodeAt(path) {
      let at = 0;
      for (const choice of path) {
        const option = this.nodes[at].o[choice];
        if (option === undefined) return -1;
        at = option[2];
      }
      return at;
    }

    /** The choices of one shortest way from a node to a break; none if there is no way. */
    shortestFrom(node) {
      const path = [];
      if (this.distance[node] === NEVER) return path;
      while (this.distance[node] > 0) {
        const choice = this.nodes[node].o.findIndex(
          ([, kind, to]) => kind !== SPURIOUS && this.distance[to] === this.distance[node] - 1);
        path.push(choice);
        node = this.nodes[node].o[choice][2];
      }
      return path;
    }

    /** How many choices to take back until it can break again. */
    undosNeeded(path) {
      for (let kept = path.length; kept >= 0; --kept) {
        if (this.distance[this.nodeAt(path.slice(0, kept))] !== NEVER) return path.length - kept;
      }
      return 0;
    }

    /** One run of random choices to its end: did it break? */
    randomWalkBreaks(random) {
      let node = 0;
      while (this.nodes[node].e === GOES_ON) {
        const options = this.nodes[node].o.filter(([, kind]) => kind !== SPURIOUS);
        node = options[Math.floor(random() * options.length)][2];
      }
      return this.nodes[node].e === BROKEN;
    }

    /** What stands after these choices: the node, and the events of each choice. */
    at(path) {
      const groups = [this.level.start];
      let index = 0;
      for (const choice of path) {
        const option = this.nodes[index].o[choice];
        groups.push(option[3]);
        index = option[2];
      }
      return { node: this.nodes[index], index, groups, events: this.events };
    }

    load(path, done) {
      done(this.nodeAt(path) >= 0);
    }

    get known() { return true; }
  }

  Object.assign(play, {
    Model, readEvent, RUN, WHOM, SPURIOUS, DEADLINE, GOES_ON, ENDED_WELL, BROKEN, NEVER,
  });
})();
