// A crowd that talks and comes back while servers change behind it, and that misses nothing.
//
// Each client sends numbered messages, some at a time without waiting for echoes; after a while it says
// goodbye, or the server does, with 1001; then it comes back at once. What it demands:
// - every connect becomes a WebSocket: none is refused, reset or left without an answer;
// - the echoes of a connection are what was sent on it, in order, without a gap: a drain finishes
//   what was received, so of what is not echoed nothing was processed, and it is sent again;
// - a connection ends with a Close and its code, 1000 or 1001.

import assert from "node:assert/strict";
import WebSocket from "ws";

const AT_A_TIME = 8;
const ON_ONE_CONNECTION = 200;

class Client {
  constructor(url, number, crowd) {
    Object.assign(this, { url, number, crowd, next: 0 });
  }

  /** Until the crowd goes home; then all that it has sent is echoed. */
  async live() {
    while (!this.crowd.goesHome) await this.once();
  }

  /** One connection. Rejects with what is not as it has to be. */
  once() {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(this.url, { ...this.crowd.options, perMessageDeflate: false });
      const first = this.next;
      let sent = first;
      let open = false;
      const fail = (what) => {
        reject(new Error(`client ${this.number}: ${what}`));
        socket.terminate();
      };
      const say = () => {
        const last = this.crowd.goesHome || sent - first >= ON_ONE_CONNECTION;
        while (!last && sent < this.next + AT_A_TIME) socket.send(`${this.number} ${sent++}`);
        if (last && this.next === sent) socket.close(1000, "for now");
      };
      socket.on("open", () => {
        open = true;
        this.crowd.connects += 1;
        this.crowd.changed();
        say();
      });
      socket.on("message", (data) => {
        if (data.toString() !== `${this.number} ${this.next}`) {
          return fail(`${data} instead of ${this.next}`);
        }
        this.next += 1;
        this.crowd.echoes += 1;
        if (socket.readyState === WebSocket.OPEN) say();
        return undefined;
      });
      socket.on("error", (error) => fail(`${open ? "an open connection" : "a connect"}: ${error.message}`));
      socket.on("close", (code) => {
        if (code !== 1000 && code !== 1001) return fail(`ended with ${code}`);
        if (code === 1001) this.crowd.sentAway += 1;
        this.crowd.changed();
        return resolve();
      });
    });
  }
}

/** `size` clients of `url`, from now on; with these options of `ws`. */
export class Crowd {
  constructor(url, size, options = {}) {
    Object.assign(this, { size, options, connects: 0, echoes: 0, sentAway: 0, goesHome: false, waiting: [] });
    const clients = Array.from({ length: size }, (_, number) => new Client(url, number, this));
    this.over = Promise.all(clients.map((client) => client.live()));
    this.over.catch(() => {}); // told by whoever waits
  }

  changed() {
    this.waiting = this.waiting.filter(({ condition, resolve }) => !condition() || void resolve());
  }

  /** Resolves when that holds, of what is counted here; rejects with the first client that fails. */
  async until(condition) {
    if (condition()) return;
    const holds = new Promise((resolve) => this.waiting.push({ condition, resolve }));
    await Promise.race([holds, this.over]);
    assert.ok(condition(), "the crowd has gone home");
  }

  /** All that was begun is finished; then how much it was. */
  async home() {
    this.goesHome = true;
    await this.over;
    return { connects: this.connects, echoes: this.echoes, sentAway: this.sentAway };
  }
}
