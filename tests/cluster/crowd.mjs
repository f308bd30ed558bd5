// All who are in the chat during the check: members that stay and talk, and pages, which come again and again
// by themselves. It measures what a fault is to them.

import { Member } from "./member.mjs";

const JOIN_EVERY_MS = 10; // not all at once: that is for when a server dies
const LINES_OF_ROOM = 1_000;
const COME_AGAIN_MS = { least: 500, most: 6_000 };

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

export class Crowd {
  #members = [];
  #pages = [];
  #sentAt = new Map(); // by id, of the lines that are not yet kept
  #talking = null;
  #comings = new Map(); // by page: the timer until it comes again
  #said = 0;
  #seen;

  /** `random` has below(n), chance(p) and of(list); `url` is HAProxy's. */
  constructor({ url, checker, random, journal, rooms, members, pages, linesPerSecond }) {
    Object.assign(this, { checker, random, linesPerSecond });
    const make = (kind, count) => Array.from({ length: count }, (_, i) => this.#watched(new Member({
      url, checker, journal, room: `room-${i % rooms}`, name: `${kind}-${i}`, random: () => random.below(1e6) / 1e6,
    })));
    this.#members = make("member", members);
    this.#pages = make("page", pages);
    this.measure();
  }

  #watched(member) {
    member.on("kept", (id) => this.#wasKept(id));
    member.on("closed", ({ code, wasWelcome }) => {
      if (!wasWelcome) return;
      this.#seen.lost += 1;
      this.#seen.codes[code] = (this.#seen.codes[code] ?? 0) + 1;
    });
    member.on("not kept", () => (this.#seen.notKept += 1));
    return member;
  }

  get everybody() {
    return [...this.#members, ...this.#pages];
  }

  async join() {
    const joined = [];
    for (const member of this.everybody) {
      joined.push(member.join());
      await pause(JOIN_EVERY_MS);
    }
    await Promise.all(joined);
  }

  /** The first `rooms` rooms get as many lines as a room keeps: from then on each new one drops an old one. */
  async fill(rooms) {
    const lines = Array.from({ length: LINES_OF_ROOM }, (_, i) => `old line ${i + 1}`);
    for (const member of this.#members.slice(0, rooms)) await member.sayAll(lines);
  }

  leave() {
    this.quiet();
    for (const member of this.everybody) member.leave();
  }

  // -- What they do ------------------------------------------------------------------------------------

  goOn() {
    this.#talking = setInterval(() => this.#saySomething(), 1000 / this.linesPerSecond);
    for (const page of this.#pages) this.#comeAgainAndAgain(page);
  }

  #saySomething() {
    this.#said += 1;
    const id = this.random.of(this.everybody).say(`line ${this.#said}`);
    this.#sentAt.set(id, performance.now());
  }

  #comeAgainAndAgain(page) {
    const wait = COME_AGAIN_MS.least + this.random.below(COME_AGAIN_MS.most - COME_AGAIN_MS.least);
    this.#comings.set(page, setTimeout(() => {
      if (page.isWelcome) this.#comeAgain(page); // else it tries to already
      this.#comeAgainAndAgain(page);
    }, wait));
  }

  #comeAgain(page) {
    this.#seen.reloads += 1;
    if (this.random.chance(0.5)) page.comeTooQuickly();
    else page.drop(this.random.below(1000));
  }

  /** Everybody is quiet and stays. What is on its way then arrives; see isCaughtUp(). */
  quiet() {
    clearInterval(this.#talking);
    this.#comings.forEach((timer) => clearTimeout(timer));
  }

  isCaughtUp() {
    return this.everybody.every(({ isWelcome, unconfirmed }) => isWelcome && unconfirmed === 0) &&
      this.checker.behind().length === 0;
  }

  /** Who is not, in a few words. */
  whoIsNot() {
    const names = (list) => list.slice(0, 3).map(({ name }) => name).join(", ");
    const away = this.everybody.filter(({ isWelcome }) => !isWelcome);
    const waiting = this.everybody.filter(({ unconfirmed }) => unconfirmed > 0);
    const behind = this.checker.behind();
    return `${away.length} are not connected (${names(away)}), ` +
      `${waiting.length} wait for "kept" (${names(waiting)}), ` +
      `${behind.length} lack lines (${behind.slice(0, 3).join(", ")})`;
  }

  // -- What is measured --------------------------------------------------------------------------------

  measure() {
    const now = performance.now();
    this.#seen = { since: now, lastKept: now, silence: 0, slowest: 0, kept: 0, lost: 0, notKept: 0, reloads: 0,
      codes: {}, lastAway: null };
  }

  #wasKept(id) {
    const now = performance.now();
    this.#seen.kept += 1;
    this.#seen.silence = Math.max(this.#seen.silence, now - this.#seen.lastKept);
    this.#seen.lastKept = now;
    if (this.#sentAt.has(id)) this.#seen.slowest = Math.max(this.#seen.slowest, now - this.#sentAt.get(id));
    this.#sentAt.delete(id);
  }

  /** To be called often: it sees when members, which do not go by themselves, were last not all connected. */
  look() {
    if (!this.#members.every(({ isWelcome }) => isWelcome)) this.#seen.lastAway = performance.now();
  }

  /** Since measure(); times in seconds. */
  measured() {
    const { since, lastAway, silence, slowest, kept, lost, notKept, reloads, codes } = this.#seen;
    const seconds = (milliseconds) => Number((milliseconds / 1000).toFixed(2));
    return {
      kept, lost, codes, notKept, reloads,
      withoutKept: seconds(silence),
      slowestKept: seconds(slowest),
      allConnectedAfter: lastAway === null ? 0 : seconds(lastAway - since),
    };
  }
}
