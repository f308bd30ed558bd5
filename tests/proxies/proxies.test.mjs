// A proxy with TLS in front, as docs/operations.md sets it up: what the server promises holds for a
// client behind it, too.
//
//     TRILOOP_BINARY=build/release/triloop node --test tests/proxies/proxies.test.mjs

import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";
import { once } from "node:events";
import { test as nodeTest } from "node:test";
import { openPeer } from "../e2e/peer.mjs";
import { eventually, within } from "../e2e/wait.mjs";
import { residentBytes, startServer } from "../faults/process.mjs";
import { Opcode, frame } from "../faults/raw_peer.mjs";
import { names, openRawPeer, startProxy, trust } from "./proxy.mjs";

const PATIENCE_MS = 20_000;
const MiB = 1 << 20;

/** The answer to GET, through the proxy. */
async function get(proxy, path, headers = {}) {
  const request = https.get({ host: "127.0.0.1", port: proxy.port, path, headers, agent: false, ...trust });
  const [response] = await within(PATIENCE_MS, once(request, "response"), `an answer to ${path}`);
  let body = "";
  for await (const part of response) body += part;
  return { status: response.statusCode, body };
}

const open = (t, proxy, headers = {}, path) =>
  openPeer(t, proxy.url(path), { ...trust, headers: { Host: "chat.example.org", ...headers } });

/** The status with which the handshake is refused. */
async function refused(t, proxy, headers, path) {
  const error = await open(t, proxy, headers, path).then(() => null, (reason) => reason);
  return Number(/server response: (\d+)/.exec(error?.message)?.[1]);
}

