"use strict";

// The objects between the threads. Each thread has one chip, which is in the mutex, before it, asleep
// in a condition, or outside; it glides from one place to the other.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const { element, setText } = play;

  /** Where a thread's chip belongs: "held:0", "door:0", "room:1" or "outside". */
  function chipPlace(game, thread) {
    const [now, whom] = game.node.t[thread];
    if (now === "done" || now === "new") return "gone";
    const held = game.state.holder.indexOf(thread);
    if (held >= 0) return `held:${held}`;
    const room = game.state.sleepers.findIndex((list) => list.includes(thread));
    if (room >= 0) return `room:${room}`;
    if (now === "asleep") return `room:${whom}`;
    if (now === "wants") return `door:${whom}`;
    const mutex = game.state.mutexOf?.[thread];
    if (game.state.woken.has(thread) && mutex !== undefined && mutex !== null) return `door:${mutex}`;
    return "outside";
  }

  const words = (text) => (text === true || text === 1 || text === "1" || text === "true" ? "yes" : "no");

  class Objects {
    constructor(place, wake) {
      this.place = place;
      this.wake = wake;
    }

    begin(level) {
      this.level = level;
      this.signs = play.letters(level.threads);
      this.places = new Map();
      this.values = new Map();
      this.chips = level.threads.map((name, thread) => this.chip(name, thread));
      const gone = element("div", { hidden: true });
      this.places.set("gone", gone);
      this.place.replaceChildren(this.box("outside", "outside", "outside"), ...this.groups(level), gone);
    }

    /** What belongs to one owner ("in-queue's mutex", "in-queue") stands together, in short words. */
    groups(level) {
      const owners = new Map();
      const add = (name, make) => {
        const [, owner, rest] = /^(.+?)'s (.+)$/.exec(name) ?? [null, name, name];
        if (!owners.has(owner)) owners.set(owner, []);
        owners.get(owner).push({ own: rest !== name, made: make(rest === name ? name : rest) });
      };
      level.objects.forEach((object, at) => {
        if (this.isShown(object, at)) add(object.name, (name) => this.object({ ...object, name }, at));
      });
      level.values.forEach((value) => add(value.name, (name) => this.value(value, name)));
      return [...owners].flatMap(([owner, parts]) => {
        const boxes = parts.map(({ made }) => made);
        return parts.some(({ own }) => own) ? [this.group(owner, boxes)] : boxes;
      });
    }

    group(owner, boxes) {
      const name = element("span", { className: "owner" }, owner);
      boxes.filter((box) => box.firstChild.textContent === owner).forEach((box) => box.firstChild.remove());
      return element("div", { className: "group" }, name, ...boxes);
    }

    // A condition in which nobody ever sleeps is left out, where all states are known.
    isShown({ kind }, at) {
      if (kind !== "mutex" && kind !== "condition") return false;
      if (kind === "mutex" || !this.level.nodes) return true;
      return this.level.nodes.some(({ t }) => t.some(([now, whom]) => now === "asleep" && whom === at))
        || this.level.events.some(([, op, object]) => object === at && op.startsWith("notify"));
    }

    chip(name, thread) {
      const chip = element("span", { className: "chip", title: name, data: { thread } }, this.signs[thread]);
      chip.addEventListener("click", () => this.wake(thread));
      return chip;
    }

    box(kind, name, ...keys) {
      const rooms = keys.map((key) => {
        const room = element("span", { className: `chips ${key.split(":")[0]}` });
        this.places.set(key, room);
        return room;
      });
      return element("div", { className: "object", data: { kind } },
        element("span", { className: "called", textContent: name }), ...rooms);
    }

    object({ name, kind }, at) {
      if (kind === "mutex") return this.box("mutex", name.replace(/^the /, ""), `held:${at}`, `door:${at}`);
      return this.box("condition", name, `room:${at}`);
    }

    value({ name, kind, capacity }, called) {
      const shown = element("span", { className: kind === "cells" ? "cells" : "flag" });
      this.values.set(name, { shown, kind, capacity });
      return element("div", { className: "object", data: { kind } },
        element("span", { className: "called", textContent: called }), shown);
    }

    draw(game) {
      if (this.level !== game.level) this.begin(game.level);
      const asked = game.node.o.some(([, kind]) => kind === play.WHOM);
      play.gliding(this.chips, () => this.chips.forEach((chip, thread) => {
        const room = this.places.get(chipPlace(game, thread)) ?? this.places.get("outside");
        if (chip.parentElement !== room) room.append(chip);
        const called = asked && game.options().some((option) => option.thread === thread);
        chip.classList.toggle("asked", called);
        chip.classList.toggle("lost", game.node.e === play.BROKEN && game.node.t[thread][0] === "asleep");
      }));
      this.hideIdle();
      for (const [name, value] of this.values) this.drawValue(value, game.state.values[name] ?? "");
      this.place.setAttribute("aria-label", this.spoken(game));
    }

    // A server's scenario has many: those that somebody has, wants or sleeps in are shown.
    hideIdle() {
      if (this.level.nodes) return;
      for (const box of this.place.querySelectorAll('[data-kind="mutex"], [data-kind="condition"]')) {
        box.hidden = box.querySelector(".chip") === null;
      }
    }

    drawValue({ shown, kind, capacity }, text) {
      if (kind !== "cells") {
        shown.dataset.set = words(text);
        return setText(shown, kind === "flag" ? words(text) : String(text || "0"));
      }
      const items = String(text).split(/[\s,]+/).filter(Boolean);
      const cells = Math.max(capacity ?? 0, items.length);
      while (shown.children.length > cells) shown.lastChild.remove();
      while (shown.children.length < cells) shown.append(element("span", { className: "cell" }));
      [...shown.children].forEach((cell, at) => {
        setText(cell, items[at] ?? "");
        cell.classList.toggle("full", at < items.length);
      });
    }

    /** The same for ears. */
    spoken({ level, state }) {
      const who = (list) => (list.length ? list.map((thread) => level.threads[thread]).join(", ") : "nobody");
      const objects = level.objects.flatMap(({ name, kind }, at) => {
        if (kind === "mutex") return [`${name}: ${who([state.holder[at]].filter((holder) => holder !== null))}`];
        return kind === "condition" ? [`asleep in ${name}: ${who(state.sleepers[at])}`] : [];
      });
      const values = level.values.map(({ name, kind }) => {
        const text = state.values[name] ?? "";
        return `${name}: ${kind === "flag" ? words(text) : text || "none"}`;
      });
      return ["Objects", ...objects, ...values].join("; ");
    }
  }

  play.Objects = Objects;
})();
