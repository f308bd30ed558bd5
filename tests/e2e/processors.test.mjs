// The program's processors, with clients and servers that nobody here wrote.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import { certificates } from "./certificates.mjs";
import { freePort } from "./free_port.mjs";
import { openPeer } from "./peer.mjs";
import { launchProgram, startServer } from "./server.mjs";
import { eventually, within } from "./wait.mjs";

const TIMEOUT = { timeout: 60_000 };
const PATIENCE_MS = 15_000;

async function startRedis(t) {
  const port = await freePort();
  const options = { port, bind: "127.0.0.1", save: "", appendonly: "no", dir: tmpdir() };
  const child = spawn("redis-server", Object.entries(options).flatMap(([name, value]) => [`--${name}`, `${value}`]),
    { stdio: "ignore" });
  const exited = once(child, "exit");
  /** Resolves when the whole process is gone: Linux closes what it had open last first, its listening socket after. */
  const kill = () => {
    child.kill("SIGKILL");
    return exited;
  };
  t.after(kill);
  await eventually(PATIENCE_MS, async () => {
    const socket = net.connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.destroy();
  });
  return { port, kill };
}

/** Reads what comes down until it is as long as `wanted`. */
async function bytesLike(peer, wanted) {
  let bytes = Buffer.alloc(0);
  while (bytes.length < wanted.length) bytes = Buffer.concat([bytes, (await peer.next()).data]);
  assert.equal(bytes.toString(), wanted);
}

test("proxy: a real Redis answers PING, SET and GET, also a value of 8 MB; when it dies the peer is told",
  TIMEOUT, async (t) => {
    const redis = await startRedis(t);
    const server = await startServer(t, "--quiet", "--processor", "proxy", "--upstream", `127.0.0.1:${redis.port}`);
    const peer = await openPeer(t, server.wsUrl);
    peer.socket.send("PING\r\n");
    await bytesLike(peer, "+PONG\r\n");
    peer.socket.send("SET greeting hello\r\nGET greeting\r\n");
    await bytesLike(peer, "+OK\r\n$5\r\nhello\r\n");
    const value = "x".repeat(8_000_000);
    peer.socket.send(`*3\r\n$3\r\nSET\r\n$3\r\nbig\r\n$${value.length}\r\n${value}\r\nGET big\r\n`);
    await bytesLike(peer, `+OK\r\n$${value.length}\r\n${value}\r\n`);
    const listener = await openPeer(t, server.wsUrl);
    listener.socket.send("SUBSCRIBE news\r\n");
    await bytesLike(listener, "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n");
    peer.socket.send("PUBLISH news hello\r\n");
    await bytesLike(peer, ":1\r\n");
    await bytesLike(listener, "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n"); // nobody has asked for it
    await redis.kill();
    assert.ok([1000, 1011].includes((await peer.closed()).code));
    const late = await openPeer(t, server.wsUrl);
    assert.deepEqual(await late.closed(), { code: 1013, reason: "the upstream server does not answer" });
  });

/** A server of the `ws` package, and the far ends of its connections, in order. */
async function startWs(t, options = {}) {
  const { handleProtocols, tls } = options;
  const server = tls ? https.createServer(tls) : http.createServer();
  const sockets = new WebSocketServer({ server, path: "/up", ...(handleProtocols && { handleProtocols }) });
  const arrived = [];
  const waiting = [];
  sockets.on("connection", (socket, request) => {
    const far = { socket, request, closed: new Promise((resolve) => socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }))) };
    const waiter = waiting.shift();
    if (waiter) waiter(far);
    else arrived.push(far);
    socket.on("message", (data, binary) => socket.send(data, { binary }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    sockets.clients.forEach((socket) => socket.terminate());
    server.close();
  });
  const next = () => (arrived.length > 0 ? arrived.shift() : new Promise((resolve) => waiting.push(resolve)));
  return { url: `${tls ? "wss" : "ws"}://localhost:${server.address().port}/up?to=you`, next: () => within(PATIENCE_MS, next(), "a connection upstream") };
}

