"use strict";

// The list of levels: a dot for each, filled when it is done; all by name, and the larger ones of a
// server, in a dialog. What is done is kept by the browser, if it may.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const { byId, element, setText } = play;
  const KEY = "triloop.play";

  const progress = {
    all: play.store.get(KEY) ?? {},
    of(id) { return this.all[id] ?? { done: false }; },
    note(id, change) {
      this.all[id] = { ...this.of(id), ...change };
      play.store.set(KEY, this.all);
    },
  };

  function said(level, at) {
    const { broken, done, choices, hints } = progress.of(level.id);
    const name = `Level ${at + 1}, ${play.textsOf(level).title}`;
    if (!broken && !done) return name;
    const how = choices ? ` in ${play.plural(choices, "choice")}${hints ? `, ${play.plural(hints, "hint")}` : ""}` : "";
    return `${name}, ${done ? "done" : "not yet mended, broken"}${how}`;
  }

  class Levels {
    constructor(levels, open) {
      this.levels = levels;
      this.open = open;
      this.dialog = byId("levels");
      this.dots = levels.map((level, at) => this.button(level, at, "dot", String(at + 1)));
      byId("dots").replaceChildren(...this.dots);
      this.names = levels.map((level, at) => this.button(level, at, "named", ""));
      for (const kind of ["wrong", "right"]) {
        byId(`levels-${kind}`).replaceChildren(...this.names.filter((_, at) => levels[at].kind === kind));
      }
      byId("all-levels").addEventListener("click", () => {
        this.dialog.showModal();
        this.askServer();
      });
      byId("levels-close").addEventListener("click", () => this.dialog.close());
    }

    button(level, at, className, text) {
      const made = element("button", { type: "button", className, data: { kind: level.kind } }, text);
      made.addEventListener("click", () => {
        this.dialog.close();
        this.open(level);
      });
      return made;
    }

    draw(current) {
      this.levels.forEach((level, at) => {
        const { broken, done } = progress.of(level.id);
        for (const button of [this.dots[at], this.names[at]]) {
          button.dataset.done = String(Boolean(done));
          button.dataset.broken = String(Boolean(broken));
          if (level === current) button.setAttribute("aria-current", "true");
          else button.removeAttribute("aria-current");
        }
        this.dots[at].setAttribute("aria-label", said(level, at));
        this.dots[at].title = said(level, at);
        setText(this.names[at], `${at + 1}. ${play.textsOf(level).title}${done ? " \u2713" : ""}`);
      });
      const done = this.levels.filter(({ id }) => progress.of(id).done).length;
      setText(byId("progress"), `${done} of ${this.levels.length} done`);
    }

    /** ask: gives {scenarios: [{name, group}]} or {error} of a server that plays some; null: there is none. */
    offer(ask, open) {
      Object.assign(this, { ask, openLarger: open });
      byId("larger").hidden = ask === null;
      byId("server-hint").hidden = ask !== null;
    }

    // Not before somebody looks: the server has few places.
    async askServer() {
      const place = byId("levels-server");
      if (!this.ask || place.querySelector("button")) return;
      place.textContent = "The server is asked.";
      const { scenarios = [], error } = await this.ask();
      if (error) place.textContent = error;
      else place.replaceChildren(...scenarios.map((scenario) => this.larger(scenario)));
    }

    larger({ name, group }) {
      const made = element("button", { type: "button", className: "named", title: group ?? "" }, name);
      made.addEventListener("click", () => {
        this.dialog.close();
        this.openLarger(name);
      });
      return made;
    }

    after(level) { return this.levels[this.levels.indexOf(level) + 1] ?? null; }
  }

  Object.assign(play, { Levels, progress });
})();
