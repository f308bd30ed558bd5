// What --trace writes, read back.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openPeer } from "./peer.mjs";
import { launchProgram, startProgram, startServer } from "./server.mjs";
import {
  checkArrows, checkCounters, checkNesting, checkOrder, checkTracks, highest, readTrace,
} from "./trace_file.mjs";
import { within } from "./wait.mjs";

const PATIENCE_MS = 60_000;
const QUIET = ["--quiet", "--heartbeat", "0", "--log-level", "warn"];

function traceFile(t) {
  const directory = mkdtempSync(join(tmpdir(), "triloop-trace-"));
  t.after(() => rmSync(directory, { recursive: true }));
  return join(directory, "trace.json");
}

const arrowsBetween = (trace, from, to) =>
  trace.arrows.filter((arrow) => arrow.from === from && arrow.to === to).length;

async function echo(peer, count) {
  for (let i = 0; i < count; i += 1) peer.socket.send(`message ${i}`);
  for (let i = 0; i < count; i += 1) assert.equal((await peer.next()).text, `message ${i}`);
}

test("a trace has a track for each thread, an arrow for each message, and an instant for each latch", async (t) => {
  const file = traceFile(t);
  const server = await startServer(t, ...QUIET, "--trace", file);
  const counts = [20, 1, 0];
  for (const count of counts) {
    const peer = await openPeer(t, server.wsUrl);
    await echo(peer, count);
    peer.socket.close(1000, 'good "bye" €');
    await peer.closed();
  }
  assert.equal((await server.stop()).code, 0);

  const trace = readTrace(file);
  checkTracks(trace);
  checkNesting(trace);
  checkArrows(trace);
  checkOrder(trace);
  checkCounters(trace, { messages: 1000, bytes: 4194304 });
  assert.equal(trace.forgotten, 0);
  const threads = counts.flatMap((_, i) => [`read-${i + 1}`, `proc-${i + 1}`, `write-${i + 1}`]);
  assert.deepEqual([...trace.names.values()].sort(), ["accept", ...threads].sort());
  assert.equal(trace.arrows.length, 2 * counts.reduce((a, b) => a + b));
  counts.forEach((count, i) => {
    const number = i + 1;
    assert.equal(arrowsBetween(trace, `read-${number}`, `proc-${number}`), count);
    assert.equal(arrowsBetween(trace, `proc-${number}`, `write-${number}`), count);
    assert.equal(trace.on(`proc-${number}`).filter((slice) => slice.name === "write()").length, count);
    assert.equal(trace.on(`proc-${number}`).filter((slice) => slice.name === "read()").length, count + 1);
    const instants = trace.instants.filter((instant) => instant.args.connection === number);
    assert.deepEqual(instants.map((instant) => instant.name).sort(),
      ["an ending begins", "it is over", "the peer is done"]);
    for (const { name, args } of instants) {
      // The third says that the peer has said its last word, and not what.
      const why = name === "the peer is done" ? { code: 1005, reason: "" } : { code: 1000, reason: 'good "bye" €' };
      assert.deepEqual(args, { connection: number, by: "peer", ...why });
    }
    const [begins, over, peerDone] = instants.sort((a, b) => (a.name < b.name ? -1 : 1));
    assert.ok(begins.ts <= peerDone.ts && peerDone.ts <= over.ts);
  });
});

test("times agree: a slow processor's slices last as long as it was slow, and so do the waits for it", async (t) => {
  const file = traceFile(t);
  const server = await startServer(t, ...QUIET, "--trace", file);
  const peer = await openPeer(t, `${server.wsUrl}?delay=100ms`);
  const before = performance.now();
  await echo(peer, 3);
  const took = (performance.now() - before) * 1e6;
  await server.stop();

  const trace = readTrace(file);
  const work = trace.on("proc-1").filter((slice) => slice.name === "the user's code")
    .filter((slice) => slice.to - slice.from >= 100e6);
  assert.equal(work.length, 3);
  assert.ok(work.at(-1).to - work[0].from <= took, "the trace's clock is no faster than this one");
  const waits = trace.on("write-1").filter((slice) => slice.name === "waiting for a message")
    .filter((slice) => slice.to - slice.from >= 90e6);
  assert.ok(waits.length >= 3, "the writer waits for each reply");
  for (const { departs, arrives, queue } of trace.arrows) {
    if (queue === "out-queue") assert.ok(arrives.ts - departs.ts < 90e6, "a reply does not wait");
  }
});

test("backpressure shows: full queues within their bounds, and the waits for room", async (t) => {
  const file = traceFile(t);
  const server = await startServer(t, ...QUIET, "--trace", file, "--queue", "4");
  const peer = await openPeer(t, `${server.wsUrl}?delay=20ms`);
  await echo(peer, 30);
  peer.socket.close();
  await peer.closed();
  await server.stop();

  const trace = readTrace(file);
  checkNesting(trace);
  checkArrows(trace);
  checkOrder(trace);
  checkCounters(trace, { messages: 4, bytes: 4194304 });
  assert.equal(highest(trace, "in-queue-1 messages"), 4);
  assert.equal(trace.arrows.length, 60);
  const push = trace.on("read-1").filter((slice) => slice.name === "into the in-queue");
  const waits = trace.on("read-1").filter((slice) => slice.name === "waiting for room");
  assert.ok(waits.length > 0);
  for (const wait of waits) {
    assert.ok(push.some((slice) => slice.from <= wait.from && wait.to <= slice.to));
  }
});

