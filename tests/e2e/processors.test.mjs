// The program's processors, with clients and servers that nobody here wrote.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "./free_port.mjs";
import { openPeer } from "./peer.mjs";
import { startServer } from "./server.mjs";
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
