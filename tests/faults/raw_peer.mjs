// A WebSocket client that can misbehave: it writes any bytes, and reads only while it is told to.

import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";
import { OVER_TLS, TRUST_OF_THIS_RUN } from "../e2e/certificates.mjs";
import { within } from "../e2e/wait.mjs";

export const PATIENCE_MS = 20_000;

export const Opcode = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 };

/** One frame of a client. Its masking key is zero, which is allowed and costs nothing. */
export function frame(opcode, payload = "", { fin = true } = {}) {
  const body = Buffer.from(payload);
  const length =
    body.length < 126 ? [0x80 | body.length]
    : body.length < 65536 ? [0x80 | 126, body.length >> 8, body.length & 255]
    : [0x80 | 127, 0, 0, 0, 0, ...u32(body.length)];
  return Buffer.concat([Buffer.from([(fin ? 0x80 : 0) | opcode, ...length, 0, 0, 0, 0]), body]);
}

const u32 = (n) => [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];

export function closeFrame(code, reason = "") {
  return frame(Opcode.close, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(reason)]));
}

/** `count` equal frames behind each other. */
export const repeated = (bytes, count) => Buffer.concat(Array(count).fill(bytes));

export function upgradeRequest(path = "/ws") {
  return (
    `GET ${path} HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n\r\n"
  );
}

/** Over TLS where that is asked for: the session begins behind connect(), and what is sent waits for it. */
export class RawPeer {
  /** Connects without a word. With `stays` it does not end its stream when the server does. */
  static async connect(port, host = "127.0.0.1", { stays = false } = {}) {
    const tcp = net.connect({ port, host, noDelay: true, allowHalfOpen: stays });
    const socket = OVER_TLS ? tls.connect({ socket: tcp, ...TRUST_OF_THIS_RUN }) : tcp;
    const peer = new RawPeer(socket, tcp);
    await Promise.race([once(tcp, "connect"), peer.over]);
    if (peer.ended) throw new Error(`no connection: ${peer.ended.why}`);
    return peer;
  }

  /** Connects and shakes hands; throws if the answer is not 101, or the end comes instead. */
  static async open(port, { host = "127.0.0.1", patience = PATIENCE_MS } = {}) {
    const peer = await RawPeer.connect(port, host);
    peer.shakeHands();
    const status = await within(patience, peer.answered, "the server answers the handshake");
    if (status !== 101) throw new Error(`refused: ${status}`);
    return peer;
  }

  constructor(socket, tcp = socket) {
    this.socket = socket;
    this.tcp = tcp; // below it
    this.ended = null; // { why, at }
    this.frames = [];
    this.received = 0; // frames, read from `frames` or not
    this.onFrame = (one) => this.frames.push(one);
    this.head = "";
    this.rest = Buffer.alloc(0);
    this.wake = () => {};
    this.answered = new Promise((resolve) => (this.answer = resolve));
    this.over = new Promise((resolve) => {
      let why = "FIN";
      socket.on("error", (error) => (why = error.code ?? error.message));
      socket.on("close", () => {
        this.ended = { why, at: performance.now() };
        this.answer(why);
        this.wake();
        resolve(this.ended);
      });
    });
    socket.on("data", (bytes) => this.#take(bytes));
  }

  shakeHands(path) {
    this.socket.write(upgradeRequest(path));
  }

  /** From now on nothing is read; a FIN or a Close frame goes unnoticed, a reset does not. */
  stopReading() {
    this.socket.pause();
  }
  readAgain() {
    this.socket.resume();
  }

  /** Resolves when the kernel has taken all of it, or when the connection is over. */
  send(bytes) {
    return Promise.race([new Promise((resolve) => this.socket.write(bytes, resolve)), this.over]);
  }

  /** Writes `bytes` over and over, as fast as the kernel takes them, until `isOver` or the end. */
  async flood(bytes, isOver = () => false) {
    let count = 0;
    while (!this.ended && !isOver()) {
      await this.send(bytes);
      count += 1;
      await new Promise(setImmediate); // lest a fast server keep this process from all else
    }
    return count;
  }

  /** The next frame. Rejects if the end comes first. */
  async next(patience = PATIENCE_MS) {
    const look = async () => {
      while (this.frames.length === 0) {
        if (this.ended) throw new Error(`the connection is over: ${this.ended.why}`);
        await new Promise((resolve) => (this.wake = resolve));
      }
      return this.frames.shift();
    };
    return within(patience, look(), "a frame from the server");
  }

  /** Sends one text message, and resolves with the milliseconds until its echo was here. */
  async echo(text, patience = PATIENCE_MS) {
    const since = performance.now();
    this.socket.write(frame(Opcode.text, text));
    for (;;) {
      const { opcode, payload } = await this.next(patience);
      if (opcode === Opcode.ping) continue;
      if (opcode !== Opcode.text || payload.toString() !== text) {
        throw new Error(`not the echo of ${text}: ${opcode} ${payload.toString("latin1", 0, 40)}`);
      }
      return performance.now() - since;
    }
  }

  /** Closes properly, and resolves with the server's close code when the connection is over. */
  async close(code = 1000) {
    this.socket.write(closeFrame(code));
    return this.closeCode();
  }

  /** The code of the server's Close frame, 1006 if the end comes without one. */
  async closeCode(patience = PATIENCE_MS) {
    await within(patience, this.over, "the connection ends");
    const last = this.frames.at(-1);
    return last?.opcode === Opcode.close ? last.payload.readUInt16BE(0) : 1006;
  }

  reset() {
    this.tcp.resetAndDestroy();
  }
  leave() {
    this.socket.destroy();
  }

  #take(bytes) {
    if (this.head !== null) {
      this.head += bytes.toString("latin1");
      const end = this.head.indexOf("\r\n\r\n");
      if (end < 0) return;
      bytes = Buffer.from(this.head.slice(end + 4), "latin1");
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(this.head)?.[1]);
      this.head = null;
      this.answer(status);
    }
    this.rest = this.rest.length === 0 ? bytes : Buffer.concat([this.rest, bytes]);
    let at = 0;
    for (;;) {
      const one = frameAt(this.rest, at);
      if (!one) break;
      at = one.end;
      this.received += 1;
      this.onFrame(one);
      // As every client must (RFC 6455 section 5.5.1): the server ends its stream behind it.
      if (one.opcode === Opcode.close) this.socket.write(closeFrame(1000));
    }
    this.rest = this.rest.subarray(at);
    this.wake();
  }
}

/** The frame that begins at `at`, or null if it is not all there (RFC 6455 section 5.2). A payload that is masked stays so. */
export function frameAt(bytes, at) {
  const left = bytes.length - at;
  if (left < 2) return null;
  const short = bytes[at + 1] & 127;
  const key = (bytes[at + 1] & 0x80) === 0 ? 0 : 4;
  const header = (short < 126 ? 2 : short === 126 ? 4 : 10) + key;
  if (left < header) return null;
  const length =
    short < 126 ? short
    : short === 126 ? bytes.readUInt16BE(at + 2)
    : Number(bytes.readBigUInt64BE(at + 2));
  const end = at + header + length;
  if (bytes.length < end) return null;
  return { opcode: bytes[at] & 15, payload: bytes.subarray(at + header, end), end };
}
