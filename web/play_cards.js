"use strict";

// A card for each thread: one large button that says where it is and what it does if it is chosen.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const { element, setText, enable, isEnabled } = play;

  /** What a card says of its thread: kind (for its looks), where it is, what comes. */
  function describe(game, thread) {
    const [now, whom] = game.node.t[thread];
    const { level, node } = game;
    const hung = play.hangs(node);
    const stuck = hung ? "for ever" : node.e === play.GOES_ON ? "cannot go on" : "";
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
    const edge = game.node.o[index][3] ?? [];
    const first = edge.map((at) => game.events[at])
      .find((event) => event.thread === thread && play.isShown(event))
      ?? (pending === null || pending === undefined ? null : game.events[pending]);
    return first ? play.words(game.level, first) : "goes on";
  }

  class Cards {
    constructor(place, choose) {
      this.place = place;
      this.choose = choose;
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
      if (button && !button.parentElement.hidden && isEnabled(button)) this.choose(option);
    }

    draw(game) {
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
      const then = first ? `can go on: ${promise(game, first)}` : said.then;
      const kind = first?.kind === play.WHOM ? "whom" : said.kind;
      say(card.parts, [name, said.where, kind === "whom" ? "wake this one" : then]);
      card.button.dataset.kind = kind;
      card.button.dataset.can = String(Boolean(first));
      card.option = first?.index;
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
    parts.forEach((part, at) => part.replaceChildren(texts[at],
      ...(texts[at] && texts[at + 1] ? [element("span", { className: "comma" }, ", ")] : [])));
  }

  // Of several options of one thread the card takes the first; a wake for no reason stands beside it.
  const rank = (kind) => [play.RUN, play.WHOM, play.DEADLINE, play.SPURIOUS].indexOf(kind);

  Object.assign(play, { Cards, describe, promise });
})();
