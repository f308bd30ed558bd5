"use strict";

// A card for each thread: one large button that says where it is and what it does if it is chosen.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const { element, setText, enable, isEnabled } = play;
  const MOST_SIGNS = 48;
  const CAN = "can go on: ";

  /** What a card says of its thread: kind (for its looks), where it is, what comes. */
  function describe(game, thread) {
    const [now, whom] = game.node.t[thread];
    const { level, node } = game;
    const hung = play.hangs(node);
    const stuck = hung ? "for ever" : node.e === play.GOES_ON ? stuckNow(game, thread) : "";
    if (now === "done") return { kind: "done", where: "has ended", then: "" };
    if (now === "asleep") {
      const where = `asleep in ${level.objects[whom].name}`;
      return { kind: "asleep", where, then: hung ? "for ever: nobody will call" : stuck };
    }
    if (now === "joins") {
      return { kind: "waits", where: `waits for ${level.threads[whom]} to end`, then: stuck };
    }
    if (now === "wants") {
      const holder = game.state.holder[whom];
      const by = holder === null || holder === undefined ? "" : `, ${level.threads[holder]} has it`;
      return { kind: "waits", where: `wants ${level.objects[whom].name}${by}`, then: stuck };
    }
    const kind = now === "new" ? "new" : "ready";
    return { kind, where: whereabouts(game, thread, now), then: hung ? "" : stuck };
  }

  // Inside a notify_one that has to choose, only who is woken can be chosen.
  function stuckNow({ node, state }, thread) {
    if (!node.o.some(([, kind]) => kind === play.WHOM)) return "cannot go on";
    return thread === state.last ? "calls notify_one: whom?" : "not asked now";
  }

  /** Why a click on this thread does nothing. */
  function refusal({ node, level, over }, thread) {
    const name = level.threads[thread];
    const [now, whom] = node.t[thread];
    if (over) return "It is over: undo, or begin again.";
    if (now === "done") return `${name} has ended.`;
    if (node.o.some(([, kind]) => kind === play.WHOM)) return `${name} is not asked: choose one of those who sleep.`;
    if (now === "asleep") return `${name} sleeps in ${level.objects[whom].name}: it goes on when somebody notifies it.`;
    if (now === "wants") return `${name} waits until ${level.objects[whom].name} is free.`;
    if (now === "joins") return `${name} waits until ${level.threads[whom]} has ended.`;
    return `${name} cannot go on now.`;
  }

  function whereabouts({ state, level }, thread, now) {
    if (now === "new") return "has not begun";
    const held = state.holder.indexOf(thread);
    if (held >= 0) return `holds ${level.objects[held].name}`;
    if (state.woken.has(thread)) return "woken, not yet back";
    return "runs, holds nothing";
  }

  /** What an option does, in words. */
  function promise(game, { thread, kind, index }) {
    if (kind === play.WHOM) return "wake this one";
    if (kind === play.SPURIOUS) return "wakes for no reason";
    if (kind === play.DEADLINE) return "its deadline passes";
    const pending = game.node.t[thread][2];
    const edge = (game.node.o[index][3] ?? []).map((at) => game.events[at]).filter(play.isShown);
    const mine = edge.filter((event) => event.thread === thread);
    if (mine.length) return firstOf(mine.map((event) => play.words(game.level, event)), edge.length > mine.length);
    return pending === null || pending === undefined ? "goes on" : play.words(game.level, game.events[pending]);
  }

  // Two steps, or three if they are short.
  function firstOf(steps, othersToo) {
    const short = steps.map((step) => step.replace(/: nobody waits$/, ""));
    const count = short.slice(0, 3).join(", ").length <= MOST_SIGNS ? 3 : 2;
    return short.slice(0, count).join(", ") + (short.length > count || othersToo ? ", \u2026" : "");
  }

  /** All that a choice will cause, a line for each step. */
  function consequences({ node, level, events }, index) {
    return (node.o[index]?.[3] ?? []).map((at) => events[at]).filter(play.isShown)
      .map((event) => `${level.threads[event.thread]}: ${play.words(level, event)}`).join("\n");
  }

  class Cards {
    constructor(place, choose, tell) {
      Object.assign(this, { place, choose, tell });
      this.cards = [];
    }

    card(thread) {
      if (this.cards[thread]) return this.cards[thread];
      const key = element("kbd", { textContent: String(thread + 1) });
      key.setAttribute("aria-hidden", "true");
      const parts = ["thread-name", "where", "then"].map((className) => element("span", { className }));
      const button = element("button", { type: "button", className: "card", data: { thread } }, key, ...parts);
      button.setAttribute("aria-keyshortcuts", String(thread + 1));
      const second = element("button", { type: "button", className: "second", hidden: true });
      const made = { parts, button, second, holder: element("div", { className: "holder" }, button, second) };
      button.addEventListener("click", () => this.press(thread));
      second.addEventListener("click", () => made.other !== undefined && this.choose(made.other));
      this.cards[thread] = made;
      return made;
    }

    press(thread) {
      const { button, option } = this.cards[thread] ?? {};
      if (!button || button.parentElement.hidden) return;
      if (isEnabled(button)) this.choose(option);
      else this.tell(refusal(this.game, thread));
    }

    draw(game) {
      this.game = game;
      const options = game.options();
      game.level.threads.forEach((name, thread) => {
        const card = this.card(thread);
        if (!card.holder.isConnected) this.place.append(card.holder);
        card.holder.hidden = false;
        const mine = options.filter((option) => option.thread === thread)
          .sort((one, other) => rank(one.kind) - rank(other.kind));
        this.drawCard(game, card, name, thread, mine);
      });
      this.cards.slice(game.level.threads.length).forEach(({ holder }) => { holder.hidden = true; });
      this.place.dataset.many = String(game.level.threads.length > 4);
      this.place.dataset.over = ["", "well", play.hangs(game.node) ? "hangs" : "broken"][game.node.e];
    }

    drawCard(game, card, name, thread, [first, second]) {
      const said = describe(game, thread);
      const then = first ? CAN + promise(game, first) : said.then;
      const kind = first?.kind === play.WHOM ? "whom" : said.kind;
      say(card.parts, [name, said.where, kind === "whom" ? "wake this one" : then]);
      card.button.dataset.kind = kind;
      card.button.dataset.can = String(Boolean(first));
      card.option = first?.index;
      card.button.title = first ? consequences(game, first.index) : "";
      enable(card.button, Boolean(first));
      card.other = second?.index;
      card.second.hidden = !second;
      if (second) setText(card.second, `${name}: ${promise(game, second)}`);
    }

    /** Points at one of the cards, or at none. */
    pointAt(thread) {
      this.cards.forEach(({ button }, at) => button.classList.toggle("look", at === thread));
    }
  }

  // The button's name is its text: commas that only ears need stand between its lines.
  function say(parts, texts) {
    const said = texts.join("\n");
    if (parts[0].dataset.said === said) return;
    parts[0].dataset.said = said;
    parts.forEach((part, at) => part.replaceChildren(...words(texts[at]),
      ...(texts[at] && texts[at + 1] ? [element("span", { className: "comma" }, ", ")] : [])));
  }

  // Eyes have the arrow for it.
  const words = (text) => (text.startsWith(CAN)
    ? [element("span", { className: "comma" }, CAN), text.slice(CAN.length)] : [text]);

  // Of several options of one thread the card takes the first; a wake for no reason stands beside it.
  const rank = (kind) => [play.RUN, play.WHOM, play.DEADLINE, play.SPURIOUS].indexOf(kind);

  Object.assign(play, { Cards, describe, promise });
})();
