"use strict";

// What comes at an end: the verdict, loud; at a break also "which line?" and "mend it".
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const { byId, element, setText } = play;

  /** The verdict in words: what happened, and what the explorer says of it. */
  function verdict({ node, level }) {
    const named = (thread) => level.threads[thread];
    const asleep = node.t.flatMap(([now, whom], thread) => (
      now === "asleep" ? [`${named(thread)} in ${level.objects[whom].name}`] : []));
    if (!play.hangs(node)) return { title: "Broken.", text: node.f };
    const sleepers = asleep.length ? `Asleep for ever: ${asleep.join("; ")}. Nobody will call.` : "Nobody can go on.";
    return { title: "It hangs.", text: sleepers };
  }

  /** The stages behind a break: "line", "mend", "solved". Each level starts with its line. */
  class Quiz {
    constructor(code, next) {
      this.code = code;
      this.next = next;
      this.panel = byId("ending");
      this.ask = byId("ask");
      this.stage = null;
      this.told = null;
    }

    /** Does it ask for the line, once the level is broken? */
    static asks(level) { return Boolean(play.textsOf(level).why && level.right); }

    /** A new level, or a game that goes on: nothing is asked. */
    begin(level) {
      this.texts = play.textsOf(level);
      this.level = level;
    }

    draw(game) {
      const { e } = game.node;
      this.panel.hidden = e === play.GOES_ON;
      if (e === play.GOES_ON) return this.close();
      const key = `${game.level.id}:${game.path}:${this.next.allSeen()}`;
      if (this.told === key) return;
      this.close();
      this.told = key;
      this.panel.dataset.end = ["", game.level.kind === "wrong" ? "missed" : "well", "broken"][e];
      if (e === play.BROKEN) this.tellBreak(game);
      else this.tellEnd(game);
    }

    close() {
      if (this.told === null) return;
      this.told = null;
      this.at(null);
      setText(byId("verdict"), "");
      this.ask.replaceChildren();
      this.code.ask(null);
      this.code.conceal();
    }

    tellEnd(game) {
      const right = game.level.kind === "right";
      byId("verdict").replaceChildren(element("strong", {}, right ? "All went well, as it always does." : "It did not break."));
      const next = !right ? "This time nobody noticed the mistake. Undo, and choose otherwise."
        : this.next.allSeen() ? "All states are seen, none fails: on to the next level, below the map."
        : "Try another way, or let the explorer go.";
      this.ask.replaceChildren(element("p", {}, next));
    }

    tellBreak(game) {
      const { title, text } = verdict(game);
      byId("verdict").replaceChildren(element("strong", {}, title), " ", text);
      if (Quiz.asks(this.level)) this.askLine();
      else this.tellPlainly();
    }

    tellPlainly() {
      if (this.level.right) this.code.reveal();
      if (this.texts.why) this.ask.replaceChildren(element("p", { className: "why" }, this.texts.why));
    }

    askLine() {
      this.at("line");
      const heard = element("p", { className: "heard" });
      heard.setAttribute("role", "status");
      const show = element("button", { type: "button" }, "Show me the line");
      show.addEventListener("click", () => this.askPatch("This one.", play.blamedLines(this.level)[0]));
      const open = element("button", { type: "button", className: "on-a-phone" }, "Open the code");
      open.addEventListener("click", () => this.next.showCode(true));
      this.ask.replaceChildren(
        element("p", {}, element("strong", {}, "Which line is to blame?"), " Click it in the code."), heard, open, show);
      this.code.ask((source, line, row) => this.onLine(source, line, row, heard));
    }

    onLine(source, line, row, heard) {
      const text = this.level.sources[source].lines[line][1];
      if (source === 0 && play.blamedLines(this.level).includes(line)) return this.askPatch("That is the line.", line);
      row.classList.add("no");
      const { others = "look on." } = this.texts;
      setText(heard, this.code.isWrong(source, line) ? `It changes, too, but is not to blame: ${others}`
        : text.trim() ? "Not that one: without the mistake it stands there just the same." : "That line is empty.");
      heard.scrollIntoView({ block: "nearest" });
    }

    at(stage) {
      this.stage = stage;
      this.panel.dataset.stage = stage ?? "";
    }

    askPatch(praise, line) {
      this.code.ask(null);
      this.next.showCode(false);
      this.at("mend");
      this.code.blame(line);
      const { why, patches } = this.texts;
      const told = element("p", { className: "why", tabIndex: -1 }, element("strong", {}, praise), " ", why);
      if (!patches) return this.finish(told);
      const heard = element("p", { className: "heard" });
      heard.setAttribute("role", "status");
      const buttons = patches.map((patch) => this.patchButton(patch, heard));
      this.ask.replaceChildren(told, element("div", { className: "patches" }, element("strong", {}, "Mend it:"), ...buttons), heard);
      told.focus();
    }

    patchButton(patch, heard) {
      const button = element("button", { type: "button", className: "patch" }, element("code", {}, patch.code));
      button.addEventListener("click", () => {
        if (patch.right) return this.finish(element("p", { className: "why", tabIndex: -1 },
          element("strong", {}, "Mended. "), patch.says));
        button.classList.add("no");
        setText(heard, `No. ${patch.says}`);
        heard.scrollIntoView({ block: "nearest" });
      });
      return button;
    }

    finish(told) {
      this.at("solved");
      this.panel.dataset.end = "mended";
      setText(byId("verdict"), "");
      this.ask.replaceChildren(told, ...this.lastWords(), this.next.button());
      told.focus();
      this.next.solved(this.level);
      this.code.reveal();
    }

    lastWords() {
      const { rule, second } = this.texts;
      const proof = this.next.proof(this.texts.twin);
      return [
        ...(second ? [element("p", { className: "second-line" }, second)] : []),
        ...(rule ? [element("p", { className: "rule" }, rule)] : []),
        ...(proof ? [element("p", { className: "proof" }, proof)] : []),
      ];
    }
  }

  Object.assign(play, { Quiz, verdict });
})();
