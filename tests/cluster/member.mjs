// A member of the chat that does all that is a client's to do: it comes again when its connection is lost, says
// up to where it knows the lines, and sends again, with the same id, what nobody has confirmed. The subprotocol
// is chat.2.

import { EventEmitter, once } from "node:events";
import { createRequire } from "node:module";

const WebSocket = createRequire(new URL("../e2e/package.json", import.meta.url))("ws");

const BURST = 100; // lines at a time that wait for "kept"

const HANDSHAKE_MS = 5_000;
const OLD_CONNECTION_MS = 15_000;

// Full jitter: anywhere between now and the bound, lest all who lost the same server come again as one.
const FIRST_BACKOFF_MS = 200;
const MOST_BACKOFF_MS = 5_000;

/**
 * Emits "welcome", "line", "join", "leave", "members", each with the message, "kept" with the id and the seq,
 * "not kept" with the id and the reason, "closed" with { code, reason, wasWelcome } of a connection that was lost or
 * not to be had, and "old" with the code of one whose place it took itself.
 */
export class Member extends EventEmitter {
  #socket = null;
  #isWelcome = false;
  #isStaying = false;
  #attempt = 0;
  #backoff = null;
  #unconfirmed = new Map(); // by id: { text, again, timer }, in the order in which they were said
  #number = 0;

  token;
  epoch;
  seq; // up to there it knows all

  /**
   * `url` is where the servers are, and may be changed; `resend` is how long it waits for "kept"; `journal` is
   * told of all that comes and goes.
   */
  constructor({ url, room, name, checker, random = Math.random, resend = 12_000, journal = () => {} }) {
    super();
    Object.assign(this, { url, room, name, checker, random, resend, journal });
  }

  get isWelcome() {
    return this.#isWelcome;
  }
  get unconfirmed() {
    return this.#unconfirmed.size;
  }

  /** Comes, and from then on comes again whenever it has to. Resolves with the first welcome. */
  join() {
    this.#isStaying = true;
    this.#connect();
    return this.welcomed();
  }

  /** Resolves with the next welcome. */
  welcomed() {
    return new Promise((resolve) => this.once("welcome", resolve));
  }

  /** Says it now, or as soon as it can. Gives the id. */
  say(text) {
    this.#number += 1;
    const id = `${this.name}-${this.#number}`;
    this.checker?.says(this.room, this.name, id, text);
    this.#unconfirmed.set(id, { text, again: undefined, timer: null });
    if (this.#isWelcome) this.#send(id);
    return id;
  }

  /** Says one after the other, and resolves when all are kept. */
  async sayAll(texts) {
    for (const text of texts) {
      this.say(text);
      while (this.unconfirmed >= BURST) await once(this, "kept");
    }
    while (this.unconfirmed > 0) await once(this, "kept");
  }

  /** Sends what was said before once more, as one does that has not heard the answer. */
  sayAgain(id, text) {
    this.#unconfirmed.set(id, { text, again: true, timer: null });
    if (this.#isWelcome) this.#send(id);
  }

  /** Its connection is gone, and it comes again after `wait`, or when it thinks fit. */
  drop(wait) {
    this.#leaveSocket((socket) => socket.terminate());
    this.#comeAgain(wait);
  }

  /** Comes again while its connection is still there, as a page that is reloaded too quickly. */
  comeTooQuickly() {
    this.#leaveSocket((socket) => {
      const timer = setTimeout(() => socket.terminate(), OLD_CONNECTION_MS);
      socket.once("close", (code) => {
        clearTimeout(timer);
        this.emit("old", code);
      });
    });
    this.#connect();
  }

