"use strict";

// A scenario that is too large for a graph: a server's explorer plays it, a line of JSON for each move.
// It looks like a Model to the game, but knows no more than where it has been.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});

  /** The connection to /scheduler: one question at a time, each answered by one message. */
  class Line {
    constructor(url, lost) {
      this.socket = new WebSocket(url);
      this.waiting = [];
      this.opened = new Promise((resolve) => this.socket.addEventListener("open", resolve));
      this.socket.addEventListener("message", ({ data }) => this.waiting.shift()?.(this.parse(data)));
      this.socket.addEventListener("close", ({ code, reason }) => {
        this.waiting.splice(0).forEach((answer) => answer({ error: `closed: ${code} ${reason}` }));
        lost(`The server has closed the connection: ${code} ${reason}`);
      });
    }

    parse(data) {
      try {
        return JSON.parse(data);
      } catch {
        return { error: "the server's answer is no JSON" };
      }
    }

    async ask(question) {
      await this.opened;
      return new Promise((answer) => {
        this.waiting.push(answer);
        this.socket.send(JSON.stringify(question));
      });
    }

    hang() { this.socket.close(); }
  }

  const shape = ({ threads, objects, values, sources }) => JSON.stringify([threads, objects, values, sources]);

  class Remote {
    constructor(line, scenario) {
      Object.assign(this, { line, scenario, known: false, answers: new Map(), level: null });
    }

    /** done(true) once all states on the way are here. */
    load(path, done) {
      this.fetch(path).then(done, () => done(false));
    }

    async fetch(path) {
      for (let length = 0; length <= path.length; ++length) {
        const choices = play.share.encode(path.slice(0, length));
        if (this.answers.has(choices)) continue;
        const answer = await this.line.ask({ scenario: this.scenario, choices });
        if (answer.error || !answer.node) return this.refuse(answer.error ?? "no state in it");
        this.answers.set(choices, { answer, events: answer.events.map(play.readEvent) });
      }
      this.adopt(this.answers.get(play.share.encode(path)).answer);
      return true;
    }

    refuse(error) {
      this.error = error;
      return false;
    }

    // The same object as long as it looks the same, so that what is drawn stays and moves.
    adopt(answer) {
      const level = { ...answer, kind: "server", scenario: this.scenario, right: null };
      if (this.level && shape(this.level) === shape(level)) return;
      this.level = level;
    }

    at(path) {
      const { answer, events } = this.answers.get(play.share.encode(path));
      const ends = path.map((_, length) => this.answers.get(play.share.encode(path.slice(0, length))).answer.start.length);
      const groups = [...ends, answer.start.length].map((end, at) => answer.start.slice(at === 0 ? 0 : ends[at - 1], end));
      return { node: answer.node, index: undefined, groups, events };
    }
  }

  /** {scenarios, line} of the server that this page came from; null if it plays none. */
  async function findServer(lost) {
    if (!location.protocol.startsWith("http")) return null;
    const about = await fetch("about.json").then((answer) => answer.json(), () => null);
    if (!about?.scheduler) return null;
    const url = new URL("scheduler", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = "";
    const line = new Line(url, lost);
    const { scenarios = [] } = await line.ask({ list: true });
    return { line, scenarios };
  }

  Object.assign(play, { Remote, findServer });
})();