for (const name of names) {
  const test = (what, body) => nodeTest(`${name}: ${what}`, { timeout: 60_000 }, body);

  /** A server, and this proxy in front of it. */
  const both = async (t, args = [], options = {}) => {
    const server = await startServer(t, args);
    return { server, proxy: await startProxy(t, name, server.port, options) };
  };

  test("an echo, one of 1 MiB, and the end of it, with the client's own code", async (t) => {
    const { server, proxy } = await both(t);
    const peer = await open(t, proxy);
    peer.socket.send("hello");
    assert.equal((await peer.next()).text, "hello");
    const large = Buffer.alloc(MiB, "0123456789abcdefg");
    peer.socket.send(large);
    assert.ok((await peer.next()).data.equals(large));
    peer.socket.close(3001, "enough");
    assert.deepEqual(await peer.closed(), { code: 3001, reason: "enough" });
    await eventually(PATIENCE_MS, () =>
      assert.match(server.stderr(), /\[\d+\] closed by peer, 3001 "enough"\n/));
  });

  test("the page comes through, and /inspect does not, whatever name is asked for", async (t) => {
    const { server, proxy } = await both(t);
    const { status, body } = await get(proxy, "/");
    assert.equal(status, 200);
    assert.match(body, /<!doctype html>/i);
    for (const Host of ["chat.example.org", "localhost", "127.0.0.1"]) {
      assert.equal((await get(proxy, "/inspect.json", { Host })).status, 403, Host);
      assert.equal(await refused(t, proxy, { Host }, "/inspect"), 403, Host);
    }
    const direct = await fetch(`http://127.0.0.1:${server.port}/inspect.json`);
    assert.equal(direct.status, 200); // from the machine itself it still does
  });

  test("a server that stops says 1001 to clients behind the proxy, after the last echo", async (t) => {
    const { server, proxy } = await both(t);
    const peers = await Promise.all(Array.from({ length: 20 }, () => open(t, proxy)));
    for (const peer of peers) peer.socket.send("hello");
    for (const peer of peers) assert.equal((await peer.next()).text, "hello");
    const ended = server.stop();
    for (const peer of peers) {
      assert.deepEqual(await peer.closed(), { code: 1001, reason: "server stopping" });
    }
    const { code, seconds } = await ended;
    assert.equal(code, 0);
    assert.ok(seconds < 5, `gone after ${seconds} s`); // half of the drain timeout
    const [, after] = server.stderr().split("stopping: 20 connections to drain\n");
    assert.equal([...after.matchAll(/closed by server, 1001 "server stopping"\n/g)].length, 20);
  });

  test("pings keep an idle connection open for longer than the proxy's timeout", async (t) => {
    const { proxy } = await both(t, ["--ping-interval", "0.3"], { idle: "1s" });
    const peer = await open(t, proxy);
    const since = performance.now();
    while (performance.now() - since < 2500) {
      await within(PATIENCE_MS, once(peer.socket, "ping"), "a ping");
    }
    peer.socket.send("still there?");
    assert.equal((await peer.next()).text, "still there?");
  });

  test("without pings the proxy ends an idle connection: 1006", async (t) => {
    const { server, proxy } = await both(t, ["--ping-interval", "0"], { idle: "1s" });
    const peer = await open(t, proxy);
    assert.equal((await peer.closed()).code, 1006);
    await eventually(PATIENCE_MS, () => assert.match(server.stderr(), /closed by network, 1006/));
  });

  test("an allowed origin is let in, another gets 403 from the server", async (t) => {
    const { proxy } = await both(t, ["--allow-origin", "https://*.example.org"]);
    const peer = await open(t, proxy, { Origin: "https://chat.example.org" });
    peer.socket.send("hello");
    assert.equal((await peer.next()).text, "hello");
    assert.equal(await refused(t, proxy, { Origin: "https://evil.example.com" }), 403);
  });

  test("the server is told who the client is, and the client cannot say otherwise", async (t) => {
    const upstream = http.createServer().listen(0, "127.0.0.1");
    await once(upstream, "listening");
    t.after(() => upstream.close());
    const proxy = await startProxy(t, name, upstream.address().port);
    // HAProxy's own looks whether the server is there are HEAD.
    const asked = new Promise((resolve) => {
      upstream.on("request", (_, response) => response.end());
      upstream.on("upgrade", (request, socket) => {
        socket.on("error", () => {}); // the proxy may be gone before this answer is
        socket.end("HTTP/1.1 403 no\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
        resolve(request);
      });
    });
    assert.equal(await refused(t, proxy, { "X-Forwarded-For": "203.0.113.9" }), 403);
    const { headers, rawHeaders, httpVersion } = await asked;
    assert.equal(httpVersion, "1.1");
    assert.equal(headers.host, "chat.example.org");
    assert.equal(headers.upgrade, "websocket");
    assert.match(headers.connection, /^upgrade$/i);
    const forwarded = rawHeaders.filter((_, i) => /^x-forwarded-for$/i.test(rawHeaders[i - 1] ?? ""));
    assert.deepEqual(forwarded, ["127.0.0.1"]);
  });

  test("one address gets so many connections and no more", async (t) => {
    const { proxy } = await both(t, [], { each: "3" });
    const peers = [];
    for (let i = 0; i < 3; i += 1) peers.push(await open(t, proxy));
    assert.equal(await refused(t, proxy), proxy.tooMany);
    peers[0].socket.close();
    await peers[0].closed();
    await eventually(PATIENCE_MS, () => open(t, proxy));
  });

  test("a client that floods and never reads is stopped, in bounded memory, and ended", async (t) => {
    const { server, proxy } = await both(t, ["--write-timeout", "2"]);
    const before = [server, proxy].map(({ pid }) => residentBytes(pid));
    const most = [...before];
    const timer = setInterval(() => {
      [server, proxy].forEach(({ pid }, i) => (most[i] = Math.max(most[i], residentBytes(pid))));
    }, 20);
    t.after(() => clearInterval(timer));
    const peer = await openRawPeer(proxy);
    peer.stopReading();
    const chunk = frame(Opcode.binary, Buffer.alloc(64 * 1024, 7));
    let taken = 0;
    peer.flood(chunk, () => ((taken += chunk.length), false));
    await eventually(PATIENCE_MS, () =>
      assert.match(server.stderr(), /closed by network, 1006 "(the peer stopped reading|Connection timed out)"\n/));
    const [ofServer, ofProxy] = most.map((bytes, i) => (bytes - before[i]) / MiB);
    t.diagnostic(`${(taken / MiB).toFixed(1)} MiB taken; the server grew by ${ofServer.toFixed(1)} MiB, ` +
      `${name} by ${ofProxy.toFixed(1)} MiB`);
    // Two queues of 4 MiB and what three threads have in hand; the bound of tests/faults/floods.test.mjs.
    assert.ok(ofServer < 11, `the server grew by ${ofServer} MiB`);
    assert.ok(ofServer > 4, `the server grew by ${ofServer} MiB only: the queues were not full`);
    peer.leave();
    const other = await open(t, proxy);
    other.socket.send("and now?");
    assert.equal((await other.next()).text, "and now?");
  });

  test("with no server there the client is told so; with two, the other one serves", async (t) => {
    const server = await startServer(t, []);
    const other = await startServer(t, []);
    const proxy = await startProxy(t, name, server.port, { second: other.port });
    const peers = [];
    for (let i = 0; i < 4; i += 1) peers.push(await open(t, proxy));
    const codes = [];
    peers.forEach(({ socket }) => socket.on("close", (code) => codes.push(code)));
    await server.stop();
    const its = [...server.stderr().matchAll(/ open: /g)].length;
    assert.ok(its > 0 && its < peers.length, `${its} of ${peers.length} went to the first server`);
    await eventually(PATIENCE_MS, () => assert.deepEqual(codes, Array(its).fill(1001)));
    for (const peer of await Promise.all(codes.map(() => open(t, proxy)))) {
      peer.socket.send("who is there?");
      assert.equal((await peer.next()).text, "who is there?");
    }
    await other.stop();
    assert.equal([...other.stderr().matchAll(/ open: /g)].length, peers.length);
    await eventually(PATIENCE_MS, async () =>
      assert.equal(await refused(t, proxy), proxy.nobodyThere));
  });

  test("of two that are replaced, one right after the other, there is always one", async (t) => {
    const server = await startServer(t, []);
    const other = await startServer(t, []);
    const proxy = await startProxy(t, name, server.port, { second: other.port });
    await server.stop();
    for (let i = 0; i < 4; i += 1) await open(t, proxy); // some of them find that it refuses
    await startServer(t, ["--port", `${server.port}`]);
    await other.stop();
    const peer = await open(t, proxy);
    peer.socket.send("who is there?");
    assert.equal((await peer.next()).text, "who is there?");
  });
}
