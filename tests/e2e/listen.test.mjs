// Where the program listens: --listen, and what becomes of the files of Unix sockets.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { Crowd } from "./crowd.mjs";
import { freePort } from "./free_port.mjs";
import { withSockets } from "./inherit.mjs";
import { openPeer } from "./peer.mjs";
import { folder, run } from "./run.mjs";
import { launchProgram } from "./server.mjs";
import { eventually, within } from "./wait.mjs";

const PATIENCE_MS = 15_000;

const launch = (t, args, environment) => launchProgram(t, process.env.TRILOOP_BINARY, ["--heartbeat", "0", ...args], environment);

async function echoes(t, url) {
  const peer = await openPeer(t, url);
  peer.socket.send("hello");
  assert.equal((await peer.next()).text, "hello");
}

const body = (options) => new Promise((resolve, reject) => {
  get(options, (response) => {
    let text = "";
    response.on("data", (part) => (text += part));
    response.on("end", () => resolve({ status: response.statusCode, text }));
  }).on("error", reject);
});

test("each --listen is served, TCP with ports of its own and a Unix socket with its mode", async (t) => {
  const path = join(folder(t), "ws.sock");
  const server = await launch(t, ["--listen", `unix:${path},mode=0600`, "--listen", "tcp:127.0.0.1:0", "--listen", "tcp:127.0.0.2:0"]);
  const [first, second, third, open] = server.stdout().split("\n");
  assert.match(first, /^listening on http:\/\/127\.0\.0\.1:\d+\/$/);
  assert.match(second, /^listening on http:\/\/127\.0\.0\.2:\d+\/$/);
  assert.equal(third, `listening on unix:${path}`);
  assert.equal(open, `open ${server.url} in a browser`);
  for (const line of [first, second]) await echoes(t, `${line.replace("listening on http", "ws")}ws`);
  await echoes(t, `ws+unix:${path}:/ws`);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal((await server.stop()).code, 0);
  assert.ok(!existsSync(path));
});

test("with a Unix socket alone the page is served, and nothing is said of a browser", async (t) => {
  const path = join(folder(t), "ws.sock");
  const server = await launch(t, ["--listen", `unix:${path}`]);
  assert.equal(server.stdout(), `listening on unix:${path}\n`);
  assert.equal((await body({ socketPath: path, path: "/", headers: { Host: "localhost" } })).status, 200);
  assert.match(server.stderr() + (await server.stop(), server.stderr()), /stopping/);
});

test("a peer of a Unix socket is one of this machine: it may look at /inspect, and is shown as its process", async (t) => {
  const path = join(folder(t), "ws.sock");
  await launch(t, ["--listen", `unix:${path}`]);
  await echoes(t, `ws+unix:${path}:/ws`);
  const ask = (headers) => body({ socketPath: path, path: "/inspect.json", headers });
  const { status, text } = await ask({ Host: "localhost" });
  assert.equal(status, 200);
  assert.equal(JSON.parse(text).connections[0].peer, `unix:${process.pid}`);
  assert.equal((await ask({ Host: "localhost", "X-Forwarded-For": "203.0.113.9" })).status, 403);
  assert.equal((await ask({ Host: "evil.example" })).status, 403);
});

test("after SIGKILL the next one takes the socket's path; while one runs it does not, and says so in one line", async (t) => {
  const path = join(folder(t), "ws.sock");
  const first = await launch(t, ["--listen", `unix:${path}`]);
  await first.kill();
  assert.ok(existsSync(path));
  const second = await launch(t, ["--listen", `unix:${path}`]);
  const { status, out, err } = await run(process.env.TRILOOP_BINARY, ["--listen", `unix:${path}`]);
  assert.deepEqual({ status, out, err }, {
    status: 1, out: "", err: `triloop: cannot listen on unix:${path}: Address already in use\n` });
  await echoes(t, `ws+unix:${path}:/ws`);
  assert.equal((await second.stop()).code, 0);
});

test("what cannot be listened on is one line on standard error: 2 for the form, 1 for the place", async (t) => {
  const path = join(folder(t), "file");
  writeFileSync(path, "precious");
  const table = [
    [["7777"], 2, /^triloop: listen: '7777': it is none of .*\(see triloop --help\)\n$/],
    [[`unix:/${"x".repeat(103)}`], 2, /more than 103 bytes/],
    [["tcp:127.0.0.1:0", "unix:/s,mode=9"], 2, /no octal number/],
    [[`unix:${path}2,group=no-such-group`], 2, /there is no group 'no-such-group'/],
    [["tcp:no-such-host.invalid:0"], 1, /^triloop: cannot listen on no-such-host\.invalid port 0: /],
    [["tcp:192.0.2.1:7777"], 1, /^triloop: cannot listen on 192\.0\.2\.1 port 7777: Cannot assign requested address\n$/],
    [[`unix:${path}`], 1, /which is no socket: File exists\n$/],
    [["unix:/no/such/folder/s"], 1, /No such file or directory\n$/],
    [["fd:77"], 1, /^triloop: cannot listen on fd:77: Bad file descriptor\n$/],
  ];
  for (const [entries, status, pattern] of table) {
    const result = await run(process.env.TRILOOP_BINARY, entries.flatMap((entry) => ["--listen", entry]));
    assert.equal(result.status, status, entries.join(" "));
    assert.equal(result.out, "");
    assert.match(result.err, pattern);
    assert.match(result.err, /^triloop: [^\n]+\n$/);
  }
});

