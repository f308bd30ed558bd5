// The clients of a soak: each function is one life of one connection, good or bad.

import assert from "node:assert/strict";
import { get } from "node:http";
import { once } from "node:events";
import { createRequire } from "node:module";
import { Opcode, RawPeer, closeFrame, frame, repeated, upgradeRequest } from "../faults/raw_peer.mjs";
import { within } from "../e2e/wait.mjs";

const WebSocket = createRequire(new URL("../e2e/package.json", import.meta.url))("ws");

const PATIENCE_MS = 60_000;

/** Numbers that a printed seed brings back (mulberry32); which client gets which depends on time. */
export function randomFrom(seed) {
  const next = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    below: (n) => Math.floor(next() * n),
    chance: (p) => next() < p,
    of: (list) => list[Math.floor(next() * list.length)],
  };
}

// The moment of a reset or a leave is what is random here.
const later = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** A `ws` client that checks each message against what it is owed, in order. */
class Careful {
  static async open(soak) {
    const client = new Careful(soak);
    await within(PATIENCE_MS, once(client.socket, "open"), "an open connection");
    client.localPort = client.socket._socket.localPort;
    soak.count("connections");
    return client;
  }

  constructor(soak) {
    this.soak = soak;
    this.owed = [];
    this.socket = new WebSocket(`ws://127.0.0.1:${soak.port}/ws`, { perMessageDeflate: false });
    this.socket.on("error", (error) => (this.error = error));
    this.closed = new Promise((resolve) =>
      this.socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() })));
    this.socket.on("message", (data, isBinary) => {
      const { bytes, binary } = this.owed.shift() ?? {};
      if (bytes === undefined || binary !== isBinary || !bytes.equals(data)) {
        soak.fail(`a wrong echo of ${data.length} bytes`);
      }
      soak.count("messages");
      if (this.owed.length === 0) this.nothingOwed?.();
    });
  }

  say(size, binary = this.soak.random.chance(0.5)) {
    const bytes = Buffer.alloc(size, `${this.soak.random.below(1e9)} `);
    this.owed.push({ bytes, binary });
    this.socket.send(bytes, { binary });
  }

  async allEchoed() {
    if (this.owed.length === 0) return;
    const all = new Promise((resolve) => (this.nothingOwed = resolve));
    await within(PATIENCE_MS, Promise.race([all, this.closed]), "all echoes");
    this.checkNothingLost();
  }

  checkNothingLost() {
    this.soak.lost(this.owed.length);
    this.owed = [];
  }

  /** Says what is still to be said and Close at once: all echoes come before the answer. */
  async close(code = 1000, reason = "done") {
    this.socket.close(code, reason);
    const end = await within(PATIENCE_MS, this.closed, "the answer to Close");
    if (end.code !== code || end.reason !== reason) this.soak.fail(`closed with ${end.code}`, this.localPort);
    this.checkNothingLost();
  }
}

const sizes = [0, 1, 20, 125, 126, 1000, 65535, 65536, 300_000];

async function wellBehaved(soak) {
  const { random } = soak;
  const client = await Careful.open(soak);
  for (let burst = 1 + random.below(5); burst > 0; burst -= 1) {
    for (let i = random.below(40); i > 0; i -= 1) client.say(random.of(sizes));
    if (random.chance(0.7)) await client.allEchoed();
  }
  if (random.chance(0.6)) return client.close(1000 + random.of([0, 1, 2000, 3000]));
  await client.allEchoed();
  client.socket.terminate();
  await within(PATIENCE_MS, client.closed, "the end after terminate()");
}

async function slowReader(soak) {
  const client = await Careful.open(soak);
  for (let i = 0; i < 100; i += 1) client.say(60_000);
  for (let i = 0; i < 10 && client.owed.length > 0; i += 1) {
    client.socket.pause();
    await later(soak.random.below(300));
    client.socket.resume();
    await later(5);
  }
  await client.close();
}

/** Lives from the first second to the last, and talks all the time. */
async function faithful(soak) {
  const client = await Careful.open(soak);
  while (!soak.isOver()) {
    const since = performance.now();
    client.say(100);
    await client.allEchoed();
    soak.tookEcho(performance.now() - since);
    await Promise.race([later(100), client.closed]);
    if (client.socket.readyState !== WebSocket.OPEN) return soak.fail("the faithful client was closed");
  }
  await client.close();
}

async function open(soak) {
  const peer = await RawPeer.open(soak.port, { patience: PATIENCE_MS });
  soak.count("connections");
  peer.onFrame = () => {};
  return peer;
}

