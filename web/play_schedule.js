"use strict";

// The schedule: a column for each thread, time goes down. Each line is a button that leads back (or
// forward) to where its choice had been made; what was taken back stays below, dimmed. Beside it: a ghost.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const { element, setText, plural } = play;

  class Rows {
    constructor(list, go) {
      this.list = list;
      this.go = go;
    }

    row(at) {
      const have = this.list.children[at];
      if (have) return have;
      const row = element("button", { type: "button", className: "line" },
        element("span", { className: "number" }), element("span", { className: "who" }),
        element("span", { className: "step" }));
      row.addEventListener("click", () => this.go(Number(row.dataset.group)));
      this.list.append(row);
      return row;
    }

    /** lines as Game.lines() makes them; those of a later choice than `length` are dimmed. */
    draw(game, lines, length) {
      while (this.list.children.length > lines.length) this.list.lastChild.remove();
      const signs = play.letters(game.level.threads);
      lines.forEach(({ number, group, event, forced }, at) => {
        const row = this.row(at);
        const [first, who, step] = row.children;
        Object.assign(row.dataset, { group, thread: event.thread, rest: String(group > length), forced: String(forced) });
        row.style.setProperty("--column", event.thread + 2);
        row.dataset.begins = String(at > 0 && lines[at - 1].group !== group);
        row.dataset.now = String(group <= length && (lines[at + 1]?.group ?? length + 1) > length);
        setText(first, String(number));
        setText(who, game.level.threads[event.thread]);
        who.dataset.sign = signs[event.thread];
        const toldOnce = forced && !(lines[at - 1]?.forced && lines[at - 1].event.thread === event.thread);
        const early = at === 0 && group === 0 ? " (before the first choice)" : "";
        setText(step, play.words(game.level, event) + (toldOnce ? " (by itself)" : early));
        row.dataset.failed = String(event.op === "fail");
        row.title = forced ? "By itself: nobody else could go on." : "";
      });
    }
  }

  class Schedule {
    /** taken(): called before a line is gone to. */
    constructor(taken) {
      this.taken = taken;
      this.list = play.byId("schedule");
      this.other = play.byId("ghost");
      this.rows = new Rows(this.list, (group) => this.onLine(group));
      this.ghosts = new Rows(play.byId("ghost-lines"), (group) => this.onGhost(group));
      play.byId("ghost-gone").addEventListener("click", () => {
        this.game.forgetGhost();
        this.list.focus();
      });
      // A box above that grows must not push the last line out of sight.
      new ResizeObserver(() => this.scroll()).observe(this.list);
    }

    onLine(group) {
      this.taken();
      this.game.backTo(group);
    }

    onGhost(group) {
      this.taken();
      this.game.moveTo(this.game.ghost.slice(0, group), "chosen");
    }

    draw(game) {
      this.game = game;
      this.rows.draw(game, game.lines(game.rest ?? game.path), game.path.length);
      this.drawHead(game);
      this.drawGhost(game);
      this.scroll();
    }

    drawHead(game) {
      const head = play.byId("columns");
      const names = game.level.threads.map((name, thread) => element("span", { data: { thread } }, name));
      head.replaceChildren(element("span", { className: "number" }), ...names);
    }

    drawGhost(game) {
      const { ghost } = game;
      this.other.hidden = ghost === null;
      if (ghost === null) return;
      const lines = game.lines(ghost);
      const same = ghost.findIndex((choice, at) => choice !== game.path[at]);
      const shared = same < 0 ? ghost.length : same;
      this.ghosts.draw(game, lines, shared);
      const choices = plural(ghost.length, "choice");
      setText(play.byId("ghost-name"), `${game.ghostName}: ${choices}, ${plural(game.steps(ghost), "step")}`);
    }

    scroll() {
      const now = this.list.querySelector('[data-now="true"]') ?? this.list.lastElementChild;
      if (!now) return;
      const below = now.offsetTop + now.offsetHeight - this.list.clientHeight + 4;
      if (below > this.list.scrollTop || now.offsetTop < this.list.scrollTop) this.list.scrollTop = Math.max(0, below);
    }
  }

  play.Schedule = Schedule;
})();
