"use strict";

// A scenario that is too large for a graph: a server's explorer plays it, a line of JSON for each move.
// It looks like a Model to the game, but knows no more than where it has been.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});

  /**
   * The connection to /scheduler: one question at a time, each answered by one message. A server has few
   * places, so it is dialled for a question only, and hung up when the page plays its own levels again.
   */
  class Line {
    constructor(url, lost) {
      Object.assign(this, { url, lost, waiting: [], socket: null });
    }

    dial() {
      const socket = new WebSocket(this.url);
      this.socket = socket;
      this.settled = new Promise((resolve) => ["open", "close"].forEach(
        (event) => socket.addEventListener(event, resolve)));
      // What is no object is no answer: a heartbeat.
      socket.addEventListener("message", ({ data }) => data[0] === "{" && this.waiting.shift()?.(this.parse(data)));
      let opened = false;
      socket.addEventListener("open", () => { opened = true; });
      socket.addEventListener("close", ({ code, reason }) => {
        if (!opened || this.socket !== socket) return;
        const why = `The server has closed the connection: ${code} ${reason}`.trim();
        this.giveUp(why);
        this.lost(why);
      });
    }

    giveUp(error) { this.waiting.splice(0).forEach((answer) => answer({ error })); }

    hangUp() {
      const { socket } = this;
      this.socket = null;
      this.giveUp("hung up");
      socket?.close();
    }

    parse(data) {
      try {
        return JSON.parse(data);
      } catch {
        return { error: "the server's answer is no JSON" };
      }
    }

    // Each question says all choices, so that another connection can go on where one was lost.
    async ask(question) {
      if (this.socket === null || this.socket.readyState > WebSocket.OPEN) this.dial();
      await this.settled;
      if (this.socket?.readyState !== WebSocket.OPEN) return { error: "The server cannot be reached." };
      return new Promise((answer) => {
        this.waiting.push(answer);
        this.socket.send(JSON.stringify(question));
      });
    }
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

  /** A line to the server that this page came from; null if it plays no scenarios. */
  async function findServer(lost) {
    if (!location.protocol.startsWith("http")) return null;
    const about = await fetch("about.json").then((answer) => answer.json()).catch(() => null);
    if (!about?.scheduler) return null;
    const url = new URL("scheduler", location.href);
    url.protocol = url.protocol.replace("http", "ws");
    url.hash = "";
    return new Line(url, lost);
  }

  Object.assign(play, { Remote, findServer });
})();
