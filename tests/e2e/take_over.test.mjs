// One program takes over from another: --take-over, without systemd.

import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { test as nodeTest } from "node:test";
import { Crowd } from "./crowd.mjs";
import { openPeer } from "./peer.mjs";
import { folder, run } from "./run.mjs";
import { launchProgram } from "./server.mjs";
import { eventually, within } from "./wait.mjs";

const PATIENCE_MS = 30_000;
const CROWD = 200;

const test = (name, body) => nodeTest(name, { timeout: 120_000 }, body);

const common = ["--heartbeat", "0", "--quiet", "--max-handshakes", "1000", "--drain-timeout", "60"];
const launch = (t, ...args) => launchProgram(t, process.env.TRILOOP_BINARY, [...common, ...args]);

async function echoes(t, url) {
  const peer = await openPeer(t, url);
  peer.socket.send("hello");
  assert.equal((await peer.next()).text, "hello");
  peer.socket.close(1000);
  await peer.closed();
}

const ended = (server) => within(PATIENCE_MS, server.exited, "the old one ends");
const goesWell = async (server) => assert.deepEqual(await ended(server), { code: 0, signal: null }, server.stderr());

test("a program that is replaced three times loses nothing of a crowd, and refuses nobody", async (t) => {
  const path = join(folder(t), "take-over");
  const socket = join(folder(t), "ws.sock");
  const places = ["--log-level", "warn", "--take-over", path, "--listen", "tcp:127.0.0.1:0", "--listen", `unix:${socket},mode=0600`];
  let server = await launch(t, ...places);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const { port } = server;
  const crowds = [new Crowd(server.wsUrl, CROWD / 2), new Crowd(`ws+unix:${socket}:/ws`, CROWD / 2)];
  for (let time = 1; time <= 3; time += 1) {
    const before = crowds.map((crowd) => crowd.connects);
    await Promise.all(crowds.map((crowd, i) => crowd.until(() => crowd.connects >= before[i] + crowd.size)));
    const next = await launch(t, ...places);
    assert.equal(next.port, port);
    await goesWell(server);
    assert.equal(server.stderr(), "");
    server = next;
  }
  for (const crowd of crowds) {
    const counts = await crowd.home();
    t.diagnostic(JSON.stringify(counts));
    assert.ok(counts.sentAway >= crowd.size, `only ${counts.sentAway} were sent away`);
  }
  assert.ok(existsSync(socket) && existsSync(path));
  assert.equal((await server.stop()).code, 0);
  assert.deepEqual([socket, path].filter(existsSync), [], "the last one takes its files along");
});

test("who connects while the old one drains is served by the new one", async (t) => {
  const path = join(folder(t), "take-over");
  const first = await launch(t, "--bind", "127.0.0.1", "--port", "0", "--take-over", path);
  const slow = await openPeer(t, first.wsUrl);
  slow.socket.pause(); // its goodbye is not answered: the drain goes on
  const second = await launch(t, "--bind", "127.0.0.1", "--port", "0", "--take-over", path);
  assert.equal(second.port, first.port);
  await eventually(PATIENCE_MS, () => assert.match(first.stderr(), / info handed over: another process accepts from now on\n/)); // until then both do
  for (let i = 0; i < 20; i += 1) await echoes(t, second.wsUrl);
  slow.socket.resume();
  assert.deepEqual(await slow.closed(), { code: 1001, reason: "server stopping" });
  await goesWell(first);
  assert.match(second.stderr(), / info taken over: this process accepts from now on\n/);
  await echoes(t, second.wsUrl);
});

test("who was let in by the old one before the new one accepts gets the connection from it", async (t) => {
  const args = ["--listen", "tcp:127.0.0.1:0", "--take-over", join(folder(t), "take-over")];
  const first = await launch(t, ...args);
  const peer = connect(first.port, "127.0.0.1");
  t.after(() => peer.destroy());
  let received = "";
  peer.setEncoding("latin1").on("data", (text) => (received += text));
  peer.write("GET /ws HTTP/1.1\r\nHost: localhost\r\n");
  const threads = () => readdirSync(`/proc/${first.pid}/task`).map((task) =>
    readFileSync(`/proc/${first.pid}/task/${task}/comm`, "utf8").trim());
  await eventually(PATIENCE_MS, () => assert.ok(threads().includes("read-1")));
  const second = await launch(t, ...args);
  await eventually(PATIENCE_MS, () => assert.match(first.stderr(), /handed over/));
  peer.write("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n");
  await within(PATIENCE_MS, once(peer, "end"), "the end of the stream");
  assert.match(received, /^HTTP\/1\.1 101 .*\r\n\r\n\x88.\x03\xe9server stopping$/s);
  peer.destroy();
  await goesWell(first);
  await echoes(t, second.wsUrl);
});

/** Asks for the sockets, as a program does that is about to die; resolves when it has them. */
async function ask(t, path) {
  const asker = connect(path);
  t.after(() => asker.destroy());
  const [text] = await within(PATIENCE_MS, once(asker, "data"), "the sockets");
  return { asker, text: text.toString() };
}

test("a successor that dies before it accepts leaves the old one as it was", async (t) => {
  const path = join(folder(t), "take-over");
  const server = await launch(t, "--listen", "tcp:127.0.0.1:0", "--take-over", path);
  for (let i = 0; i < 3; i += 1) {
    const { asker, text } = await ask(t, path);
    assert.equal(text, `triloop 1\ntake-over\n127.0.0.1:${server.port}\n\n`);
    await echoes(t, server.wsUrl);
    asker.destroy();
  }
  const { asker } = await ask(t, path);
  asker.write("nonsense");
  await within(PATIENCE_MS, once(asker, "close"), "the end of who talks nonsense");
  await echoes(t, server.wsUrl);
  const next = await launch(t, "--listen", "tcp:127.0.0.1:0", "--take-over", path);
  await goesWell(server);
  await echoes(t, next.wsUrl);
});

