// Peers that send more than their share, and never read what comes back: they cost what the
// options say, and nobody else notices.

import assert from "node:assert/strict";
import { test as nodeTest } from "node:test";
import { OVER_TLS } from "../e2e/certificates.mjs";
import { eventually, within } from "../e2e/wait.mjs";
import { connectionThreads, residentBytes, startServer } from "./process.mjs";
import { Opcode, PATIENCE_MS, RawPeer, frame, repeated, upgradeRequest } from "./raw_peer.mjs";

const test = (name, body) => nodeTest(name, { timeout: 90_000 }, body);

const MiB = 1 << 20;
const A_SECOND = 1000;
// Of 300 TLS handshakes at once this process, which measures, has the larger half of the work.
const SOON = OVER_TLS ? 3 * A_SECOND : A_SECOND;

// What malloc keeps, and the stacks of some threads.
const SLACK_BYTES = 8 * MiB;

/** Opens one connection and keeps it talking until `stop()`, which gives the slowest echo. */
async function talkingPeer(port) {
  const peer = await RawPeer.open(port);
  let slowest = 0;
  let echoes = 0;
  let over = false;
  const talk = (async () => {
    for (; !over; echoes += 1) {
      slowest = Math.max(slowest, await peer.echo(`still there? ${echoes}`));
      await new Promise(setImmediate);
    }
  })();
  talk.catch(() => {}); // seen by stop()
  return {
    async stop() {
      over = true;
      await talk;
      await peer.close();
      assert.ok(echoes > 0, "not one echo");
      return slowest;
    },
  };
}

/** The largest VmRSS seen until `stop()`. */
function watchMemory(pid) {
  let most = residentBytes(pid);
  const timer = setInterval(() => (most = Math.max(most, residentBytes(pid))), 50);
  return {
    stop() {
      clearInterval(timer);
      return Math.max(most, residentBytes(pid));
    },
  };
}

const PLACES = 5;
const CROWD = 20;
const HELD_MS = 900; // each refused connection, for that is what makes it a crowd

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** One that tries again and again until it is in. Says how often it was refused. */
async function insistentPeer(port, isOver) {
  for (let refused = 0; ; refused += 1) {
    const peer = await RawPeer.connect(port, "127.0.0.1", { stays: true });
    peer.shakeHands();
    if ((await peer.answered) === 101) return { peer, refused };
    if (isOver()) return { refused };
    await pause(HELD_MS);
    peer.leave();
  }
}

test("a crowd that is refused and tries again keeps no place empty that somebody has left", async (t) => {
  const server = await startServer(t, ["--max-connections", String(PLACES)]);
  const first = await Promise.all(
    Array.from({ length: PLACES }, () => RawPeer.open(server.port)));
  let over = false;
  let isIn = 0;
  const crowd = Array.from({ length: CROWD }, async (_, i) => {
    await pause((i * HELD_MS) / CROWD); // so that they do not all try at the same time
    const one = await insistentPeer(server.port, () => over);
    if (one.peer) isIn += 1;
    return one;
  });
  const readers = () => connectionThreads(server.pid).filter((name) => name.startsWith("read-"));
  await eventually(PATIENCE_MS, () => assert.ok(readers().length > PLACES + CROWD / 2));
  const since = performance.now();
  await Promise.all(first.slice(1).map((peer) => peer.close()));
  try {
    await eventually(PATIENCE_MS / 2, () => assert.equal(isIn, PLACES - 1));
  } finally {
    const seconds = (performance.now() - since) / 1000;
    over = true;
    const refusals = (await Promise.all(crowd)).reduce((sum, { refused }) => sum + refused, 0);
    t.diagnostic(`${isIn} of ${PLACES - 1} places were taken again within ${seconds.toFixed(1)} s, ` +
      `${refusals} refused`);
  }
  await first[0].echo("still there");
  assert.equal((await server.stop()).code, 0);
});

const NEVER_READERS = 8;
const MESSAGE_BYTES = 64 * 1024;

