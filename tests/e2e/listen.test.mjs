// Where the program listens: --listen, and what becomes of the files of Unix sockets.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { freePort } from "./free_port.mjs";
import { openPeer } from "./peer.mjs";
import { launchProgram } from "./server.mjs";

const PATIENCE_MS = 15_000;

const launch = (t, args, environment) => launchProgram(t, process.env.TRILOOP_BINARY, ["--heartbeat", "0", ...args], environment);

function run(...args) {
  return new Promise((resolve) => {
    execFile(process.env.TRILOOP_BINARY, args, { timeout: PATIENCE_MS }, (error, out, err) =>
      resolve({ status: error ? error.code : 0, out, err }));
  });
}

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "triloop-listen-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

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
  const { status, out, err } = await run("--listen", `unix:${path}`);
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
    const result = await run(...entries.flatMap((entry) => ["--listen", entry]));
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