test("of two that would take over at once the second is told so, in one line and with status 1", async (t) => {
  const path = join(folder(t), "take-over");
  const server = await launch(t, "--listen", "tcp:127.0.0.1:0", "--take-over", path);
  await ask(t, path);
  const { status, err } = await run(process.env.TRILOOP_BINARY, ["--listen", "tcp:127.0.0.1:0", "--take-over", path]);
  assert.equal(err, `triloop: cannot take over at ${path}, who is there says: another one does so now: Operation not permitted\n`);
  assert.equal(status, 1);
  await echoes(t, server.wsUrl);
});

test("an old one that hangs keeps its place: the new one says so after a while, with status 1", async (t) => {
  const path = join(folder(t), "take-over");
  const server = await launch(t, "--listen", "tcp:127.0.0.1:0", "--take-over", path);
  process.kill(server.pid, "SIGSTOP");
  const { status, err } = await run(process.env.TRILOOP_BINARY, ["--listen", "tcp:127.0.0.1:0", "--take-over", path]);
  process.kill(server.pid, "SIGCONT");
  assert.equal(err, `triloop: cannot take over at ${path}, who is there is silent: Connection timed out\n`);
  assert.equal(status, 1);
  await echoes(t, server.wsUrl);
});

test("a place that the new one does not name is listened on no more, and a new one is, from now on", async (t) => {
  const path = join(folder(t), "take-over");
  const socket = join(folder(t), "ws.sock");
  const first = await launch(t, "--listen", "tcp:127.0.0.1:0", "--listen", "tcp:127.0.0.2:0", "--take-over", path);
  const [, gone] = /127\.0\.0\.2:(\d+)/.exec(first.stdout());
  const second = await launch(t, "--listen", "tcp:127.0.0.1:0", "--listen", `unix:${socket}`, "--take-over", path);
  await goesWell(first);
  assert.match(second.stderr(), new RegExp(` warning not listened on any more: 127\\.0\\.0\\.2:${gone}\\n`));
  await echoes(t, second.wsUrl);
  await echoes(t, `ws+unix:${socket}:/ws`);
  await assert.rejects(once(connect(gone, "127.0.0.2"), "connect"), { code: "ECONNREFUSED" });
});

test("where nobody is, or somebody has died, the program begins anew", async (t) => {
  const path = join(folder(t), "take-over");
  const first = await launch(t, "--listen", "tcp:127.0.0.1:0", "--take-over", path);
  await first.kill();
  assert.ok(existsSync(path));
  const second = await launch(t, "--listen", "tcp:127.0.0.1:0", "--take-over", path);
  await echoes(t, second.wsUrl);
  assert.equal((await second.stop()).code, 0);
  assert.ok(!existsSync(path));
});

test("only the same user may take over", async (t) => {
  if (process.getuid() !== 0) return t.skip("only root can be somebody else");
  const directory = folder(t);
  const path = join(directory, "take-over");
  const server = await launch(t, "--listen", "tcp:127.0.0.1:0", "--take-over", path);
  chmodSync(directory, 0o777);
  const other = () => run("setpriv", ["--reuid=65534", "--clear-groups", process.env.TRILOOP_BINARY, "--listen", "tcp:127.0.0.1:0", "--take-over", path]);
  const closed = await other();
  assert.equal(closed.err, `triloop: cannot take over at ${path}: Permission denied\n`);
  chmodSync(path, 0o666);
  const open = await other();
  assert.match(open.err, /who is there says: only the same user may/);
  assert.deepEqual([closed.status, open.status], [1, 1]);
  await echoes(t, server.wsUrl);
});

test("who speaks another language at the path is left in peace", async (t) => {
  const path = join(folder(t), "take-over");
  for (const [says, error] of [
    ["triloop 2\ntake-over\n\n", "who is there speaks another language: Protocol error"],
    ["HTTP/1.1 400 Bad Request\r\n\r\n", "who is there speaks another language: Protocol error"],
    ["triloop 1\ntake-over\n127.0.0.1:1\n\n", "who is there speaks another language: Protocol error"], // without sockets
  ]) {
    const server = createServer((peer) => peer.end(says)).listen(path);
    await once(server, "listening");
    const { status, err } = await run(process.env.TRILOOP_BINARY, ["--listen", "tcp:127.0.0.1:0", "--take-over", path]);
    assert.equal(err, `triloop: cannot take over at ${path}, ${error}\n`);
    assert.equal(status, 1);
    server.close();
    await once(server, "close");
  }
});

test("a successor that cannot start, for any reason, leaves files and the old one alone", async (t) => {
  const directory = folder(t);
  const path = join(directory, "take-over");
  const socket = join(directory, "ws.sock");
  const server = await launch(t, "--listen", `unix:${socket}`, "--take-over", path);
  const before = readdirSync(directory);
  const { status } = await run(process.env.TRILOOP_BINARY, ["--listen", `unix:${socket}`, "--take-over", path,
    "--processor", "chat", "--database", "/no/such/folder/chat.db"]); // it has the sockets by then
  assert.equal(status, 1);
  assert.deepEqual(readdirSync(directory), before);
  await echoes(t, `ws+unix:${socket}:/ws`);
  assert.equal((await server.stop()).code, 0);
});
