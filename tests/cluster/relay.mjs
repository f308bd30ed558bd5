// A TCP relay that can stop forwarding: what was open stays open, and what comes stays with it, as on a
// network that loses everything.

import { once } from "node:events";
import net from "node:net";

export class Relay {
  #pairs = new Set();
  #stopped = false;

  /** To `place`, { address, port }, from a port of its own at `address`. */
  static async open(place, address) {
    const relay = new Relay(place);
    relay.server.listen(0, address);
    await once(relay.server, "listening");
    relay.port = relay.server.address().port;
    return relay;
  }

  constructor({ address, port }) {
    this.server = net.createServer({ pauseOnConnect: true }, (near) => {
      const pair = { near, far: null };
      this.#pairs.add(pair);
      near.on("error", () => {}); // its "close" follows
      near.on("close", () => {
        this.#pairs.delete(pair);
        pair.far?.destroy();
      });
      pair.connect = () => {
        pair.far = net.connect(port, address);
        pair.far.on("error", () => {});
        pair.far.on("close", () => near.destroy());
        this.#forward(pair);
      };
      if (!this.#stopped) pair.connect();
    });
  }

  #forward({ near, far }) {
    near.pipe(far);
    far.pipe(near);
  }

  stop() {
    this.#stopped = true;
    for (const { near, far } of this.#pairs) {
      near.unpipe();
      far?.unpipe();
      near.pause();
      far?.pause();
    }
  }

  go() {
    this.#stopped = false;
    for (const pair of this.#pairs) {
      if (pair.far) this.#forward(pair);
      else pair.connect();
    }
  }

  close() {
    this.server.close();
    for (const { near } of this.#pairs) near.destroy();
  }
}
