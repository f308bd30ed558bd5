// The server as seen by the `ws` package: what it promises on the wire and as a process.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { test as nodeTest } from "node:test";
import { openPeer } from "./peer.mjs";
import { startServer } from "./server.mjs";
import { eventually, within } from "./wait.mjs";

const PATIENCE_MS = 15_000;
const HEARTBEAT = "heartbeat from server";

const test = (name, body) => nodeTest(name, { timeout: 60_000 }, body);

/** A server without heartbeats, so that whatever arrives is an answer, and one client of it. */
async function quietPair(t, ...args) {
  const server = await startServer(t, "--heartbeat", "0", ...args);
  return { server, peer: await openPeer(t, server.wsUrl) };
}

// ---- messages ----

test("a text message comes back with the same text as text", async (t) => {
  const { peer } = await quietPair(t);
  peer.socket.send("Hello world!");
  const { text, binary } = await peer.next();
  assert.deepEqual({ text, binary }, { text: "Hello world!", binary: false });
});

test("a binary message comes back with the same bytes as binary", async (t) => {
  const { peer } = await quietPair(t);
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
  peer.socket.send(bytes);
  const { data, binary } = await peer.next();
  assert.equal(binary, true);
  assert.deepEqual(data, bytes);
});

test("empty messages come back empty and keep their type", async (t) => {
  const { peer } = await quietPair(t);
  peer.socket.send("");
  peer.socket.send(Buffer.alloc(0));
  const first = await peer.next();
  const second = await peer.next();
  assert.deepEqual([first.data.length, first.binary], [0, false]);
  assert.deepEqual([second.data.length, second.binary], [0, true]);
});

test("a message sent in fragments comes back as one, even with a ping in between", async (t) => {
  const { peer } = await quietPair(t);
  peer.socket.send("one ", { fin: false });
  peer.socket.send("two ", { fin: false });
  peer.socket.ping("between");
  peer.socket.send("three", { fin: true });
  assert.equal((await peer.next()).text, "one two three");
  peer.socket.send("after");
  assert.equal((await peer.next()).text, "after");
});

test("a binary message of 10 MiB comes back whole", async (t) => {
  const { peer } = await quietPair(t);
  const bytes = randomBytes(10 * 1024 * 1024);
  peer.socket.send(bytes);
  const { data, binary } = await peer.next();
  assert.equal(binary, true);
  assert.ok(bytes.equals(data), `${data.length} bytes came back, and not the same`);
});

test("UTF-8 of one to four bytes per character comes back unchanged", async (t) => {
  const { peer } = await quietPair(t);
  const text = "a\u0000\u007f é\u07ff €\uffff 😀\u{10ffff}";
  peer.socket.send(text);
  assert.equal((await peer.next()).text, text);
});

test("1000 messages sent without waiting come back in order", async (t) => {
  const { peer } = await quietPair(t);
  const sent = Array.from({ length: 1000 }, (_, i) => `${i} ${"x".repeat(i % 700)}`);
  sent.forEach((text) => peer.socket.send(text));
  for (const text of sent) assert.equal((await peer.next()).text, text);
});

test("two clients do not see each other's messages", async (t) => {
  const { server, peer: first } = await quietPair(t);
  const second = await openPeer(t, server.wsUrl);
  for (const [peer, name] of [[first, "first"], [second, "second"]]) {
    for (let i = 0; i < 20; i++) peer.socket.send(`${name} ${i}`);
  }
  for (const [peer, name] of [[first, "first"], [second, "second"]]) {
    for (let i = 0; i < 20; i++) assert.equal((await peer.next()).text, `${name} ${i}`);
    // One more round trip each: what had been sent to the wrong client would be before it.
    peer.socket.send("last");
    assert.equal((await peer.next()).text, "last");
  }
  assert.deepEqual([first.unread(), second.unread()], [[], []]);
});

for (const options of [
  {},
  { serverNoContextTakeover: true, clientNoContextTakeover: true },
  { serverMaxWindowBits: 10, clientMaxWindowBits: 9 },
]) {
  test(`--compress: what a client offers is agreed on: ${JSON.stringify(options)}`, async (t) => {
    const server = await startServer(t, "--heartbeat", "0", "--compress", "--quiet");
    const peer = await openPeer(t, server.wsUrl, { perMessageDeflate: { threshold: 0, ...options } });
    assert.match(peer.socket.extensions, /permessage-deflate/);
    for (let i = 0; i < 50; i += 1) {
      const text = `line ${i} `.repeat(i * 20);
      peer.socket.send(text);
      assert.equal((await peer.next()).text, text);
    }
    peer.socket.send(Buffer.alloc(3 << 20, 7));
    assert.equal((await peer.next()).data.length, 3 << 20);
  });
}

