"use strict";

// What comes at an end: the verdict, loud; at a break also "which line?" and "mend it".
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const { byId, element, setText, plural } = play;

  /** The verdict in words: what happened, and what the explorer says of it. */
  function verdict({ node, level }) {
    const named = (thread) => level.threads[thread];
    const asleep = node.t.flatMap(([now, whom], thread) => (
      now === "asleep" ? [`${named(thread)} in ${level.objects[whom].name}`] : []));
    if (!play.hangs(node)) return { title: "Broken.", text: node.f, more: "" };
    const sleepers = asleep.length ? `Asleep for ever: ${asleep.join("; ")}. Nobody will call.` : "Nobody can go on.";
    return { title: "It hangs.", text: sleepers, more: `(${node.f})` };
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

    /** A new level, or a game that goes on: nothing is asked. */
    begin(level) {
      this.texts = play.textsOf(level);
      this.level = level;
      this.solvedHere = false;
    }

    draw(game) {
      const { e } = game.node;
      this.panel.hidden = e === play.GOES_ON;
      if (e === play.GOES_ON) return this.close();
      const key = `${game.level.id}:${game.path}`;
      if (this.told === key) return;
      this.close();
      this.told = key;
      this.panel.dataset.end = ["", "well", "broken"][e];
      if (e === play.BROKEN) this.tellBreak(game);
      else this.tellEnd(game);
    }

    close() {
      if (this.told === null) return;
      this.told = null;
      setText(byId("verdict"), "");
      this.ask.replaceChildren();
      this.code.ask(null);
      this.code.conceal();
    }

    tellEnd(game) {
      const right = game.level.kind === "right";
      byId("verdict").replaceChildren(element("strong", {}, right ? "All went well, as it always does." : "All went well."));
      const broken = right ? "Try another way, or let the explorer go." : "This time nobody noticed the mistake. Undo, and choose otherwise.";
      this.ask.replaceChildren(element("p", {}, broken));
    }

    tellBreak(game) {
      const { title, text, more } = verdict(game);
      const lines = game.lines().length;
      const shortest = game.source.known ? game.source.shortestFrom(0).length : game.path.length;
      const counts = `${plural(game.path.length, "choice")}, ${plural(lines, "step")}, ${plural(game.preemptions(), "preemption")}.`
        + (shortest < game.path.length ? ` The explorer needs ${plural(shortest, "choice")}: see its way.` : "");
      byId("verdict").replaceChildren(element("strong", {}, title), " ", text, " ",
        ...(more ? [element("span", { className: "counts" }, more), " "] : []),
        element("span", { className: "counts" }, counts));
      if (!this.texts.why || !this.level.right) return this.tellPlainly();
      this.askLine();
    }

    tellPlainly() {
      if (this.level.right) this.code.reveal();
      if (this.texts.why) this.ask.replaceChildren(element("p", { className: "why" }, this.texts.why));
    }

    askLine() {
      this.stage = "line";
      const heard = element("p", { className: "heard" });
      heard.setAttribute("role", "status");
      const show = element("button", { type: "button" }, "Show me the line");
      show.addEventListener("click", () => this.askPatch("This one."));
      const open = element("button", { type: "button", className: "on-a-phone" }, "Open the code");
      open.addEventListener("click", () => this.next.showCode(true));
      // The first level tells why at once; the others ask first.
      const why = this.texts.first ? [element("p", { className: "why" }, this.texts.why)] : [];
      this.ask.replaceChildren(
        ...why, element("p", {}, element("strong", {}, "Which line is to blame?"), " Click it in the code."), heard, open, show);
      this.code.ask((source, line, row) => this.onLine(source, line, row, heard));
    }

    onLine(source, line, row, heard) {
      const text = this.level.sources[source].lines[line][1];
      const { line: blamed, also } = this.texts;
      const differs = this.code.isWrong(source, line) || Boolean(also?.test(text));
      if (source === 0 && (blamed ? blamed.test(text) : differs)) return this.askPatch("That is the line.");
      row.classList.add("no");
      setText(heard, text.trim() ? "Not that one: the right one has it, too." : "That line is empty.");
    }

    askPatch(praise) {
      this.code.ask(null);
      this.next.showCode(false);
      this.stage = "mend";
      const { why, patches } = this.texts;
      const told = element("p", { className: "why", tabIndex: -1 }, element("strong", {}, praise), " ",
        this.texts.first ? this.texts.rule : why);
      if (!patches) return this.finish(told);
      const heard = element("p", { className: "heard" });
      heard.setAttribute("role", "status");
      const buttons = patches.map((patch) => this.patchButton(patch, heard));
      this.ask.replaceChildren(told, element("p", {}, element("strong", {}, "Mend it:")),
        element("div", { className: "patches" }, ...buttons), heard);
      told.focus();
    }

    patchButton(patch, heard) {
      const button = element("button", { type: "button", className: "patch" }, element("code", {}, patch.code));
      button.addEventListener("click", () => {
        if (patch.right) return this.finish(element("p", { className: "why", tabIndex: -1 },
          element("strong", {}, "Mended. "), patch.says));
        button.classList.add("no");
        setText(heard, `No. ${patch.says}`);
      });
      return button;
    }

    finish(told) {
      this.stage = "solved";
      this.panel.dataset.end = "mended";
      this.ask.replaceChildren(told, ...this.lastWords(), this.next.button());
      told.focus();
      this.next.solved(this.level);
      this.code.reveal();
    }

    lastWords() {
      const rule = this.texts.first ? null : this.texts.rule;
      const proof = this.next.proof(this.texts.twin);
      return [
        ...(rule ? [element("p", { className: "rule" }, rule)] : []),
        ...(proof ? [element("p", { className: "proof" }, proof)] : []),
      ];
    }
  }

  Object.assign(play, { Quiz, verdict });
})();