test("TRILOOP_LISTEN is a list with spaces, and wins over --bind and --port", async (t) => {
  const path = join(folder(t), "ws.sock");
  const server = await launch(t, ["--bind", "192.0.2.1", "--port", "1"], { TRILOOP_LISTEN: `tcp:127.0.0.1:0 unix:${path},mode=0600` });
  assert.deepEqual(server.stdout().split("\n").slice(0, 2), [`listening on ${server.url}`, `listening on unix:${path}`]);
  const port = await freePort();
  const other = await launch(t, ["--listen", `tcp:127.0.0.1:${port}`], { TRILOOP_LISTEN: "nonsense" });
  assert.equal(other.port, port);
});

test("sockets of the service manager are listened on, whatever file and environment say", async (t) => {
  const server = await launchProgram(t, ...withSockets(2, process.env.TRILOOP_BINARY, "--heartbeat", "0"), {
    TRILOOP_BIND: "192.0.2.1", TRILOOP_PORT: "1" });
  const lines = server.stdout().split("\n").slice(0, 2);
  for (const line of lines) {
    assert.match(line, /^listening on http:\/\/127\.0\.0\.1:\d+\/$/);
    await echoes(t, `${line.replace("listening on http", "ws")}ws`);
  }
  assert.notEqual(lines[0], lines[1]);
  assert.equal((await server.stop()).code, 0);
});

test("the command line wins over the sockets of the service manager, and a line says so", async (t) => {
  const server = await launchProgram(t, ...withSockets(1, process.env.TRILOOP_BINARY, "--listen=tcp:127.0.0.1:0"));
  assert.match(server.stderr(), /^triloop: the sockets of the service manager are not listened on: the command line says where\n/);
  assert.equal(server.stdout().split("\n").length, 3);
  const named = await launchProgram(t, ...withSockets(1, process.env.TRILOOP_BINARY, "--listen", "fd:3"));
  assert.doesNotMatch(named.stderr(), /service manager/);
  await echoes(t, named.wsUrl);
});

test("a descriptor of the service manager that does not listen is one line, and status 1", async () => {
  const script = 'exec 3</dev/null; LISTEN_FDS=$1 LISTEN_PID=$$ exec "$TRILOOP_BINARY"';
  const start = (count) => spawnSync("bash", ["-c", script, "bash", count], { encoding: "utf8", timeout: PATIENCE_MS });
  const none = start("1");
  assert.equal(none.status, 1);
  assert.equal(none.stderr, "triloop: cannot listen on fd:3, no stream socket of TCP or Unix: Invalid argument\n");
  const bad = start("many");
  assert.equal(bad.status, 2);
  assert.equal(bad.stderr, "triloop: LISTEN_FDS='many' is no number of sockets (see triloop --help)\n");
});

test("a peer that was let in before the stop gets its connection, where another process listens on", async (t) => {
  const server = await launchProgram(t, ...withSockets(1, process.env.TRILOOP_BINARY, "--heartbeat", "0"));
  const peer = connect(server.port, "127.0.0.1");
  t.after(() => peer.destroy());
  let received = "";
  peer.setEncoding("latin1").on("data", (text) => (received += text));
  const request = "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n";
  peer.write(request.slice(0, 40));
  await eventually(PATIENCE_MS, async () => { // its thread is there
    const threads = readdirSync(`/proc/${server.pid}/task`).map((task) =>
      readFileSync(`/proc/${server.pid}/task/${task}/comm`, "utf8").trim());
    assert.ok(threads.includes("read-1"), threads.join(" "));
  });
  const ended = server.stop();
  peer.write(request.slice(40));
  await within(PATIENCE_MS, once(peer, "end"), "the end of the stream");
  assert.match(received, /^HTTP\/1\.1 101 .*\r\n\r\n\x88.\x03\xe9server stopping$/s);
  peer.destroy();
  assert.equal((await ended).code, 0);
});

const CROWD = 200;
const crowdsOptions = ["--quiet", "--log-level", "warn", "--max-handshakes", "1000", "--drain-timeout", "60"];

test("a service that is restarted with its sockets three times loses nothing of a crowd, and refuses nobody", async (t) => {
  // What systemd does: the socket stays, and the next one starts when the last one is gone.
  const keeper = spawn(...withSockets(1, "bash", "-c", 'while read -r; do "$@" & wait $! || echo "status $?"; done', "bash",
    "bash", "-c", 'LISTEN_PID=$$ exec "$@"', "bash", process.env.TRILOOP_BINARY, "--heartbeat", "0", ...crowdsOptions),
  { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => keeper.kill("SIGKILL"));
  let said = "";
  keeper.stdout.setEncoding("utf8").on("data", (text) => (said += text));
  const starts = () => [...said.matchAll(/^listening on http:\/\/\S+:(\d+)\/$/gm)];
  const started = (count) => eventually(PATIENCE_MS, () => assert.equal(starts().length, count, said));
  const child = () => keeper.exitCode === null && Number(readFileSync(`/proc/${keeper.pid}/task/${keeper.pid}/children`, "utf8"));
  t.after(() => child() && process.kill(child(), "SIGKILL"));
  keeper.stdin.write("start\n");
  await started(1);
  const crowd = new Crowd(`ws://127.0.0.1:${starts()[0][1]}/ws`, CROWD);
  for (let restarts = 1; restarts <= 3; restarts += 1) {
    const before = crowd.connects;
    await crowd.until(() => crowd.connects >= before + CROWD);
    process.kill(child(), "SIGTERM");
    keeper.stdin.write("start\n");
    await started(restarts + 1);
  }
  const counts = await crowd.home();
  t.diagnostic(JSON.stringify(counts));
  assert.ok(counts.sentAway >= CROWD, `${counts.sentAway}`);
  process.kill(child(), "SIGTERM");
  keeper.stdin.end();
  await within(PATIENCE_MS, once(keeper, "exit"), "the end");
  assert.doesNotMatch(said, /status/);
});