const ended = (peer, what) => within(PATIENCE_MS, peer.over, what);

const bulk = frame(Opcode.binary, Buffer.alloc(65536, 7));

async function neverReader(soak) {
  const peer = await open(soak);
  peer.stopReading();
  peer.flood(bulk);
  await ended(peer, "the write timeout ends it");
  soak.count("never-readers ended");
}

const floods = [
  ["", frame(Opcode.ping, "x".repeat(125))],
  ["", frame(Opcode.text, "x")],
  [frame(Opcode.text, "", { fin: false }), frame(Opcode.continuation, "", { fin: false })],
].map(([first, each]) => [first, repeated(each, Math.floor(65536 / each.length))]);

async function flooder(soak) {
  const { random } = soak;
  const peer = await open(soak);
  if (random.chance(0.3)) peer.stopReading();
  const [first, chunk] = random.of(floods);
  peer.socket.write(first);
  let left = random.below(100);
  await within(PATIENCE_MS, peer.flood(chunk, () => left-- <= 0), "the flood is taken");
  soak.count("floods");
  random.chance(0.5) ? peer.leave() : peer.reset();
  await ended(peer, "a flooder leaves");
}

// What breaks the protocol, and the code that it gets (RFC 6455 sections 5 and 7.4).
const violations = [
  [1002, Buffer.from([0x81, 0x01, 0x41])], // not masked
  [1002, Buffer.from([0xc1, 0x80, 0, 0, 0, 0])], // a reserved bit
  [1002, Buffer.from([0x83, 0x80, 0, 0, 0, 0])], // a reserved opcode
  [1002, frame(Opcode.continuation, "of nothing")],
  [1002, Buffer.concat([frame(Opcode.text, "a", { fin: false }), frame(Opcode.text, "b")])],
  [1002, frame(Opcode.ping, "", { fin: false })],
  [1002, closeFrame(1005)],
  [1007, frame(Opcode.text, Buffer.from([0xc3, 0x28]))],
  [1009, Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])], // 4 GiB are to come
];

async function violator(soak) {
  const { random } = soak;
  const peer = await open(soak);
  const [code, bytes] = random.of(violations);
  const frames = [];
  peer.onFrame = (one) => one.opcode >= 8 && one.opcode <= 10 ? frames.push(one) : 0;
  for (let i = random.below(20); i > 0; i -= 1) peer.socket.write(frame(Opcode.text, "before"));
  peer.socket.write(bytes);
  peer.socket.write(frame(Opcode.text, "after it"));
  await ended(peer, "the violation ends it");
  const last = frames.at(-1);
  const got = last?.opcode === Opcode.close ? last.payload.readUInt16BE(0) : 1006;
  if (got !== code) soak.fail(`violation ${bytes.toString("hex", 0, 16)}: ${got} instead of ${code}`);
  soak.count("violations");
}

async function resetter(soak) {
  const { random } = soak;
  const peer = await open(soak);
  if (random.chance(0.3)) peer.stopReading();
  for (let i = random.below(60); i > 0; i -= 1) peer.socket.write(bulk);
  peer.socket.write(bulk.subarray(0, random.below(bulk.length)));
  if (random.chance(0.3)) peer.socket.write(closeFrame(1000));
  await Promise.race([later(random.below(200)), peer.over]);
  random.chance(0.8) ? peer.reset() : peer.leave();
  await ended(peer, "a reset");
  soak.count("resets");
}

async function halfDone(soak) {
  const { random } = soak;
  const peer = await RawPeer.connect(soak.port);
  const request = upgradeRequest();
  peer.socket.write(request.slice(0, random.below(request.length - 1)) || "G");
  if (random.chance(0.5)) {
    await Promise.race([later(random.below(500)), peer.over]);
    random.chance(0.5) ? peer.reset() : peer.leave();
  }
  await ended(peer, "the handshake timeout ends it");
  soak.count("half handshakes");
}

async function webVisitor(soak) {
  const path = soak.random.of(["/", "/", "/nothing"]);
  const request = get({ port: soak.port, host: "127.0.0.1", path, agent: false });
  const [response] = await within(PATIENCE_MS, once(request, "response"), "an answer");
  response.resume();
  await within(PATIENCE_MS, once(response, "end"), "the end of the answer");
  assert.equal(response.statusCode, path === "/" ? 200 : 404);
  soak.count("pages");
}

/** Who takes part, how many at a time. */
export const cast = [
  [faithful, 1], [wellBehaved, 8], [slowReader, 2], [neverReader, 3], [flooder, 2], [violator, 3],
  [resetter, 4], [halfDone, 4], [webVisitor, 1],
];