for (const window of [9, 10, 11, 12, 13, 14, 15]) {
  for (const takeover of [true, false]) {
    test(`--compress-window ${window}: neither side has a larger one; ${takeover ? "with" : "without"} history`, async (t) => {
      const server = await startServer(t, "--heartbeat", "0", "--compress", "--compress-window", String(window), "--quiet");
      const peer = await openPeer(t, server.wsUrl, {
        perMessageDeflate: { threshold: 0, serverNoContextTakeover: !takeover, clientNoContextTakeover: !takeover },
      });
      const { params } = peer.socket._extensions["permessage-deflate"];
      const bits = window === 15 ? undefined : window;
      assert.equal(params.server_max_window_bits, bits);
      assert.equal(params.client_max_window_bits, bits);
      for (let i = 0; i < 50; i += 1) {
        const text = JSON.stringify({ i, bytes: randomBytes(i * 20).toString("hex"), again: "x".repeat(i) });
        peer.socket.send(text);
        assert.equal((await peer.next()).text, text);
      }
      const large = randomBytes(1 << 20); // which grows
      peer.socket.send(large);
      assert.ok(large.equals((await peer.next()).data));
    });
  }
}

test("--compress: a message that expands beyond --max-message is refused with 1009", async (t) => {
  const server = await startServer(t, "--heartbeat", "0", "--compress", "--max-message", "100000");
  const peer = await openPeer(t, server.wsUrl, { perMessageDeflate: { threshold: 0 } });
  peer.socket.send(Buffer.alloc(20 << 20)); // 20 KB on the wire
  assert.equal((await peer.closed()).code, 1009);
});

test("compression offered by the client is not negotiated", async (t) => {
  const server = await startServer(t, "--heartbeat", "0");
  const peer = await openPeer(t, server.wsUrl, { perMessageDeflate: true });
  assert.equal(peer.socket.extensions, "");
  peer.socket.send("x".repeat(5000));
  assert.equal((await peer.next()).text, "x".repeat(5000));
});

// ---- heartbeat and ping ----

test("the heartbeat comes within 2.5 s of opening and every 2 s from then on", async (t) => {
  const server = await startServer(t);
  const peer = await openPeer(t, server.wsUrl);
  let previous = peer.openedAt;
  for (let beat = 0; beat < 3; beat++) {
    const { text, binary, at } = await peer.next();
    assert.deepEqual({ text, binary }, { text: HEARTBEAT, binary: false });
    const elapsed = at - previous;
    assert.ok(elapsed < 2500, `beat ${beat} came after ${elapsed} ms`);
    assert.ok(beat === 0 || elapsed > 1500, `beat ${beat} came after only ${elapsed} ms`);
    previous = at;
  }
});

test("answers do not keep the heartbeat from coming", async (t) => {
  const server = await startServer(t, "--heartbeat", "0.2");
  const peer = await openPeer(t, server.wsUrl);
  for (let beats = 0, answers = 0; beats < 3; ) {
    peer.socket.send("busy");
    const { text } = await peer.next();
    if (text === HEARTBEAT) beats++;
    else assert.equal(text, "busy");
    assert.ok(answers++ < 1_000_000, "a million answers and no third heartbeat");
  }
});

test("--heartbeat 0 sends none while another server beats 25 times", async (t) => {
  const clock = await startServer(t, "--heartbeat", "0.1");
  const silent = await startServer(t, "--heartbeat", "0");
  const peer = await openPeer(t, silent.wsUrl);
  const ticks = await openPeer(t, clock.wsUrl);
  for (let i = 0; i < 25; i++) assert.equal((await ticks.next()).text, HEARTBEAT);
  peer.socket.send("anything before me?");
  assert.equal((await peer.next()).text, "anything before me?");
});

test("pings are answered in order by pongs with the same payload", async (t) => {
  const { peer } = await quietPair(t);
  const payloads = ["first", "", "x".repeat(125), "last"];
  const pongs = [];
  const all = new Promise((resolve) => {
    peer.socket.on("pong", (data) => {
      if (pongs.push(data.toString()) === payloads.length) resolve();
    });
  });
  payloads.forEach((payload) => peer.socket.ping(payload));
  await within(PATIENCE_MS, all, "four pongs");
  assert.deepEqual(pongs, payloads);
});

// ---- closing ----

test("a close with code 1000 and a reason is answered with the same", async (t) => {
  const { peer } = await quietPair(t);
  peer.socket.close(1000, "bye");
  assert.deepEqual(await peer.closed(), { code: 1000, reason: "bye" });
});

test("a close without a code is answered with a close frame", async (t) => {
  const { peer } = await quietPair(t);
  peer.socket.close();
  const { code } = await peer.closed();
  // 1005: the answer has no code either; 1006 would be no answer at all.
  assert.ok([1000, 1005].includes(code), `code ${code}`);
});

