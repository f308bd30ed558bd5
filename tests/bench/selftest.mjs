// Can the load generator be believed? TRILOOP_LOAD and TRILOOP_BINARY name the programs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { startServer } from "../faults/process.mjs";
import { residentByKind } from "./anatomy.mjs";
import { start } from "./contestants.mjs";
import { shares } from "./profile.mjs";

const LOAD = process.env.TRILOOP_LOAD;
assert.ok(LOAD, "TRILOOP_LOAD must name the load generator");
const TIMEOUT = { timeout: 60_000 };
const SHORT = ["--connections", "4", "--in-flight", "4", "--warmup", "0.05", "--seconds", "0.3"];

async function load(port, ...args) {
  const child = spawn(LOAD, ["--port", String(port), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => { stdout += text; });
  child.stderr.setEncoding("utf8").on("data", (text) => { stderr += text; });
  const [code] = await once(child, "close");
  return { code, stderr, json: code === 0 ? JSON.parse(stdout) : undefined };
}

function assertMonotone({ p50, p90, p99, p99_9, max }) {
  const sorted = [p50, p90, p99, p99_9, max];
  assert.ok(p50 > 0);
  assert.deepEqual(sorted, [...sorted].sort((a, b) => a - b));
}

/** Echoes frames over length prefixes, as `alter` changes them; a frame that is null ends the stream. */
async function rawEcho(t, alter) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let kept = Buffer.alloc(0);
    let count = 0;
    socket.on("data", (data) => {
      kept = Buffer.concat([kept, data]);
      while (kept.length >= 4 && kept.length >= 4 + kept.readUInt32BE()) {
        const size = 4 + kept.readUInt32BE();
        const answer = alter(Buffer.from(kept.subarray(0, size)), count++);
        kept = kept.subarray(size);
        if (answer === null) return socket.end();
        socket.write(answer);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return server.address().port;
}

for (const mode of ["echo", "stalled", "flood"]) {
  test(`${mode} counts messages and percentiles in order`, TIMEOUT, async (t) => {
    const server = await startServer(t, []);
    const { code, stderr, json } = await load(server.port, "--mode", mode, "--pid", String(server.pid), ...SHORT);
    assert.equal(code, 0, stderr);
    assert.ok(json.messages > 0);
    assert.ok(json.least_messages_of_a_connection <= json.most_messages_of_a_connection);
    assert.ok(json.server.threads >= 12);
    assertMonotone(json.latency_us);
  });
}

for (const bytes of [1, 125, 126, 4096, 65_535, 65_536, 1 << 20]) {
  test(`messages of ${bytes} bytes come back, as text and as binary`, TIMEOUT, async (t) => {
    const server = await startServer(t, []);
    for (const kind of ["--text", "--binary"]) {
      const { code, stderr, json } = await load(server.port, kind, "--bytes", String(bytes), ...SHORT);
      assert.equal(code, 0, stderr);
      assert.ok(json.messages > 0);
    }
  });
}

test("churn counts connections", TIMEOUT, async (t) => {
  const server = await startServer(t, []);
  const { code, stderr, json } = await load(server.port, "--mode", "churn", ...SHORT);
  assert.equal(code, 0, stderr);
  assert.ok(json.connections > 0);
  assertMonotone(json.latency_us);
});

test("idle holds its connections, and each answers once", TIMEOUT, async (t) => {
  const server = await startServer(t, []);
  const { code, stderr, json } = await load(server.port, "--mode", "idle", "--pid", String(server.pid), ...SHORT);
  assert.equal(code, 0, stderr);
  assert.equal(json.latency_us.messages, 4);
  assert.ok(json.all_answered_in_seconds > 0);
});

test("heartbeats are no echoes, even between messages of their size", TIMEOUT, async (t) => {
  const server = await start([process.env.TRILOOP_BINARY, "--bind", "127.0.0.1", "--port", "0", "--heartbeat", "0.01"]);
  t.after(() => server.stop("SIGKILL"));
  const { code, stderr } = await load(server.port, "--text", "--bytes", "21", ...SHORT);
  assert.equal(code, 0, stderr);
});

test("an honest echo over length prefixes passes", TIMEOUT, async (t) => {
  const { code, stderr, json } = await load(await rawEcho(t, (frame) => frame), "--raw", ...SHORT);
  assert.equal(code, 0, stderr);
  assert.ok(json.messages > 0);
});

test("one wrong byte is noticed", TIMEOUT, async (t) => {
  const port = await rawEcho(t, (frame, count) => {
    if (count === 100) frame[frame.length - 1] ^= 1;
    return frame;
  });
  const { code, stderr } = await load(port, "--raw", ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /wrong echo/);
});

test("a lost message is noticed", TIMEOUT, async (t) => {
  const port = await rawEcho(t, (frame, count) => (count === 100 ? Buffer.alloc(0) : frame));
  const { code, stderr } = await load(port, "--raw", ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /wrong echo/);
});

test("a server that ends a connection is noticed", TIMEOUT, async (t) => {
  const port = await rawEcho(t, (frame, count) => (count === 100 ? null : frame));
  const { code, stderr } = await load(port, "--raw", ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /ended the connection|reset/);
});

test("a port where nobody listens is noticed", TIMEOUT, async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  const { code, stderr } = await load(port, ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /connect/);
});

test("a sample of the profile is counted by the stack it has", () => {
  const stack = (...frames) => frames.map((frame) => `\t    10a974 ${frame}`).join("\n");
  const kernel = ["do_syscall_64", "entry_SYSCALL_64_after_hwframe"];
  const found = shares([
    stack("finish_task_switch.isra.0", "__schedule", "schedule", "tcp_recvmsg", "__x64_sys_recvfrom", ...kernel),
    stack("tcp_sendmsg_locked", "__x64_sys_sendmsg", ...kernel, "sendmsg"),
    stack("_int_malloc", "triloop::Connection::read_loop+0x10"),
    stack("triloop::Connection::read_loop"),
  ].join("\n\n") + "\n\n");
  assert.equal(found["waking and switching threads"], 0.25);
  assert.equal(found.sending, 0.25);
  assert.equal(found["malloc and free"], 0.25);
  assert.equal(found["the program itself"], 0.25);
  assert.equal(found.receiving, 0);
  assert.throws(() => shares(""), /no samples/);
});

test("a mapping is counted by what it is", () => {
  const mapping = (permissions, name, kib) =>
    `7f0000000000-7f0000100000 ${permissions} 00000000 00:00 0 ${name}\nSize: 1024 kB\nRss:   ${kib} kB\nPss: 1 kB\n`;
  const found = residentByKind([
    mapping("rw-p", "[heap]", 1), mapping("rw-p", "", 2),
    mapping("---p", "", 0), mapping("rw-p", "", 4),
    mapping("---p", "/lib/libc.so", 0), mapping("r-xp", "/lib/libc.so", 8), mapping("rw-p", "", 16),
  ].join(""));
  const KIB = 1024;
  assert.deepEqual(found, { "thread stacks": 4 * KIB, malloc: 19 * KIB, "program and libraries": 8 * KIB });
});
