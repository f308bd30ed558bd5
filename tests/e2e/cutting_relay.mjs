// Stands between a client and a server, knows no key, and cuts what it passes on: into single bytes, or in the
// middle of each TLS record. It can stop anywhere, and go on or not.

import { once } from "node:events";
import net from "node:net";

/** Each byte by itself. */
function* singleBytes(chunk) {
  for (let i = 0; i < chunk.length; i += 1) yield chunk.subarray(i, i + 1);
}

const HEADER_BYTES = 5; // RFC 8446 section 5.1: type, version, length

/**
 * Cuts each record within its header and in its middle, and nowhere between two: the second half of one travels
 * with the beginning of the next. A chunk ends where the kernel has it end.
 */
function halfRecords() {
  let at = 0; // in the record
  let size = 0; // of it, once its header is there
  return function* cut(chunk) {
    let from = 0;
    for (let i = 0; i < chunk.length;) {
      if (at < HEADER_BYTES) {
        if (at === 3) size = chunk[i] << 8;
        if (at === 4) size += chunk[i] + HEADER_BYTES;
        [at, i] = [at + 1, i + 1];
      } else {
        const middle = HEADER_BYTES + ((size - HEADER_BYTES) >> 1);
        const step = Math.min(chunk.length - i, (at < middle ? middle : size) - at);
        [at, i] = [at + step, i + step];
        if (at === middle) {
          yield chunk.subarray(from, i);
          from = i;
        }
        if (at === size) at = 0;
      }
      if (at === 3) {
        yield chunk.subarray(from, i);
        from = i;
      }
    }
    if (from < chunk.length) yield chunk.subarray(from);
  };
}

export const CUTS = { bytes: () => singleBytes, halves: halfRecords };

const turn = (ms) => new Promise((resolve) => (ms > 0 ? setTimeout(resolve, ms) : setImmediate(resolve)));

/** One direction of one connection. */
class Way {
  constructor(from, to, cut, pause) {
    Object.assign(this, { from, to, cut, pause, budget: Infinity, passed: 0, goOn: () => {}, onStop: () => {} });
    this.stood = new Promise((resolve) => (this.onStop = resolve));
  }

  async run() {
    for await (const chunk of this.from) {
      for (let piece of this.cut(chunk)) {
        while (piece.length > this.budget) {
          const now = piece.subarray(0, this.budget);
          piece = piece.subarray(now.length);
          this.budget = 0;
          if (now.length > 0) await this.pass(now);
          this.onStop();
          await new Promise((resolve) => (this.goOn = resolve));
        }
        this.budget -= piece.length;
        await this.pass(piece);
      }
    }
    this.to.end();
  }

  async pass(piece) {
    await new Promise((resolve) => this.to.write(piece, resolve));
    this.passed += piece.length;
    if (this.pause !== null) await turn(this.pause);
  }

  /** After so many bytes more it passes nothing on. Resolves when it stands there, and more waits. */
  stopAfter(bytes) {
    this.budget = bytes;
    return this.stood;
  }
  go() {
    this.budget = Infinity;
    this.goOn();
  }
}

/**
 * Relays to `port`. `cut` is one of CUTS; `pause` in ms behind each piece, 0: until the event loop comes round, null:
 * none. Of what clients send it passes `stopAfter` bytes on, if that is said. `ways` has { up, down } of each connection, in their order.
 */
export async function cuttingRelay(t, port, { cut = () => (chunk) => [chunk], pause = null, stopAfter } = {}) {
  const sockets = new Set();
  const ways = [];
  const relay = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const server = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const up = new Way(client, server, cut(), pause);
    const down = new Way(server, client, cut(), pause);
    if (stopAfter !== undefined) up.stopAfter(stopAfter);
    ways.push({ up, down, cutOff: () => [client, server].forEach((socket) => socket.end()) });
    for (const [socket, other] of [[client, server], [server, client]]) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => sockets.delete(socket));
    }
    for (const way of [up, down]) way.run().catch(() => {}); // one of them has broken off
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  t.after(() => {
    sockets.forEach((socket) => socket.destroy());
    relay.close();
  });
  return { port: relay.address().port, url: `wss://127.0.0.1:${relay.address().port}/ws`, ways };
}