test("a flood does not make the trace larger than its bounds: the oldest events go", async (t) => {
  const file = traceFile(t);
  const server = await startServer(t, ...QUIET, "--trace", file);
  const peer = await openPeer(t, server.wsUrl);
  for (let round = 0; round < 20; round += 1) await echo(peer, 1000);
  peer.socket.close(1000, "the end");
  await peer.closed();
  await server.stop();

  const trace = readTrace(file);
  checkNesting(trace);
  checkArrows(trace);
  checkOrder(trace);
  checkCounters(trace, { messages: 1000, bytes: 4194304 });
  assert.ok(trace.forgotten > 10_000, `${trace.forgotten} events are gone`);
  // Three threads of 4096 events, each at most two lines, and the accept loop.
  assert.ok(trace.events < 3 * 2 * 4096 + 200, `${trace.events} events`);
  assert.ok(statSync(file).size < 4e6);
  assert.ok(trace.arrows.length > 100, "the last messages are there");
  assert.equal(trace.instants.filter((instant) => instant.args.reason === "the end").length, 2);
});

test("a trace written at SIGTERM during traffic is whole", async (t) => {
  const file = traceFile(t);
  const server = await startServer(t, ...QUIET, "--trace", file, "--drain-timeout", "0.2");
  const peers = await Promise.all([1, 2, 3, 4].map(() => openPeer(t, server.wsUrl)));
  let stopped = false;
  const pump = (peer) => {
    if (stopped || peer.socket.readyState !== peer.socket.OPEN) return;
    for (let i = 0; i < 50; i += 1) peer.socket.send("x".repeat(100));
    setImmediate(pump, peer);
  };
  peers.forEach(pump);
  for (let i = 0; i < 500; i += 1) await peers[0].next();
  assert.equal((await server.stop()).code, 0);
  stopped = true;

  const trace = readTrace(file);
  checkTracks(trace);
  checkNesting(trace);
  checkArrows(trace);
  checkCounters(trace, { messages: 1000, bytes: 4194304 });
  const fired = trace.instants.filter((instant) => instant.name === "it is over");
  assert.deepEqual(fired.map((instant) => instant.args.connection).sort(), [1, 2, 3, 4]);
});

test("a trace is written when a processor is stuck and the program leaves it behind", async (t) => {
  const file = traceFile(t);
  const server = await startProgram(t, process.env.TRILOOP_CRASHING_SERVER, "--trace", file);
  const peer = await openPeer(t, server.wsUrl);
  peer.socket.send("hang");
  assert.equal((await peer.next()).text, "hanging");
  const { code } = await server.stop();
  assert.equal(code, 3);
  const trace = readTrace(file);
  checkNesting(trace);
  assert.ok(trace.on("proc-1").some((slice) => slice.name === "hanging"), "it is still in it");
});

for (const [how, signal] of
  [["abort", "SIGABRT"], ["wild", "SIGSEGV"], ["terminate", "SIGABRT"], ["stack", "SIGSEGV"]]) {
  test(`a trace is whole after a crash of user code (${how}), and the program dies of it`, async (t) => {
    const file = traceFile(t);
    const server = await startProgram(t, process.env.TRILOOP_CRASHING_SERVER, "--trace", file);
    const first = await openPeer(t, server.wsUrl);
    const second = await openPeer(t, server.wsUrl);
    await echo(first, 10);
    await echo(second, 1); // so all three threads of it run
    second.socket.send(how);
    const end = await within(PATIENCE_MS, server.exited, "the server dies");
    assert.deepEqual(end, { code: null, signal });

    const trace = readTrace(file);
    checkTracks(trace);
    checkNesting(trace);
    checkArrows(trace);
    const all = [...trace.names.values()].filter((name) => /-/.test(name)).sort();
    assert.deepEqual(all, ["proc-1", "proc-2", "read-1", "read-2", "write-1", "write-2"]);
    assert.equal(trace.arrows.filter(({ queue }) => queue === "in-queue").length, 12);
    const last = trace.on("proc-2").find((slice) => slice.name === "crashing");
    assert.ok(last, "the slice in which it crashed is there");
    const waiting = trace.on("proc-1").at(-1);
    assert.equal(waiting.name, "waiting for a message");
    assert.ok(waiting.to >= last.from, "who waits when it happens waits until then");
  });
}

test("after SIGKILL the file is an empty trace", async (t) => {
  const file = traceFile(t);
  const server = await startServer(t, ...QUIET, "--trace", file);
  await echo(await openPeer(t, server.wsUrl), 1);
  await server.kill();
  assert.deepEqual(JSON.parse(readFileSync(file, "utf8")), { traceEvents: [] });
});

test("a trace file that cannot be written is one line on standard error and status 1", async () => {
  const file = "/no-such-directory/trace.json";
  const [status, err] = await new Promise((resolve) => {
    execFile(process.env.TRILOOP_BINARY, ["--port", "0", "--trace", file],
      (error, _, stderr) => resolve([error?.code, stderr]));
  });
  assert.equal(status, 1);
  assert.match(err, /^triloop: .*\/no-such-directory\/trace\.json.*No such file.*\n$/);
});

test("without --trace there is no file", async (t) => {
  const file = traceFile(t);
  const server = await startServer(t, ...QUIET);
  await echo(await openPeer(t, server.wsUrl), 1);
  await server.stop();
  assert.ok(!existsSync(file));
});

test("with standard error closed the log is nowhere, and not in the trace", async (t) => {
  const file = traceFile(t);
  const server = await launchProgram(t, "/bin/sh", ["-c", 'exec "$0" "$@" 2>&-',
    process.env.TRILOOP_BINARY, "--bind", "127.0.0.1", "--port", "0", "--log-level", "debug",
    "--trace", file]);
  const peer = await openPeer(t, server.wsUrl);
  await echo(peer, 3);
  assert.equal(readFileSync(file, "latin1"), '{"traceEvents":[]}\n'); // and no line of the log
  assert.equal((await server.stop()).code, 0);
  checkTracks(readTrace(file));
});
