"use strict";

// The class as it is played, in C++, with a lettered marker for each thread at its line. While a line
// is asked for, each line is a button; when it is found, what the right one has instead is shown.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const { element, setText } = play;

  /** Lines of the first source that the right one does not have, or has otherwise. */
  function wrongLines(level) {
    const wrong = new Set();
    level.sources[0]?.lines.forEach(([, , changed], at) => changed && wrong.add(at));
    for (const [at, removed] of level.right ?? []) {
      for (let line = at; line < at + Math.max(removed.length, 1); ++line) wrong.add(line);
      if (removed.length === 0 && at > 0) wrong.add(at - 1);
    }
    return wrong;
  }

  /** Lines to blame, as row numbers of the first source: what the texts name, among what changes; that first. */
  function blamedLines(level) {
    const { line, also } = play.textsOf(level);
    const wrong = wrongLines(level);
    const { lines } = level.sources[0];
    const marked = lines.some(([, , changed]) => changed);
    return lines.map((_, at) => at).filter((at) => {
      const [, text] = lines[at];
      if (also?.test(text)) return true;
      return line ? line.test(text) && (!marked || wrong.has(at)) : wrong.has(at);
    }).sort((one, other) => wrong.has(other) - wrong.has(one));
  }

  const named = (level, file, source) => {
    if (source === 0 && level.mutant) return `${file} with the mistake ${level.mutant}`;
    return level.kind === "right" && /wrong/.test(file) ? `${file}: its right version` : file;
  };

  // What does not fit into a line goes on behind the line's own indentation.
  function codeOf(text) {
    const code = element("code", {}, text || " ");
    code.style.setProperty("--indent", String(text.search(/\S|$/)));
    return code;
  }

  class Code {
    constructor() {
      this.place = play.byId("code");
      this.asking = null;
    }

    begin(level) {
      this.level = level;
      this.asking = null;
      this.signs = play.letters(level.threads);
      this.wrong = wrongLines(level);
      this.lines = [];
      const files = level.sources.map((source, at) => this.file(source, at, level.sources.length > 1));
      this.place.replaceChildren(...files);
      this.marks = level.threads.map((name, thread) => {
        const mark = element("span", { className: "chip", title: name, data: { thread } }, this.signs[thread]);
        mark.setAttribute("role", "img");
        mark.setAttribute("aria-label", `here: ${name}`);
        return mark;
      });
    }

    file({ file, lines }, source, many) {
      const rows = lines.map(([number, text, changed], at) => {
        const row = element("div", { className: "code-line", data: { changed: String(Boolean(changed)) } },
          element("span", { className: "marks" }), codeOf(text));
        row.addEventListener("click", () => this.asking?.(source, at, row));
        row.addEventListener("keydown", (event) => this.onKey(event, row));
        this.lines.push({ row, source, number, at });
        return row;
      });
      const title = many ? [element("p", { className: "file-name" }, named(this.level, file, source))] : [];
      return element("div", { className: "source" }, ...title, ...rows);
    }

    onKey(event, row) {
      if (!this.asking) return;
      if (event.key === "Enter" || event.key === " ") row.click();
      else if (event.key === "ArrowDown") this.step(row, 1);
      else if (event.key === "ArrowUp") this.step(row, -1);
      else return;
      event.preventDefault();
      event.stopPropagation();
    }

    step(row, by) {
      const next = this.asked[this.asked.indexOf(row) + by];
      if (!next) return;
      row.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    }

    /** answer(source, line, row): the line that was clicked; null: none is asked for. */
    ask(answer) {
      this.asking = answer;
      this.place.classList.toggle("asking", answer !== null);
      for (const { row } of this.lines) ["role", "tabindex"].forEach((name) => row.removeAttribute(name));
      if (!answer) return;
      if (this.level.sources.length > 1) this.place.scrollTop = 0;
      this.asked = this.lines.map(({ row }) => row).filter((row) => row.textContent.trim() !== "");
      this.asked.forEach((row, at) => {
        row.setAttribute("role", "button");
        row.tabIndex = at === 0 ? 0 : -1;
      });
    }

    isWrong(source, line) { return source === 0 && this.wrong.has(line); }

    /** The line to blame stands out until it is mended; wrong guesses are forgotten. */
    blame(line) {
      this.place.querySelectorAll(".no").forEach((row) => row.classList.remove("no"));
      const found = this.lines.find((one) => one.source === 0 && one.at === line);
      if (!found) return;
      found.row.classList.add("blamed");
      const [top, height] = [found.row.offsetTop, this.place.clientHeight];
      if (top < this.place.scrollTop || top > this.place.scrollTop + height - 60) this.place.scrollTop = top - height / 2;
    }

    /** Strikes out what is wrong, with the right lines below it. */
    reveal() {
      if (this.place.classList.contains("revealed")) return;
      this.place.classList.add("revealed");
      this.place.querySelectorAll(".blamed").forEach((row) => row.classList.remove("blamed"));
      const rows = this.lines.filter(({ source }) => source === 0).map(({ row }) => row);
      for (const [at, removed, right] of this.level.right ?? []) {
        rows.slice(at, at + removed.length).forEach((row) => row.classList.add("removed"));
        const added = right.map((text) => element("div", { className: "code-line added" },
          element("span", { className: "marks" }), codeOf(text)));
        const before = rows[at + removed.length - 1] ?? rows[at - 1];
        if (before) before.after(...added);
      }
      const first = this.place.querySelector(".removed, .added");
      if (first) this.place.scrollTop = first.offsetTop - this.place.clientHeight / 3;
    }

    conceal() {
      this.place.classList.remove("revealed");
      this.place.querySelectorAll(".added").forEach((row) => row.remove());
      this.place.querySelectorAll(".removed, .no, .blamed").forEach((row) => row.classList.remove("removed", "no", "blamed"));
    }

    draw(game) {
      if (this.level !== game.level) this.begin(game.level);
      const places = play.places(game.level, game.events, game.node, game.state);
      play.gliding(this.marks, () => this.marks.forEach((mark, thread) => {
        const line = places[thread] && this.find(places[thread]);
        if (!line) return mark.remove();
        const room = line.row.firstChild;
        if (mark.parentElement !== room) room.append(mark);
        mark.classList.toggle("asleep", game.node.t[thread][0] === "asleep");
      }));
      this.lines.forEach(({ row }) => row.classList.toggle("here", row.firstChild.childElementCount > 0));
      const { source } = game.state.place[game.state.last] ?? { source: 0 };
      setText(play.byId("file"), named(game.level, game.level.sources[source]?.file ?? "", source));
      this.scroll(game.state.last, game.path.length === 0);
    }

    find({ source, line }) {
      return this.lines.find((one) => one.source === source && one.number === line);
    }

    // The mark of who ran last is in sight; at the beginning as many marks as there is room for.
    scroll(last, begins) {
      const { clientHeight: height, scrollTop } = this.place;
      const isIn = (from) => (top) => top >= from + 20 && top <= from + height - 70;
      const tops = this.marks.filter((mark) => mark.isConnected).map((mark) => mark.offsetTop);
      const must = this.marks[last]?.isConnected ? this.marks[last].offsetTop : null;
      if (!begins && (must === null || isIn(scrollTop)(must))) return;
      const ways = [0, ...tops.map((top) => Math.max(0, top - height / 3))].filter((from) => begins || isIn(from)(must));
      const count = (from) => tops.filter(isIn(from)).length;
      this.place.scrollTop = ways.reduce((best, from) => (count(from) > count(best) ? from : best), ways[0] ?? 0);
    }
  }

  Object.assign(play, { Code, blamedLines });
})();