  /** Stays away, but is not gone: join() brings it back. */
  stayAway() {
    this.#isStaying = false;
    clearTimeout(this.#backoff);
    this.#leaveSocket((socket) => socket.close());
  }

  /** Goes, not to come again. */
  leave() {
    this.stayAway();
    this.checker?.leaves(this.name);
  }

  /** Reads nothing from its connection, until resumeReading(). */
  stopReading() {
    this.#socket.pause();
  }
  resumeReading() {
    this.#socket?.resume();
  }

  #connect() {
    clearTimeout(this.#backoff);
    const query = new URLSearchParams({ room: this.room, name: this.name });
    if (this.token !== undefined) query.set("token", this.token);
    const since = this.seq;
    if (since !== undefined) {
      query.set("since", since);
      query.set("epoch", this.epoch);
    }
    const socket = new WebSocket(`${this.url}/ws?${query}`, ["chat.2"], {
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
    });
    this.#socket = socket;
    socket.on("upgrade", ({ headers }) =>
      this.journal(`${this.name} open, on ${headers["x-served-by"] ?? this.url}, ?${query}`));
    socket.on("message", (data) => {
      if (socket !== this.#socket) return;
      this.journal(`${this.name} <- ${data}`);
      this.#take(data.toString(), since);
    });
    socket.on("error", () => {}); // its "close" follows
    socket.on("close", (code, reason) => {
      if (socket !== this.#socket) return;
      const wasWelcome = this.#isWelcome;
      this.journal(`${this.name} closed ${code} ${reason}`);
      this.#leaveSocket(() => {});
      this.emit("closed", { code, reason: reason.toString(), wasWelcome });
      if (this.#isStaying) this.#comeAgain();
    });
  }

  // What a connection says that is not this member's any more is not heard: a page that is loaded again has
  // forgotten it, too.
  #leaveSocket(end) {
    const socket = this.#socket;
    this.#socket = null;
    this.#isWelcome = false;
    for (const line of this.#unconfirmed.values()) clearTimeout(line.timer);
    if (socket) end(socket);
  }

  #comeAgain(wait = this.random() * Math.min(MOST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#attempt)) {
    this.#attempt += 1;
    this.#backoff = setTimeout(() => this.#connect(), wait);
  }

  #send(id) {
    const line = this.#unconfirmed.get(id);
    const message = JSON.stringify({ type: "say", id, text: line.text, again: line.again });
    this.journal(`${this.name} -> ${message}`);
    this.#socket.send(message);
    line.again ??= this.seq ?? true; // if it was kept then, it is behind what was known then
    clearTimeout(line.timer);
    line.timer = setTimeout(() => this.#send(id), this.resend);
  }

  #take(text, since) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      this.checker?.wonders(this.name, `no JSON: ${text.slice(0, 60)}`);
      return;
    }
    if (!this.#isWelcome && message.type !== "welcome") {
      this.checker?.wonders(this.name, `${message.type} before the welcome`);
      return;
    }
    const take = this.#takes[message.type];
    if (take) take(message, since);
    else this.checker?.wonders(this.name, `a message of type ${message.type}`);
  }

  #takes = {
    welcome: (message, since) => {
      const { token, epoch, seq, history } = message;
      this.#isWelcome = true;
      this.#attempt = 0;
      this.checker?.enters(this.name, this.room, seq, since);
      if (message.gap) this.checker?.misses(this.name);
      for (const line of history) this.checker?.receives(this.name, line);
      Object.assign(this, { token, epoch, seq });
      this.emit("welcome", message);
      for (const id of this.#unconfirmed.keys()) this.#send(id);
    },
    line: (message) => {
      this.checker?.receives(this.name, message);
      this.seq = message.seq;
      this.emit("line", message);
    },
    kept: ({ id, seq }) => {
      this.checker?.kept(this.name, id, seq);
      clearTimeout(this.#unconfirmed.get(id)?.timer);
      this.#unconfirmed.delete(id);
      this.emit("kept", id, seq);
    },
    "not kept": ({ id, reason }) => {
      this.emit("not kept", id, reason);
      const line = this.#unconfirmed.get(id);
      if (!line) return;
      clearTimeout(line.timer);
      line.timer = setTimeout(() => this.#send(id), this.random() * 1000);
    },
    gap: () => {
      this.checker?.misses(this.name);
      this.emit("gap");
    },
    refused: ({ reason }) => this.checker?.wonders(this.name, `refused: ${reason}`),
    join: (message) => this.emit("join", message),
    leave: (message) => this.emit("leave", message),
    members: (message) => this.emit("members", message),
  };
}
