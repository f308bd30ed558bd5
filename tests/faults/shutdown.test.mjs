// Endings with much to do: nothing that was received is lost, and the process is gone in time.

import assert from "node:assert/strict";
import { test as nodeTest } from "node:test";
import { eventually, within } from "../e2e/wait.mjs";
import { connectionThreads, startServer } from "./process.mjs";
import { Opcode, PATIENCE_MS, RawPeer, closeFrame, frame, upgradeRequest } from "./raw_peer.mjs";

const test = (name, body) => nodeTest(name, { timeout: 120_000 }, body);

test("a client that sends 10 000 messages and Close at once gets 10 000 echoes, then Close", async (t) => {
  const server = await startServer(t, []);
  const peer = await RawPeer.open(server.port);
  const texts = Array.from({ length: 10_000 }, (_, i) => `${i} ${"x".repeat(i % 300)}`);
  await peer.send(Buffer.concat([
    ...texts.map((text) => frame(Opcode.text, text)), closeFrame(1000, "all said")]));
  await within(PATIENCE_MS, peer.over, "the connection ends");
  assert.equal(peer.frames.length, texts.length + 1);
  texts.forEach((text, i) => assert.equal(peer.frames[i].payload.toString(), text));
  const last = peer.frames.at(-1);
  assert.equal(last.opcode, Opcode.close);
  assert.equal(last.payload.readUInt16BE(0), 1000);
  assert.equal(last.payload.toString("utf8", 2), "all said");
});

const READY = "ready?";
const OVERALL = 1000;
const NEVER_READERS = 20;
const HALF_DONE = 30;
const SLOW = 10;

/** In groups, lest a thousand handshakes at once become a test of this process. */
async function openAll(port, count) {
  const peers = [];
  while (peers.length < count) {
    const group = Array.from({ length: Math.min(50, count - peers.length) }, () => RawPeer.open(port));
    peers.push(...(await Promise.all(group)));
  }
  return peers;
}

/** Resolves when the server has received everything that the peer sent: the pong says so. */
async function askWhetherAllIsThere(peer) {
  const pong = new Promise((resolve) => {
    peer.onFrame = (one) => {
      if (one.opcode !== Opcode.pong) return peer.frames.push(one);
      if (peer.slow) peer.stopReading();
      resolve();
    };
  });
  peer.socket.write(frame(Opcode.ping, READY));
  await within(PATIENCE_MS, Promise.race([pong, peer.over]), "the pong");
  assert.equal(peer.ended, null);
}

function checkAllEchoes(peer) {
  const last = peer.frames.pop();
  assert.equal(last?.opcode, Opcode.close, `peer ${peer.number}: no Close`);
  assert.equal(last.payload.readUInt16BE(0), 1001);
  assert.equal(peer.frames.length, peer.sent.length, `peer ${peer.number} (slow: ${!!peer.slow})`);
  peer.sent.forEach((payload, i) => assert.ok(peer.frames[i].payload.equals(payload)));
}

test("SIGTERM with 1000 connections: each living peer gets its echoes and 1001, all in time", async (t) => {
  const drain = 5;
  const server = await startServer(
    t, ["--drain-timeout", `${drain}`, "--handshake-timeout", "60", "--write-timeout", "60",
      "--ping-interval", "0"]); // these peers answer none
  const alive = await openAll(server.port, OVERALL - NEVER_READERS - HALF_DONE);
  const mute = await openAll(server.port, NEVER_READERS);
  const halves = await Promise.all(Array.from({ length: HALF_DONE }, async () => {
    const peer = await RawPeer.connect(server.port);
    peer.socket.write(upgradeRequest().slice(0, 50));
    return peer;
  }));
  const open = OVERALL - HALF_DONE;
  await eventually(PATIENCE_MS, () =>
    assert.equal(connectionThreads(server.pid).length, 3 * open + HALF_DONE));

  const chunk = frame(Opcode.binary, Buffer.alloc(64 * 1024, 7));
  mute.forEach((peer) => {
    peer.stopReading();
    peer.flood(chunk);
  });
  // What the slow ones are owed does not fit into the kernel's buffers: it is in the out-queue.
  alive.forEach((peer, i) => {
    peer.number = i;
    peer.slow = i < SLOW;
    const [count, size] = peer.slow ? [200, 60_000] : [10, 100];
    peer.sent = Array.from({ length: count }, (_, k) => Buffer.alloc(size, `${i} ${k} `));
    peer.socket.write(Buffer.concat(peer.sent.map((body) => frame(Opcode.binary, body))));
  });
  await Promise.all(alive.map(askWhetherAllIsThere));

  const since = performance.now();
  const ended = server.stop();
  alive.forEach((peer) => peer.readAgain());
  await Promise.all(alive.map((peer) => within(PATIENCE_MS, peer.over, "the end")));
  const living = (performance.now() - since) / 1000;
  const { code, seconds } = await ended;
  t.diagnostic(`${alive.length} living peers closed after ${living.toFixed(2)} s, ` +
    `process gone after ${seconds.toFixed(2)} s`);
  alive.forEach(checkAllEchoes);
  assert.equal(code, 0, server.stderr().slice(-500));
  assert.ok(seconds < drain + 1, `gone after ${seconds} s`);
  await Promise.all([...mute, ...halves].map((peer) => within(PATIENCE_MS, peer.over, "its end")));
  halves.forEach((peer) => assert.equal(peer.head, "", "half a request gets no answer"));
});

test("SIGTERM with nobody slow is over at once", async (t) => {
  const server = await startServer(t, ["--drain-timeout", "60"]);
  const peers = await openAll(server.port, 200);
  await Promise.all(peers.map((peer, i) => peer.echo(`message ${i}`)));
  const { code, seconds } = await server.stop();
  assert.equal(code, 0);
  assert.ok(seconds < 5, `gone after ${seconds} s`); // a twelfth of what it may take
  for (const peer of peers) assert.equal(await peer.closeCode(), 1001);
});