test("ten messages followed at once by a close are all answered before the close", async (t) => {
  const { peer } = await quietPair(t);
  const sent = Array.from({ length: 10 }, (_, i) => `message ${i}`);
  sent.forEach((text) => peer.socket.send(text));
  peer.socket.close(1000, "done");
  assert.deepEqual(await peer.closed(), { code: 1000, reason: "done" });
  assert.deepEqual(peer.unread(), sent);
});

for (const [size, name] of [[1025, "one byte"], [1024 * 1024, "a thousand times"]]) {
  test(`a message ${name} above --max-message is refused with 1009`, async (t) => {
    const { peer } = await quietPair(t, "--max-message", "1024");
    peer.socket.send(Buffer.alloc(1024, 1));
    assert.equal((await peer.next()).data.length, 1024);
    peer.socket.send(Buffer.alloc(size, 2));
    assert.equal((await peer.closed()).code, 1009);
    assert.deepEqual(peer.unread(), []);
  });
}

test("fragments that together exceed --max-message are refused with 1009", async (t) => {
  const { peer } = await quietPair(t, "--max-message", "1024");
  for (let i = 0; i < 3; i++) peer.socket.send(Buffer.alloc(512), { fin: i === 2 });
  assert.equal((await peer.closed()).code, 1009);
  assert.deepEqual(peer.unread(), []);
});

// ---- the process ----

for (const signal of ["SIGTERM", "SIGINT"]) {
  test(`${signal} gives each client a close with 1001 and ends the process with 0`, async (t) => {
    const { server, peer } = await quietPair(t);
    const other = await openPeer(t, server.wsUrl);
    const ending = server.stop(signal);
    assert.equal((await peer.closed()).code, 1001);
    assert.equal((await other.closed()).code, 1001);
    assert.deepEqual(await ending, { code: 0, signal: null });
  });

  test(`${signal} with nobody connected ends the process with 0`, async (t) => {
    const server = await startServer(t);
    assert.deepEqual(await server.stop(signal), { code: 0, signal: null });
  });
}

const threadNames = (pid) =>
  readdirSync(`/proc/${pid}/task`)
    .map((task) => readFileSync(`/proc/${pid}/task/${task}/comm`, "utf8").trim())
    .sort();

/**
 * Waits until the server has its `before` threads and, for each of `open` connections, the three
 * whose names share the connection's number. A thread names itself just after it has started.
 */
const threadsOnce = (pid, before, open) =>
  eventually(PATIENCE_MS, () => {
    const names = threadNames(pid);
    const numbersOf = (kind) =>
      names.flatMap((name) => new RegExp(`^${kind}-(\\d+)$`).exec(name)?.[1] ?? []);
    const [read, proc, write] = ["read", "proc", "write"].map(numbersOf);
    const seen = { all: names.length, numbers: new Set(read).size, proc, write };
    const wanted = { all: before + 3 * open, numbers: open, proc: read, write: read };
    assert.deepEqual(seen, wanted, `threads: ${names.join(" ")}`);
    assert.equal(read.length, open);
  });

test("each open connection has exactly three threads, and none is left after it", async (t) => {
  const server = await startServer(t, "--heartbeat", "0", "--spare-threads", "0");
  // A sanitizer's runtime starts a thread of its own with the program's first one, so the count
  // begins when one connection has come and gone.
  (await openPeer(t, server.wsUrl)).socket.close(1000);
  await eventually(PATIENCE_MS, () =>
    assert.deepEqual(threadNames(server.pid).filter((name) => name.includes("-")), []));
  const before = threadNames(server.pid).length;
  const threads = (open) => threadsOnce(server.pid, before, open);
  const peers = [];
  for (let open = 1; open <= 4; open++) {
    peers.push(await openPeer(t, server.wsUrl));
    await threads(open);
  }
  peers[0].socket.close(1000);
  await threads(3);
  peers[1].socket.terminate();
  await threads(2);
  peers[2].socket.send("still served");
  assert.equal((await peers[2].next()).text, "still served");
  peers[2].socket.close();
  peers[3].socket.terminate();
  await threads(0);
});

test("a received message is logged with its control characters escaped", async (t) => {
  const { server, peer } = await quietPair(t);
  const text = "\x1b[31mred\r\nforged line\u009b32m\x07\x7f";
  peer.socket.send(text);
  assert.equal((await peer.next()).text, text);
  await server.stop();
  const logged = server.stdout();
  assert.match(logged, /red/);
  assert.doesNotMatch(logged, /[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  assert.doesNotMatch(logged, /^forged line/m);
});

test("--quiet logs no message", async (t) => {
  const { server, peer } = await quietPair(t, "--quiet");
  peer.socket.send("a secret");
  await peer.next();
  await server.stop();
  // Only the greeting, which names the address.
  const lines = server.stdout().trimEnd().split("\n");
  assert.deepEqual(lines.filter((line) => !line.includes(server.url)), []);
  assert.doesNotMatch(server.stdout() + server.stderr(), /secret/);
});
