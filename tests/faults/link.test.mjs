// Runs inside the namespaces that link.sh makes: the server on one side, these clients on the other.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { test as nodeTest } from "node:test";
import { eventually, within } from "../e2e/wait.mjs";
import { connectionThreads, startServer } from "./process.mjs";
import { Opcode, RawPeer, frame } from "./raw_peer.mjs";

const {
  TRILOOP_LINK_SERVER: serverSide, TRILOOP_LINK_CLIENT: clientSide,
  TRILOOP_LINK_SERVER_END: serverEnd, TRILOOP_LINK_CLIENT_END: clientEnd,
  TRILOOP_LINK_BAD: bad,
} = process.env;

const skip = serverSide ? false : "run link.sh";
const test = (name, options, body) => nodeTest(name, { timeout: 120_000, skip, ...options }, body);

const GOOD_HOST = "10.77.1.1";
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
  const script = new URL("bad_link.py", import.meta.url).pathname;
  const relay = spawn(
    "python3", [script, serverSide, BAD_HOST, clientSide, BAD_CLIENT, "30", "15", "2", "1"],
    { stdio: ["pipe", "pipe", "inherit"] });
  const exited = once(relay, "exit");
  let said = "";
  relay.stdout.on("data", (text) => (said += text));
  await within(PATIENCE_MS, Promise.race([once(relay.stdout, "data"), exited]), "the link is up");
  assert.match(said, /^ready/);
  t.after(async () => {
    relay.stdin.end();
    await within(PATIENCE_MS, exited, "the link goes");
    t.diagnostic(said.replace("ready\n", "").trim());
  });
  return BAD_HOST;
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

test("the cable pulled from an idle connection: it is gone within ping interval + pong timeout", {},
  async (t) => {
    const server = await serverOn(t, ["--ping-interval", "1", "--pong-timeout", "1"]);
    const peer = await RawPeer.open(server.port, { host: GOOD_HOST });
    await peer.echo("before");
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