/** Opens peers that send echoes to come and never read one; resolves when all of them are stuck. */
async function neverReaders(server) {
  const chunk = frame(Opcode.binary, Buffer.alloc(MESSAGE_BYTES, 7));
  const peers = await Promise.all(
    Array.from({ length: NEVER_READERS }, () => RawPeer.open(server.port)));
  peers.forEach((peer) => {
    peer.stopReading();
    peer.flooding = peer.flood(chunk);
  });
  return peers;
}

test("eight peers that never read cost two queues each, delay nobody, and are ended", async (t) => {
  const server = await startServer(t, ["--write-timeout", "2"]);
  await (await RawPeer.open(server.port)).close();
  const before = residentBytes(server.pid);
  const talking = await talkingPeer(server.port);
  const memory = watchMemory(server.pid);

  const since = performance.now();
  const peers = await neverReaders(server);
  const ends = await within(PATIENCE_MS, Promise.all(peers.map((peer) => peer.over)), "their ends");
  const grown = memory.stop() - before;
  const slowest = await talking.stop();

  // In queues, in the hands of three threads, and what the decoder is at (it may have doubled).
  // Malloc's rounding, the pages of its pools and the stacks come on top, for each connection.
  const each = 2 * 4 * MiB + 3 * MESSAGE_BYTES + 2 * MESSAGE_BYTES + 2 * MiB;
  const bound = NEVER_READERS * each;
  t.diagnostic(`grown by ${(grown / MiB).toFixed(1)} MiB of ${(bound / MiB).toFixed(1)}, ` +
    `slowest echo of the others ${slowest.toFixed(0)} ms`);
  assert.ok(grown < bound, `grown by ${grown} bytes, bound ${bound}`);
  assert.ok(grown > NEVER_READERS * 4 * MiB, `grown by ${grown} only: the queues were not full`);
  assert.ok(slowest < A_SECOND, `an echo took ${slowest} ms`);
  // The clock of the write timeout starts again with each byte taken, and the kernels move a few
  // more in the first seconds of a full window.
  for (const { at } of ends) {
    const seconds = (at - since) / 1000;
    assert.ok(seconds > 1.9 && seconds < 8, `ended after ${seconds} s`);
  }
  await eventually(PATIENCE_MS, () => assert.deepEqual(connectionThreads(server.pid), []));
  assert.equal((await server.stop()).code, 0);
});

test("eight peers that never read do not keep the process beyond the drain timeout", async (t) => {
  const server = await startServer(t, ["--write-timeout", "3600", "--drain-timeout", "2"]);
  const before = residentBytes(server.pid);
  await neverReaders(server);
  await eventually(PATIENCE_MS, () =>
    assert.ok(residentBytes(server.pid) - before > NEVER_READERS * 4 * MiB));
  const bystander = await RawPeer.open(server.port);
  const ended = server.stop();
  assert.equal(await bystander.closeCode(), 1001);
  const { code, seconds } = await ended;
  t.diagnostic(`gone after ${seconds.toFixed(2)} s`);
  assert.equal(code, 0);
  assert.ok(seconds < 3, `gone after ${seconds} s`);
});

// From each peer: a million frames and more. A tiny message costs the most, three threads handle it.
const FLOOD_BYTES = 16 * MiB;
const FLOOD_BYTES_OF_MESSAGES = 3 * MiB;

const floods = {
  pings: { open: "", each: frame(Opcode.ping, "x".repeat(125)) },
  "empty fragments": {
    open: frame(Opcode.text, "", { fin: false }),
    each: frame(Opcode.continuation, "", { fin: false }),
  },
  "tiny messages": { open: "", each: frame(Opcode.text, "x") },
  "tiny fragments of one message": {
    open: frame(Opcode.text, "", { fin: false }),
    each: frame(Opcode.continuation, "x", { fin: false }),
  },
};

/** Resolves when the server has read all that the peer has sent, or has ended it. */
async function readToTheEnd(peer) {
  const pong = new Promise((resolve) => {
    peer.onFrame = ({ opcode, payload }) => {
      if (opcode === Opcode.pong && payload.toString() === "the last") resolve();
    };
  });
  peer.readAgain();
  peer.socket.write(frame(Opcode.ping, "the last"));
  await within(60_000, Promise.race([pong, peer.over]), "the last ping is answered");
}

