// Runs inside the namespaces that link.sh makes: the server on one side, these clients on the other.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { test as nodeTest } from "node:test";
import { eventually, within } from "../e2e/wait.mjs";
import { connectionThreads, startServer } from "./process.mjs";
import { Opcode, RawPeer, frame } from "./raw_peer.mjs";

const {
  TRILOOP_LINK_SERVER: serverSide, TRILOOP_LINK_CLIENT: clientSide,
  TRILOOP_LINK_SERVER_END: serverEnd, TRILOOP_LINK_CLIENT_END: clientEnd,
  TRILOOP_LINK_BAD: bad, TRILOOP_LINK_RELAY: relay,
} = process.env;

const skip = serverSide ? false : "run link.sh";
const test = (name, options, body) => nodeTest(name, { timeout: 240_000, skip, ...options }, body);

const GOOD_HOST = "10.77.1.1";
const GOOD_CLIENT = "10.77.1.2";
const BAD_HOST = "10.77.2.1";
const BAD_CLIENT = "10.77.2.2";
const PATIENCE_MS = 60_000;

const serverOn = (t, args) =>
  startServer(t, args, { within: ["ip", "netns", "exec", serverSide], bind: "0.0.0.0" });

const tc = (side, ...args) => execFileSync("tc", ["-n", side, "qdisc", ...args]);
const setCable = (state) => execFileSync("ip", ["link", "set", clientEnd, state]);

/** Makes a link bad, and gives the server's address on it. */
async function badLink(t) {
  if (bad === "netem") {
    const fault = ["netem", "delay", "30ms", "15ms", "loss", "2%", "reorder", "10%"];
    const ends = [[serverSide, serverEnd], [clientSide, clientEnd]];
    ends.forEach(([side, end]) => tc(side, "add", "dev", end, "root", ...fault));
    t.after(() => ends.forEach(([side, end]) => tc(side, "del", "dev", end, "root")));
    return GOOD_HOST;
  }
  return (await relayedLink(t, "--delay", "30", "--jitter", "15", "--loss", "2")).host;
}

