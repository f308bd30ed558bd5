// A server that has run out: of descriptors, of memory, of threads. It goes on, and serves again
// by itself when there is enough.

import assert from "node:assert/strict";
import { test as nodeTest } from "node:test";
import { eventually, within } from "../e2e/wait.mjs";
import { connectionThreads, startServer, threadCount } from "./process.mjs";
import { Opcode, PATIENCE_MS, RawPeer, frame } from "./raw_peer.mjs";

const test = (name, body) => nodeTest(name, { timeout: 90_000 }, body);

const openMany = (port, count) =>
  Promise.allSettled(Array.from({ length: count }, () => RawPeer.open(port)));

/** Resolves when no thread of a connection is left. */
const allGone = (server) =>
  eventually(PATIENCE_MS, () => assert.deepEqual(connectionThreads(server.pid), []));

test("no descriptor left: those inside are served, those outside when somebody leaves", async (t) => {
  const server = await startServer(t, [], { limits: ["-n 40"] });
  const everybody = 100;
  const inside = [];
  const served = [];
  let answers = 0;
  for (let i = 0; i < everybody; i += 1) {
    const peer = await RawPeer.connect(server.port);
    peer.shakeHands();
    served.push(peer.answered.then((status) => {
      assert.equal(status, 101, `connection ${i}`);
      answers += 1;
      inside.push(peer);
    }));
  }
  // The server says so when it can take no more.
  await eventually(PATIENCE_MS, () => assert.match(server.stderr(), /cannot accept for now/));
  assert.ok(answers < 40, `${answers} connections in 40 descriptors`);
  await eventually(PATIENCE_MS, () => assert.ok(inside.length > 20, `${inside.length} inside`));

  // Each in turn gets its echo and leaves, and so makes room for one that waits.
  for (let i = 0; i < everybody; i += 1) {
    await eventually(PATIENCE_MS, () => assert.ok(inside.length > 0, `only ${i} were served`));
    const peer = inside.shift();
    await peer.echo(`message ${i}`);
    assert.equal(await peer.close(), 1000);
  }
  await Promise.all(served);
  await allGone(server);
  assert.equal((await server.stop()).code, 0);
});

test("no thread left: connections are refused, the others are served, and new ones afterwards", async (t) => {
  // Each thread takes 8 MiB of address space for its stack, and glibc more for its memory.
  const args = ["--stack-size", String(8 << 20), "--spare-threads", "0"];
  const server = await startServer(t, args, { limits: ["-v 600000"] });
  const threads = threadCount(server.pid);
  for (let round = 0; round < 3; round += 1) {
    const outcomes = await openMany(server.port, 60);
    const open = outcomes.flatMap(({ value }) => (value ? [value] : []));
    assert.ok(server.isRunning(), server.stderr().slice(-500));
    // A handshake may be answered before a thread turns out to be missing: that peer is cut off. So all
    // may be let in, but those that are served stay, and there is no room for the threads of 60.
    const echoes = await Promise.allSettled(open.map((peer, i) => peer.echo(`round ${round}, ${i}`)));
    const served = echoes.filter(({ status }) => status === "fulfilled").length;
    assert.ok(served > 0 && served < 60, `${served} of 60 were served`);
    open.forEach((peer) => peer.leave());
    await allGone(server);
  }
  const late = await RawPeer.open(server.port);
  await late.echo("and now?");
  assert.equal(await late.close(), 1000);
  await allGone(server);
  assert.equal(threadCount(server.pid), threads);
  assert.equal((await server.stop()).code, 0);
});

test("no memory left: the connection that needs it ends, the others do not notice", async (t) => {
  const server = await startServer(t, ["--max-message", "2000000000"], { limits: ["-v 500000"] });
  const bystander = await RawPeer.open(server.port);
  await bystander.echo("before");
  for (let round = 0; round < 3; round += 1) {
    const greedy = await RawPeer.open(server.port);
    // A message of 600 MB, of which the server holds what has come, until it cannot.
    const head = frame(Opcode.binary, Buffer.alloc(65536)).subarray(0, 14);
    head.writeBigUInt64BE(600_000_000n, 2);
    await greedy.send(head);
    const sent = await within(PATIENCE_MS * 2, greedy.flood(Buffer.alloc(1 << 20), () => false), "its end");
    assert.ok(sent < 600, `${sent} MiB were taken`);
    await bystander.echo(`round ${round}`);
  }
  const late = await RawPeer.open(server.port);
  await late.echo("and now?");
  await late.close();
  await bystander.close();
  await allGone(server);
  assert.equal((await server.stop()).code, 0);
});

test("no memory left for many: each that cannot go on is cut off, and the server goes on", async (t) => {
  // Queues that may hold more than there is: here memory is the bound.
  const server = await startServer(
    t, ["--queue-bytes", "1000000000", "--stack-size", "262144", "--write-timeout", "60"],
    { limits: ["-v 500000"] });
  const outcomes = await openMany(server.port, 12);
  const flooders = outcomes.flatMap(({ value }) => (value ? [value] : []));
  assert.ok(flooders.length > 1, `${flooders.length} were let in`);
  const chunk = frame(Opcode.binary, Buffer.alloc(1 << 20, 7));
  const floods = flooders.map((peer) => {
    peer.stopReading();
    return peer.flood(chunk);
  });
  await within(PATIENCE_MS * 2, Promise.any(flooders.map((peer) => peer.over)), "one is cut off");
  assert.ok(server.isRunning(), server.stderr().slice(-500));
  flooders.forEach((peer) => peer.leave());
  await Promise.all(floods);
  await allGone(server);
  const late = await RawPeer.open(server.port);
  await late.echo("and now?");
  assert.equal(await late.close(), 1000);
  await allGone(server);
  assert.equal((await server.stop()).code, 0);
});