for (const [name, { open, each }] of Object.entries(floods)) {
  for (const reads of [true, false]) {
    const who = reads ? "peers that read" : "peers that never read";
    test(`a flood of ${name} from ${who} takes bounded memory and delays nobody`, async (t) => {
      const server = await startServer(t, ["--write-timeout", "2"]);
      const talking = await talkingPeer(server.port);
      const peers = await Promise.all(Array.from({ length: 2 }, () => RawPeer.open(server.port)));
      const before = residentBytes(server.pid);
      const memory = watchMemory(server.pid);
      const chunk = repeated(each, Math.floor(65536 / each.length));
      const sent = await Promise.all(peers.map(async (peer) => {
        peer.onFrame = () => {};
        if (!reads) peer.stopReading();
        peer.socket.write(open);
        let left = (name === "tiny messages" ? FLOOD_BYTES_OF_MESSAGES : FLOOD_BYTES) / 65536;
        const count = await within(60_000, peer.flood(chunk, () => left-- === 0), "it is taken");
        await readToTheEnd(peer);
        return (count * chunk.length) / each.length;
      }));
      const grown = memory.stop() - before;
      const slowest = await talking.stop();
      t.diagnostic(`${sent[0] + sent[1]} frames, grown by ${(grown / MiB).toFixed(1)} MiB, ` +
        `slowest echo of the others ${slowest.toFixed(0)} ms`);
      // None of these fills a queue by its bytes: 2 x 1000 items of some 100 bytes each. The
      // message in fragments is one of less than 16 MiB, which may double while it grows.
      const message = name.startsWith("tiny fragments") ? peers.length * 2 * (FLOOD_BYTES / 7) : 0;
      assert.ok(grown < message + SLACK_BYTES, `grown by ${grown} bytes`);
      assert.ok(slowest < A_SECOND, `an echo took ${slowest} ms`);
      peers.forEach((peer) => peer.leave());
      assert.equal((await server.stop()).code, 0);
    });
  }
}

const half = upgradeRequest().slice(0, 60);
const callers = {
  "connections that send nothing": async () => {},
  "half-done handshakes": async (peer) => peer.socket.write(half),
  "requests that drip in": async (peer) => {
    // One letter at a time, for ever: none of them may win more time.
    for (const letter of `${half}${"y".repeat(1000)}`) {
      if (peer.ended) return;
      peer.socket.write(letter);
      await Promise.race([peer.over, new Promise((resolve) => setTimeout(resolve, 50))]);
    }
  },
};

for (const [name, call] of Object.entries(callers)) {
  test(`300 ${name} end at the handshake timeout, and others are served meanwhile`, async (t) => {
    const server = await startServer(t,
      ["--handshake-timeout", "1.5", "--max-handshakes", "1000"]);
    const talking = await talkingPeer(server.port);
    const lives = await Promise.all(Array.from({ length: 300 }, async () => {
      const since = performance.now(); // so that nobody can seem to end too early
      const peer = await RawPeer.connect(server.port);
      call(peer);
      return within(PATIENCE_MS, peer.over, "the server ends it").then(({ at }) => at - since);
    }));
    const newcomer = await RawPeer.open(server.port);
    await newcomer.echo("hello");
    await newcomer.close();
    const slowest = await talking.stop();
    const longest = Math.max(...lives);
    t.diagnostic(`lived ${Math.min(...lives).toFixed(0)} to ${longest.toFixed(0)} ms, ` +
      `slowest echo of the others ${slowest.toFixed(0)} ms`);
    assert.ok(Math.min(...lives) > 1400, `one ended after ${Math.min(...lives)} ms`);
    assert.ok(longest < 1500 + SOON, `one ended after ${longest} ms`);
    assert.ok(slowest < SOON, `an echo took ${slowest} ms`);
    await eventually(PATIENCE_MS, () => assert.deepEqual(connectionThreads(server.pid), []));
    assert.equal((await server.stop()).code, 0);
  });
}