/** A link through bad_link.py with these options: the server's address on it, and its switch. */
async function relayedLink(t, ...options) {
  const script = new URL("bad_link.py", import.meta.url).pathname;
  const program = spawn("python3", [script, serverSide, BAD_HOST, clientSide, BAD_CLIENT, ...options],
    { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(program, "exit");
  let said = "";
  program.stdout.on("data", (text) => (said += text));
  await within(PATIENCE_MS, Promise.race([once(program.stdout, "data"), exited]), "the link is up");
  assert.match(said, /^ready/);
  t.after(async () => {
    program.stdin.end();
    await within(PATIENCE_MS, exited, "the link goes");
    t.diagnostic(said.replace("ready\n", "").trim());
  });
  const say = (word) => program.stdin.write(word + "\n");
  return { host: BAD_HOST, stop: () => say("stop"), go: () => say("go") };
}

test("200 echoes are complete and in order over a link that delays, loses and reorders",
  { skip: skip || (bad === "none" && "skipped: neither netem nor TUN here") },
  async (t) => {
    const host = await badLink(t);
    const server = await serverOn(t, ["--ping-interval", "1", "--pong-timeout", "10"]);
    const peer = await RawPeer.open(server.port, { host, patience: PATIENCE_MS });
    const texts = Array.from({ length: 200 }, (_, i) => `${i} ${"x".repeat((i * 97) % 5000)}`);
    // Half of them at once, half of them one by one: full windows and single packets.
    for (const text of texts.slice(0, 150)) peer.socket.write(frame(Opcode.text, text));
    const echoes = [];
    const nextText = async () => {
      for (;;) {
        const { opcode, payload } = await peer.next(PATIENCE_MS);
        if (opcode === Opcode.text) return payload.toString();
        assert.equal(opcode, Opcode.ping);
        peer.socket.write(frame(Opcode.pong, payload));
      }
    };
    while (echoes.length < 150) echoes.push(await nextText());
    for (const text of texts.slice(150)) {
      peer.socket.write(frame(Opcode.text, text));
      echoes.push(await nextText());
    }
    assert.deepEqual(echoes, texts);
    assert.equal(await peer.close(), 1000);
    assert.equal((await server.stop()).code, 0);
  });

/** How long the server keeps the threads of its connections after the cable is pulled, in seconds. */
async function secondsUntilGone(t, server) {
  t.after(() => setCable("up"));
  setCable("down");
  const since = performance.now();
  await eventually(PATIENCE_MS, () => assert.deepEqual(connectionThreads(server.pid), []));
  return (performance.now() - since) / 1000;
}

/**
 * Resolves when the client's kernel has acknowledged all that the server has sent: idle is only who
 * has nothing on its way.
 */
function acknowledged(server) {
  const sockets = () => execFileSync("ip", ["netns", "exec", serverSide, "ss", "-tnH", "state",
    "established", `( sport = :${server.port} )`], { encoding: "utf8" });
  return eventually(PATIENCE_MS, () => assert.match(sockets(), /^\d+ +0 /)); // Recv-Q, Send-Q
}

test("the cable pulled from an idle connection: it is gone within ping interval + pong timeout", {},
  async (t) => {
    const server = await serverOn(t, ["--ping-interval", "1", "--pong-timeout", "1"]);
    const peer = await RawPeer.open(server.port, { host: GOOD_HOST });
    await peer.echo("before");
    await acknowledged(server);
    assert.equal(connectionThreads(server.pid).length, 3);
    const seconds = await secondsUntilGone(t, server);
    t.diagnostic(`gone after ${seconds.toFixed(2)} s`);
    assert.ok(seconds < 3, `gone after ${seconds} s`);
    // Its threads may be gone before the last line of the log has come through the pipe.
    await eventually(PATIENCE_MS, () => assert.match(server.stderr(), /the peer is silent/));
    setCable("up");
    const next = await RawPeer.open(server.port, { host: GOOD_HOST });
    await next.echo("the cable is back");
    peer.leave();
    assert.equal((await server.stop()).code, 0);
  });

test("the cable pulled from an idle connection without pings: the kernel's keepalive notices", {},
  async (t) => {
    const server = await serverOn(t, ["--write-timeout", "2", "--ping-interval", "0"]);
    const peer = await RawPeer.open(server.port, { host: GOOD_HOST });
    await peer.echo("before");
    const seconds = await secondsUntilGone(t, server);
    t.diagnostic(`gone after ${seconds.toFixed(2)} s`);
    assert.ok(seconds > 1 && seconds < 4, `gone after ${seconds} s`);
    peer.leave();
    assert.equal((await server.stop()).code, 0);
  });

test("the cable pulled while the server sends: it is gone within the write timeout", {},
  async (t) => {
    const server = await serverOn(t, ["--write-timeout", "2", "--ping-interval", "0"]);
    const peer = await RawPeer.open(server.port, { host: GOOD_HOST });
    const chunk = frame(Opcode.binary, Buffer.alloc(65536, 7));
    let echoes = 0;
    peer.onFrame = () => (echoes += 1);
    let pulled = false;
    const flood = peer.flood(chunk, () => pulled);
    await eventually(PATIENCE_MS, () => assert.ok(echoes > 100));
    const seconds = await secondsUntilGone(t, server);
    pulled = true;
    t.diagnostic(`gone after ${seconds.toFixed(2)} s: ` +
      `${/closed by .*/.exec(server.stderr())?.[0]}`);
    assert.ok(seconds > 1 && seconds < 4, `gone after ${seconds} s`);
    peer.leave();
    await flood;
    assert.equal((await server.stop()).code, 0);
  });

// -- Links that are slow, or stand still ----------------------------------------------------------
//
// Real ones need minutes: times are divided by TRILOOP_SLOW_PEERS and rates multiplied, by 10 if it
// is not set. With 1 they are real: ./test.sh slow-peers.

const scale = Number(process.env.TRILOOP_SLOW_PEERS ?? 10);
const scaled = (seconds) => seconds / scale;
const kilobytesPerSecond = (rate) => ["--rate", String(rate * 1000 * scale)];
const needsRelay = { skip: skip || (relay === "no" && "skipped: no TUN here, or no python3") };

const WRITE_TIMEOUT = scaled(30);
const MIB = 1 << 20;

// The defaults, in the scale of the run.
const defaults = ["--ping-interval", scaled(20), "--pong-timeout", scaled(20),
  "--write-timeout", WRITE_TIMEOUT, "--close-timeout", scaled(5)].map(String);

/** A proxy before a TCP server that says so much and ends, at once or when `end` is called. */
async function proxyOf(t, mib, { stays = false } = {}) {
  let speaker;
  const upstream = net.createServer((socket) => {
    speaker = socket;
    socket.on("error", () => {}); // it is left in the middle when its peer is dead
    socket.write(Buffer.alloc(mib * MIB, 7));
    if (!stays) socket.end();
  });
  upstream.listen(0, GOOD_CLIENT);
  await once(upstream, "listening");
  t.after(() => upstream.close());
  const address = `${GOOD_CLIENT}:${upstream.address().port}`;
  const server = await serverOn(t, ["--processor", "proxy", "--upstream", address, ...defaults]);
  return { server, end: () => speaker.end() };
}

/** Reads to the end; each ping is answered as soon as it is read, as browsers do. */
async function download(peer, look = () => {}) {
  const seen = { bytes: 0, pings: 0, sincePing: 0, code: 1006 };
  const since = performance.now();
  for (;;) {
    const one = await peer.next(PATIENCE_MS).catch(() => null);
    if (!one) break;
    const { opcode, payload } = one;
    seen.sincePing += 1;
    if (opcode === Opcode.binary) seen.bytes += payload.length;
    if (opcode === Opcode.ping) {
      [seen.pings, seen.sincePing] = [seen.pings + 1, 0];
      peer.socket.write(frame(Opcode.pong, payload));
    }
    if (opcode === Opcode.close) seen.code = payload.readUInt16BE(0);
    look(seen);
  }
  return { ...seen, seconds: (performance.now() - since) / 1000, end: (await peer.over).why };
}

/** What has come of what was owed: a line of the table that ./test.sh slow-peers prints. */
function checkWhole(t, row, mib, { bytes, code, seconds, end }) {
  t.diagnostic(`${row.padEnd(44)} ${(bytes / MIB).toFixed(2)} of ${mib.toFixed(2)} MiB, ` +
    `${code}, ${seconds.toFixed(1)} s`);
  assert.deepEqual({ bytes, code, end }, { bytes: mib * MIB, code: 1000, end: "FIN" });
}

test("a download through a link of 60 kB/s arrives whole, with pings behind it, then 1000",
  needsRelay, async (t) => {
    const { host } = await relayedLink(t, ...kilobytesPerSecond(60));
    const { server, end } = await proxyOf(t, 4, { stays: true });
    const peer = await RawPeer.open(server.port, { host });
    const seen = await download(peer, ({ bytes }) => bytes === 4 * MIB && end());
    checkWhole(t, "link: 4 MiB at 60 kB/s, pings", 4, seen);
    assert.ok(seen.pings > 0, "no ping came");
    assert.equal((await server.stop()).code, 0);
  });

test("a download through a link of 500 kB/s, whose upstream server is done long before, arrives whole",
  needsRelay, async (t) => {
    const { host } = await relayedLink(t, ...kilobytesPerSecond(500));
    const { server } = await proxyOf(t, 16);
    const peer = await RawPeer.open(server.port, { host });
    checkWhole(t, "link: 16 MiB at 500 kB/s", 16, await download(peer));
    assert.equal((await server.stop()).code, 0);
  });

test("a link that stands still for 25 s in a download, and goes on, loses nothing", needsRelay,
  async (t) => {
    const link = await relayedLink(t, ...kilobytesPerSecond(60));
    const { server, end } = await proxyOf(t, 4, { stays: true });
    const peer = await RawPeer.open(server.port, { host: link.host });
    let stood = false;
    const seen = await download(peer, ({ bytes, sincePing }) => {
      if (bytes === 4 * MIB) end();
      // Not right behind a ping: the link would hold the pong, and the peer be silent.
      if (stood || bytes < 1.5 * MIB || sincePing < 3) return;
      stood = true;
      link.stop();
      setTimeout(link.go, scaled(25) * 1000);
    });
    checkWhole(t, "link: 4 MiB at 60 kB/s, still for 25 s", 4, seen);
    assert.ok(stood);
    assert.equal((await server.stop()).code, 0);
  });

test("a link that stands still for longer in a download: it is found within the write timeout",
  needsRelay, async (t) => {
    const link = await relayedLink(t, ...kilobytesPerSecond(500));
    const { server } = await proxyOf(t, 16);
    const peer = await RawPeer.open(server.port, { host: link.host });
    let since;
    const seen = download(peer, ({ bytes }) => {
      if (since || bytes < MIB) return;
      since = performance.now();
      link.stop();
    });
    await eventually(PATIENCE_MS, () => assert.ok(since));
    await eventually(PATIENCE_MS, () => assert.deepEqual(connectionThreads(server.pid), []));
    const seconds = (performance.now() - since) / 1000;
    t.diagnostic(`${"link: one that stands still for good".padEnd(44)} found after ` +
      `${seconds.toFixed(1)} s`);
    assert.ok(seconds > 0.9 * WRITE_TIMEOUT && seconds < WRITE_TIMEOUT + 2, `after ${seconds} s`);
    peer.leave();
    await seen;
    assert.equal((await server.stop()).code, 0);
  });
