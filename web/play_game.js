"use strict";

// One game: the choices so far, those taken back (the rest), and another way to compare with (the
// ghost). It knows nothing of the page; whoever draws it is told of each change.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});

  const startsWith = (path, start) => start.every((choice, at) => path[at] === choice);

  class Game {
    /** source: a Model, or a server. changed(what): called after each change. */
    constructor(source, changed) {
      this.source = source;
      this.changed = changed;
      this.path = [];
      this.rest = null;
      this.ghost = null;
      this.ghostName = "";
      this.visited = new Set();
      this.hints = 0;
      this.spurious = false;
      this.busy = false;
      this.refresh();
    }

    get level() { return this.source.level; }

    refresh() {
      Object.assign(this, this.source.at(this.path));
      this.state = play.stateAfter(this.level, this.events, this.groups);
      if (this.index !== undefined) this.visited.add(this.index);
    }

    /** Options that can be seen now: [option, its index]. A spurious wake is one only if it is allowed. */
    options() {
      return this.node.o.map((option, index) => ({ thread: option[0], kind: option[1], index }))
        .filter(({ kind }) => kind !== play.SPURIOUS || this.spurious);
    }

    get over() { return this.node.e !== play.GOES_ON; }

    /** done(moved) once it is there, or is not: there is no such place, or another move is under way. */
    moveTo(path, what, done = () => {}) {
      if (this.busy) return done(false);
      this.busy = true;
      this.source.load(path, (known) => {
        this.busy = false;
        if (known) {
          this.keepTheRest(path);
          this.path = path;
          this.refresh();
        }
        this.changed(known ? what : "refused");
        done(known);
      });
    }

    // Going back keeps what was there as the rest. Another choice makes of it a ghost to compare with.
    keepTheRest(path) {
      const longest = this.rest ?? this.path;
      this.rest = null;
      if (startsWith(longest, path)) {
        if (longest.length > path.length) this.rest = longest;
      } else if (!startsWith(path, longest)) {
        this.ghost = longest;
        this.ghostName = "The way before";
      }
    }

    choose(index, done) {
      if (!this.over) this.moveTo([...this.path, index], "chosen", done);
    }

    undo(times = 1) {
      if (this.path.length >= times) this.moveTo(this.path.slice(0, this.path.length - times), "undone");
    }

    redo() {
      if (this.rest) this.moveTo(this.rest.slice(0, this.path.length + 1), "chosen");
    }

    backTo(length) {
      if (length < this.path.length) this.moveTo(this.path.slice(0, length), "undone");
      else if (this.rest && length > this.path.length) this.moveTo(this.rest.slice(0, length), "chosen");
    }

    compareWith(path, name) {
      this.source.load(path, (known) => {
        if (!known) return;
        this.ghost = path;
        this.ghostName = name;
        this.changed("compared");
      });
    }

    forgetGhost() {
      this.ghost = null;
      this.changed("compared");
    }

    /** How often another thread was chosen than the one that had run last; the first choice is none. */
    switches(path = this.path) {
      let count = 0;
      for (let length = 1; length < path.length; ++length) {
        const { node, groups, events } = this.source.at(path.slice(0, length));
        const last = groups.flat().map((at) => events[at]).findLast(play.isShown)?.thread;
        const [thread, kind] = node.o[path[length]];
        if (kind === play.RUN && thread !== last) ++count;
      }
      return count;
    }

    /** Lines of a way: {number, group, event, forced}, of its visible events. */
    lines(path = this.path) {
      const { node, groups, events } = this.source.at(path);
      const lines = [];
      groups.forEach((group, at) => {
        const shown = group.map((index) => events[index]).filter(play.isShown);
        const chosen = at === 0 ? null : this.chosenThread(path, at - 1);
        shown.forEach((event, nth) => {
          // Whom a notify wakes is chosen; what follows it is not.
          const forced = at > 0 && (chosen === null ? nth > 0 : event.thread !== chosen);
          lines.push({ number: lines.length + 1, group: at, event, forced });
        });
      });
      const failed = play.failure(this.level, node);
      if (failed) lines.push({ number: lines.length + 1, group: path.length, event: failed, forced: false });
      return lines;
    }

    /** How many steps a way has: what fails is said in a line, and is none. */
    steps(path = this.path) {
      return this.lines(path).filter(({ event }) => event.op !== "fail").length;
    }

    chosenThread(path, at) {
      const [thread, kind] = this.source.at(path.slice(0, at)).node.o[path[at]];
      return kind === play.WHOM ? null : thread;
    }
  }

  play.Game = Game;
})();
