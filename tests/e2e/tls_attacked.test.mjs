// TLS on a bad day: records in pieces, streams that stop in the middle of one, certificates that change under load,
// a server that is replaced. And Firefox, which takes no certificate that it does not know.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { copyFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test as nodeTest } from "node:test";
import { connect } from "node:tls";
import { certificates, options, shown } from "./certificates.mjs";
import { Crowd } from "./crowd.mjs";
import { CUTS, cuttingRelay } from "./cutting_relay.mjs";
import { launch } from "./engines.mjs";
import { openPeer } from "./peer.mjs";
import { folder } from "./run.mjs";
import { launchProgram, startServer } from "./server.mjs";
import { eventually, within } from "./wait.mjs";
import { echoOverWss } from "./wss_page.mjs";

const PATIENCE_MS = 30_000;
const KiB = 1 << 10;
const QUIET = ["--heartbeat", "0", "--log-level", "debug"];

const test = (name, body) => nodeTest(name, { timeout: 120_000 }, body);

/** A server with a certificate of its own, and what a client needs to believe it. */
async function start(t, ...args) {
  const made = certificates(t);
  const own = made.issue("server");
  const server = await startServer(t, ...options(own), ...QUIET, ...args);
  return { made, own, server, trust: { ca: own.cert } };
}

const ended = (server, pattern) => eventually(PATIENCE_MS, () => assert.match(server.stderr(), pattern));

// ---- Records in pieces ----

const digest = (bytes) => createHash("sha256").update(bytes).digest("hex");

async function echoesEach(peer, sizes) {
  const all = sizes.map((size) => randomBytes(size));
  all.forEach((bytes) => peer.socket.send(bytes));
  for (const bytes of all) assert.equal(digest((await peer.next()).data), digest(bytes), `${bytes.length} bytes`);
}

const SIZES = [0, 1, 125, 126, 1000, 5000];
const LONG = [16 * KiB - 100, 16 * KiB, 64 * KiB, 1024 * KiB];
const cases = [
  ["byte by byte, fast", { cut: CUTS.bytes }, SIZES],
  ["byte by byte, each alone", { cut: CUTS.bytes, pause: 0 }, SIZES],
  ["half a record at a time, fast", { cut: CUTS.halves }, [...SIZES, ...LONG]],
  ["half a record at a time, slowly", { cut: CUTS.halves, pause: 2 }, [...SIZES, ...LONG]],
];
for (const [name, how, sizes] of cases) {
  for (const version of ["TLSv1.2", "TLSv1.3"]) {
    test(`${name}: a session, echoes and a clean end, in ${version}`, async (t) => {
      const { server, trust } = await start(t);
      const relay = await cuttingRelay(t, server.port, how);
      const peer = await openPeer(t, relay.url, { ...trust, minVersion: version, maxVersion: version, perMessageDeflate: false });
      await echoesEach(peer, sizes);
      peer.socket.close(3001, "enough");
      assert.deepEqual(await peer.closed(), { code: 3001, reason: "enough" });
      await ended(server, /closed by peer, 3001 "enough"\n/);
      assert.doesNotMatch(server.stderr(), /TLS|cut/);
    });
  }
}

// ---- Streams that stop ----

/** An open connection through a relay, which has been quiet until now. */
async function through(t, ...args) {
  const { server, trust } = await start(t, ...args);
  const relay = await cuttingRelay(t, server.port);
  const peer = await openPeer(t, relay.url, { ...trust, perMessageDeflate: false });
  await echoesEach(peer, [10]);
  return { server, peer, relay, ...relay.ways[0], trust };
}

const MESSAGE = 1000; // one record, and 22 to 30 bytes more than that
const HALF = 500;

test("half a record, and then silence, is no sign of life", async (t) => {
  const { server, peer, up } = await through(t, "--ping-interval", "0.5", "--pong-timeout", "1");
  const stands = up.stopAfter(HALF);
  peer.socket.send(randomBytes(MESSAGE));
  await within(PATIENCE_MS, stands, "the relay stands");
  await ended(server, /closed by network, 1006 "the peer is silent"/);
});

test("half a record, and then the end of the stream, is an abort", async (t) => {
  const { server, peer, up, relay } = await through(t);
  const stands = up.stopAfter(HALF);
  peer.socket.send(randomBytes(MESSAGE));
  await within(PATIENCE_MS, stands, "the relay stands");
  relay.ways[0].cutOff();
  await ended(server, /closed by network, 1006 "the stream was cut: it ended without close_notify"/);
});

test("half a record, and later the rest of it, is a message", async (t) => {
  const { server, peer, up, relay, trust } = await through(t);
  const stands = up.stopAfter(HALF);
  const bytes = randomBytes(MESSAGE);
  peer.socket.send(bytes);
  await within(PATIENCE_MS, stands, "the relay stands");
  await echoesEach(await openPeer(t, relay.url, trust), [100]); // others do not notice
  up.go();
  assert.equal(digest((await peer.next()).data), digest(bytes));
  assert.doesNotMatch(server.stderr(), /closed/);
});

test("who takes no more in the middle of a record has stopped reading", async (t) => {
  const { server, peer, down } = await through(t, "--write-timeout", "1", "--ping-interval", "0");
  const stands = down.stopAfter(HALF);
  const large = randomBytes(1024 * KiB);
  for (let i = 0; i < 32; i += 1) peer.socket.send(large); // more than all that lies between can hold
  await within(PATIENCE_MS, stands, "the relay stands");
  await ended(server, /closed by network, 1006 "(the peer stopped reading|Connection timed out)"/);
});