test("proxy: in front of a server of node's ws, each message is passed on as it is, and each Close", TIMEOUT, async (t) => {
  const upstream = await startWs(t, { handleProtocols: (names) => [...names][0] });
  const server = await startServer(t, "--quiet", "--processor", "proxy", "--subprotocol", "mqtt", "--upstream", upstream.url);
  const peer = await openPeer(t, server.wsUrl, { protocols: "mqtt" });
  const far = await upstream.next();
  assert.deepEqual([far.socket.protocol, far.request.url], ["mqtt", "/up?to=you"]);
  for (const message of ["", "hello", "ü".repeat(100_000), Buffer.alloc(0), Buffer.from([0, 255]), Buffer.alloc(3 << 20, 7)]) {
    peer.socket.send(message);
    const { data, binary } = await peer.next();
    assert.equal(binary, typeof message !== "string");
    assert.ok(data.equals(Buffer.from(message)));
  }
  far.socket.send("nobody has asked for it");
  assert.equal((await peer.next()).text, "nobody has asked for it");
  peer.socket.close(4321, "bye");
  assert.deepEqual(await far.closed, { code: 4321, reason: "bye" });
  assert.deepEqual(await peer.closed(), { code: 4321, reason: "bye" });

  const second = await openPeer(t, server.wsUrl, { protocols: "mqtt" });
  (await upstream.next()).socket.close(3210, "enough");
  assert.deepEqual(await second.closed(), { code: 3210, reason: "enough" });

  const third = await openPeer(t, server.wsUrl, { protocols: "mqtt" });
  (await upstream.next()).socket.terminate();
  assert.deepEqual(await third.closed(), { code: 1011, reason: "the upstream server was lost" });

  const lost = await openPeer(t, server.wsUrl, { protocols: "mqtt" });
  const itsFar = await upstream.next();
  lost.socket.terminate();
  assert.equal((await itsFar.closed).code, 1006);

  const last = await openPeer(t, server.wsUrl, { protocols: "mqtt" });
  const lastFar = await upstream.next();
  const stopped = server.stop();
  assert.equal((await lastFar.closed).code, 1001);
  assert.equal((await last.closed()).code, 1001);
  assert.equal((await stopped).code, 0);
});

test("proxy: over wss it believes whom the system believes, and the name has to be that of the URL", TIMEOUT, async (t) => {
  const { issue } = certificates(t);
  const [known, unknown] = [issue("known"), issue("unknown")];
  for (const [certificate, expected] of [[known, "hello"], [unknown, { code: 1014, reason: "the upstream server refuses" }]]) {
    const upstream = await startWs(t, { tls: { cert: certificate.cert, key: certificate.keyText } });
    const server = await launchProgram(t, process.env.TRILOOP_BINARY,
      ["--bind", "127.0.0.1", "--port", "0", "--processor", "proxy", "--upstream", upstream.url], { SSL_CERT_FILE: known.chain });
    const peer = await openPeer(t, server.wsUrl);
    if (expected === "hello") {
      peer.socket.send("hello");
      assert.equal((await peer.next()).text, "hello");
    } else {
      assert.deepEqual(await peer.closed(), expected);
      await eventually(PATIENCE_MS, () => assert.match(server.stdout() + server.stderr(), /no upstream server: .*certificate/));
    }
  }
});

test("parallel: quick requests overtake slow ones, or wait for them", TIMEOUT, async (t) => {
  for (const [order, expected] of [[[], ["quick", "work 200ms slow"]], [["--in-order"], ["work 200ms slow", "quick"]]]) {
    const server = await startServer(t, "--quiet", "--heartbeat", "0", "--processor", "parallel", ...order);
    const peer = await openPeer(t, server.wsUrl);
    peer.socket.send("work 200ms slow");
    peer.socket.send("quick");
    assert.deepEqual([(await peer.next()).text, (await peer.next()).text], expected);
    assert.equal((await server.stop()).code, 0);
  }
});

test("rpc: the program answers JSON-RPC", TIMEOUT, async (t) => {
  const server = await startServer(t, "--processor", "rpc");
  const peer = await openPeer(t, server.wsUrl);
  peer.socket.send(JSON.stringify({ jsonrpc: "2.0", method: "sleep", params: { ms: 10_000 }, id: 1 }));
  peer.socket.send(JSON.stringify({ jsonrpc: "2.0", method: "subtract", params: [42, 23], id: 2 }));
  assert.deepEqual(JSON.parse((await peer.next()).text), { jsonrpc: "2.0", result: 19, id: 2 });
  assert.equal((await server.stop()).code, 0);
  assert.equal(JSON.parse((await peer.next()).text).error.message, "Cancelled");
});

test("chat: the history is there when the program has been killed and started again", TIMEOUT, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "triloop-chat-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const args = ["--processor", "chat", "--database", join(folder, "chat.db")];
  const first = await startServer(t, ...args);
  const ann = await openPeer(t, `${first.wsUrl}?room=lobby&name=ann`);
  assert.equal(JSON.parse((await ann.next()).text).type, "welcome");
  ann.socket.send("remember me");
  assert.equal(JSON.parse((await ann.next()).text).text, "remember me");
  await first.kill();

  const second = await startServer(t, ...args);
  const bob = await openPeer(t, `${second.wsUrl}/lobby?name=bob`);
  const { history } = JSON.parse((await bob.next()).text);
  assert.deepEqual(history.map(({ name, text }) => ({ name, text })), [{ name: "ann", text: "remember me" }]);
});

test("a processor that cannot do its work is one line on standard error and status 1", TIMEOUT, async () => {
  const child = spawn(process.env.TRILOOP_BINARY, ["--bind", "127.0.0.1", "--port", "0", "--processor", "chat",
    "--database", "/no/such/folder/chat.db"]);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
  const [code] = await within(PATIENCE_MS, once(child, "close"), "the program ends");
  assert.equal(code, 1);
  assert.match(errors, /^triloop: .*\n$/);
});