test("a stream that stops in the middle of a ClientHello ends at the handshake timeout, and delays nobody", async (t) => {
  const { server, trust } = await start(t, "--handshake-timeout", "1.5");
  for (const bytes of [1, 4, 100]) {
    const relay = await cuttingRelay(t, server.port, { stopAfter: bytes });
    const socket = connect({ host: "127.0.0.1", port: relay.port, rejectUnauthorized: false });
    const over = new Promise((resolve) => socket.on("error", () => {}).on("close", resolve));
    await eventually(PATIENCE_MS, () => assert.equal(relay.ways.length, 1));
    await within(PATIENCE_MS, relay.ways[0].up.stood, "the relay stands");
    await echoesEach(await openPeer(t, server.wsUrl, trust), [100]);
    await within(PATIENCE_MS, over, "the server ends it");
  }
  await eventually(PATIENCE_MS, () => assert.equal([...server.stderr().matchAll(/no request: /g)].length, 3));
});

// ---- Certificates that change, and servers ----

const CROWD = 100;
const RENEWALS = 10;
const busy = ["--heartbeat", "0", "--quiet", "--max-handshakes", "1000", "--drain-timeout", "60"];
const anybody = { rejectUnauthorized: false };

/** Resolves when each client of the crowd has come back, in the mean. */
const comesBack = (crowd) => {
  const before = crowd.connects;
  return within(PATIENCE_MS, crowd.until(() => crowd.connects >= before + crowd.size), "the crowd comes back");
};

test(`renewed ${RENEWALS} times under the load of ${CROWD} clients: nobody is refused, and nothing lost`, async (t) => {
  const made = certificates(t);
  const own = made.issue("server");
  const server = await startServer(t, ...options(own), ...busy);
  const crowd = new Crowd(server.wsUrl, CROWD, anybody);
  const hangUp = () => process.kill(server.pid, "SIGHUP");
  const count = (pattern) => [...server.stderr().matchAll(pattern)].length;
  let name = "server";
  for (let time = 1; time <= RENEWALS; time += 1) {
    const next = made.issue(`renewed ${time}`);
    if (time % 3 === 0) { // a file that is wrong, first
      const kept = join(made.folder, "kept");
      copyFileSync(own.key, kept);
      writeFileSync(own.key, "no key\n");
      hangUp();
      await eventually(PATIENCE_MS, () => assert.equal(count(/ error TLS stays as it was: cannot use the key /g), time / 3));
      await comesBack(crowd);
      assert.equal(await shown(server.port), name);
      renameSync(kept, own.key);
    }
    renameSync(next.key, own.key);
    renameSync(next.chain, own.chain);
    hangUp();
    name = `renewed ${time}`;
    await eventually(PATIENCE_MS, async () => assert.equal(await shown(server.port), name));
    if (time % 2 === 0) await comesBack(crowd);
  }
  const counts = await crowd.home();
  t.diagnostic(JSON.stringify(counts));
  assert.equal(counts.sentAway, 0);
  assert.equal((await server.stop()).code, 0);
});

test("a program that is replaced while clients talk over TLS loses nothing, and the new one shows its own certificate", async (t) => {
  const made = certificates(t);
  const path = join(folder(t), "take-over");
  const launchOne = (name) => launchProgram(t, process.env.TRILOOP_BINARY,
    [...options(made.issue(name)), ...busy, "--take-over", path, "--listen", "tls:127.0.0.1:0", "--listen", "tcp:127.0.0.1:0"]);
  const urls = (server) => [...server.stdout().matchAll(/^listening on (\S+)$/gm)].map(([, url]) => url);
  let server = await launchOne("first");
  const places = urls(server);
  assert.deepEqual(places.map((url) => new URL(url).protocol), ["https:", "http:"]);
  const crowds = places.map((url) => new Crowd(`${url.replace("http", "ws")}ws`, 10, anybody));
  for (const name of ["second", "third"]) {
    await Promise.all(crowds.map(comesBack));
    const next = await launchOne(name);
    assert.deepEqual(urls(next), places);
    const { code } = await within(PATIENCE_MS, server.exited, "the old one ends");
    assert.equal(code, 0, server.stderr());
    assert.equal(await shown(next.port), name);
    server = next;
  }
  for (const crowd of crowds) {
    const counts = await crowd.home();
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts.sentAway > 0, "nobody was there when it was replaced");
  }
});

// ---- Firefox ----

test("Firefox opens the page over https, and echoes over wss; an end is clean", async (t) => {
  const { server } = await start(t);
  const browser = await launch("firefox", { acceptInsecureCerts: true });
  t.after(() => browser.close());
  const page = await browser.open(server.url.replace("127.0.0.1", "localhost"));
  assert.equal(await page.evaluate(() => document.querySelectorAll("nav.tabs a").length), 5);
  const answer = await echoOverWss(page, 3000, "enough");
  assert.deepEqual(answer, { data: "from a browser", code: 3000, wasClean: true });
  assert.deepEqual(await page.problems(), []);
  await ended(server, /closed by peer, 3000 "enough"\n/);
});
