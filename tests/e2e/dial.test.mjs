// `triloop dial` as its user meets it, in pipes, and with servers that nobody here wrote.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import net from "node:net";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import { dial, start } from "./dial.mjs";
import { freePort } from "./free_port.mjs";
import { startServer } from "./server.mjs";
import { eventually, within } from "./wait.mjs";

const PATIENCE_MS = 15_000;

/** A server on node's ws; `serve` gets each connection and its request. */
async function nodeServer(t, serve, options = {}) {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0, ...options });
  await once(server, "listening");
  server.on("connection", serve);
  t.after(() => {
    server.clients.forEach((client) => client.terminate());
    server.close();
  });
  return `ws://127.0.0.1:${server.address().port}/`;
}

const echo = (socket) => socket.on("message", (data, binary) => socket.send(data, { binary }));

test("dial: a line is a message, and a message is a line", async (t) => {
  const { url } = await startServer(t, "--heartbeat", "0");
  const there = `${url.replace("http", "ws")}ws`;
  assert.deepEqual(await dial(t, "one\n\nthree", "--count", "3", there), { status: 0, out: "one\n\nthree\n", err: "" });
});

test("dial: connects again when the connection is lost, and goes on where it was", async (t) => {
  const seen = [];
  const sockets = [];
  const url = await nodeServer(t, (socket) => {
    sockets.push(socket);
    socket.on("message", (data) => {
      seen.push(data.toString());
      socket.send(`${sockets.length}: ${data}`);
    });
  });
  const run = start(t, "--reconnect", "1000000", "--count", "2", url);
  run.child.stdin.write("one\n");
  await eventually(PATIENCE_MS, () => assert.equal(run.output.out, "1: one\n"));
  sockets[0].close(1012, "restarts");
  await eventually(PATIENCE_MS, () => assert.match(run.output.err, /^triloop: lost: peer, 1012 "restarts"\n$/));
  run.child.stdin.end("two\n");
  const { status, out } = await run.ended();
  assert.equal(out, "1: one\n2: two\n");
  assert.equal(status, 0);
  assert.deepEqual(seen, ["one", "two"]);
});

test("dial: gives up when the server is not there as often as it may ask", async (t) => {
  const { status, err } = await dial(t, "", "--reconnect", "1", `ws://127.0.0.1:${await freePort()}/`);
  assert.equal(status, 1);
  assert.match(err, /Connection refused/);
});

test("dial: all lines are sent before the end of the input closes the connection", async (t) => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i}`);
  const seen = [];
  let code;
  const url = await nodeServer(t, (socket) => {
    socket.on("message", (data) => seen.push(data.toString()));
    socket.on("close", (with_) => (code = with_));
  });
  assert.deepEqual(await dial(t, `${lines.join("\n")}\n`, url), { status: 0, out: "", err: "" });
  await eventually(PATIENCE_MS, () => assert.equal(code, 1000));
  assert.deepEqual(seen, lines);
});

for (const [name, options, args] of [
  ["as it is", {}, []],
  ["with compression", { perMessageDeflate: { threshold: 0 } }, ["--compress"]],
  ["with bounded windows", { perMessageDeflate: { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 9 } }, ["--compress"]],
  ["without context", { perMessageDeflate: { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true } },
    ["--compress"]],
]) {
  test(`dial: node's ws echoes what it is sent, ${name}`, async (t) => {
    const url = await nodeServer(t, echo, options);
    const lines = Array.from({ length: 300 }, (_, i) => "abc".repeat(i * 7) + i);
    const { status, out } = await dial(t, `${lines.join("\n")}\n`, "--count", "300", ...args, url);
    assert.equal(status, 0);
    assert.deepEqual(out.split("\n").slice(0, -1), lines);
  });
}

test("dial: python-websockets echoes what it is sent", async (t) => {
  const script = `
import asyncio, websockets
async def echo(socket):
    async for message in socket:
        await socket.send(message)
async def main():
    async with websockets.serve(lambda socket, path="": echo(socket), "127.0.0.1", 0) as server:
        print(list(server.sockets)[0].getsockname()[1], flush=True)
        await asyncio.Future()
asyncio.run(main())`;
  const server = spawn("/usr/bin/python3", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => server.kill("SIGKILL"));
  const [port] = await within(PATIENCE_MS, once(server.stdout, "data"), "the server listens");
  const lines = Array.from({ length: 300 }, (_, i) => "abc".repeat(i * 7) + i);
  for (const args of [[], ["--compress"]]) {
    const { status, out, err } = await dial(t, `${lines.join("\n")}\n`, "--count", "300", ...args,
      `ws://127.0.0.1:${`${port}`.trim()}/`);
    assert.deepEqual([status, err], [0, ""]);
    assert.deepEqual(out.split("\n").slice(0, -1), lines);
  }
});

test("dial: what the request says, and that it offers a subprotocol", async (t) => {
  let request;
  const url = await nodeServer(t, (socket, asked) => {
    request = asked;
    socket.send(socket.protocol);
  }, { handleProtocols: () => "chat" });
  const { out, status } = await dial(t, "", "--count", "1", "--header", "X-One: 1", "--header", "Authorization: Bearer 42",
    "--subprotocol", "other,chat", `${url}there?a=b`);
  assert.deepEqual([out, status], ["chat\n", 0]);
  assert.equal(request.url, "/there?a=b");
  assert.equal(request.headers["x-one"], "1");
  assert.equal(request.headers.authorization, "Bearer 42");
  assert.equal(request.headers.origin, undefined);
});

test("dial: --binary sends what is no text, and a pipe gets the bytes as they came", async (t) => {
  const kinds = [];
  const url = await nodeServer(t, (socket) => socket.on("message", (data, binary) => {
    kinds.push(binary);
    socket.send(data, { binary });
  }));
  const { status, out } = await dial(t, Buffer.from([0x1b, 0xff, 0x00, 0x0a]), "--binary", "--count", "1", url);
  assert.deepEqual([status, out, kinds], [0, "\x1b\xff\x00\n", [true]]);
});

test("dial: a line that is not UTF-8, or too long, is one line on standard error and status 1", async (t) => {
  const url = await nodeServer(t, echo);
  const bad = await dial(t, Buffer.from([0x61, 0x0a, 0xff, 0x0a]), url);
  assert.deepEqual([bad.status, bad.err], [1, "triloop: line 2 is not UTF-8 (--binary sends it)\n"]);
  const long = await dial(t, "a".repeat(11), "--max-message", "10", url);
  assert.deepEqual([long.status, long.err], [1, "triloop: line 1 is longer than 10 bytes (--max-message)\n"]);
});

test("dial: the exit status is that of the close code", async (t) => {
  for (const [code, status, err] of [[1000, 0, ""], [1001, 0, ""], [1008, 3, 'triloop: closed by peer, 1008 "not you"\n'],
    [4000, 3, 'triloop: closed by peer, 4000 "not you"\n']]) {
    const url = await nodeServer(t, (socket) => socket.close(code, status ? "not you" : ""));
    const run = start(t, url); // whose input does not end
    assert.deepEqual(await run.ended(), { status, out: "", err }, `${code}`);
  }
  const gone = await nodeServer(t, (socket) => socket.terminate());
  const broken = await start(t, gone).ended();
  assert.equal(broken.status, 1);
  assert.match(broken.err, /^triloop: closed by network, 1006 "[^\n]+"\n$/);
});

test("dial: a server that is not there, or refuses, is one line on standard error and status 1", async (t) => {
  const nobody = await dial(t, "", `ws://127.0.0.1:${await freePort()}/`);
  assert.equal(nobody.status, 1);
  assert.match(nobody.err, /^triloop: cannot connect to 127\.0\.0\.1:\d+: Connection refused\n$/);
  const { url } = await startServer(t);
  const refused = await dial(t, "", `${url.replace("http", "ws")}nothing`);
  assert.equal(refused.status, 1);
  assert.match(refused.err, /^triloop: the server answered 404: 404: there is nothing at this path\n$/);
});

test("dial: an option or a URL that makes no sense is one line on standard error and status 2", async (t) => {
  for (const bad of [[], ["http://localhost/"], ["ws://a@localhost/"], ["--header", "x", "ws://localhost/"], ["ws://localhost/", "more"],
    ["--header", "Upgrade: h2c", "ws://localhost/"], ["--subprotocol", "a,a", "ws://localhost/"], ["--nothing", "ws://localhost/"]]) {
    const { status, out, err } = await dial(t, "", ...bad);
    assert.equal(status, 2, bad.join(" "));
    assert.equal(out, "");
    assert.match(err, /^triloop: [^\n]+\(see triloop dial --help\)\n$/);
  }
});

test("dial: SIGINT and SIGTERM close with 1001", async (t) => {
  for (const signal of ["SIGINT", "SIGTERM"]) {
    let code;
    const url = await nodeServer(t, (socket) => {
      socket.on("close", (with_) => (code = with_));
      socket.send("hello");
    });
    const run = start(t, url);
    await eventually(PATIENCE_MS, () => assert.equal(run.output.out, "hello\n"));
    run.child.kill(signal);
    assert.deepEqual(await run.ended(), { status: 0, out: "hello\n", err: "" });
    await eventually(PATIENCE_MS, () => assert.equal(code, 1001));
  }
});

test("dial: a signal gives up a handshake that is not answered", async (t) => {
  let sockets = 0;
  const silent = net.createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => (sockets += 1));
    t.after(() => socket.destroy());
  }).listen(0, "127.0.0.1");
  t.after(() => silent.close());
  await once(silent, "listening");
  const run = start(t, `ws://127.0.0.1:${silent.address().port}/`);
  await eventually(PATIENCE_MS, () => assert.equal(sockets, 1));
  run.child.kill("SIGTERM");
  const { status, err } = await run.ended();
  assert.equal(status, 1);
  assert.match(err, /^triloop: cannot connect to .*: Operation canceled\n$/);
});

test("dial: a second signal ends it at once, whatever blocks it", async (t) => {
  const large = "x".repeat(100_000);
  const url = await nodeServer(t, (socket) => {
    for (let i = 0; i < 100; i += 1) socket.send(large);
  });
  // Nobody takes what it prints: the processor is stuck in the pipe, and so does not end.
  const child = spawn(process.env.TRILOOP_BINARY, ["dial", url], { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  const exited = once(child, "exit");
  await eventually(PATIENCE_MS, () => {
    const [proc] = readdirSync(`/proc/${child.pid}/task`).filter((task) =>
      readFileSync(`/proc/${child.pid}/task/${task}/comm`, "utf8").startsWith("proc-"));
    assert.match(readFileSync(`/proc/${child.pid}/task/${proc}/wchan`, "utf8"), /pipe|sock_alloc/); // node gives it a socket
  });
  child.kill("SIGINT");
  child.kill("SIGTERM");
  assert.deepEqual(await within(PATIENCE_MS, exited, "it ends"), [1, null]);
});

// LeakSanitizer and UndefinedBehaviorSanitizer need descriptors of their own, and take it for a fault that there are none.
const IN_ASAN = readFileSync(process.env.TRILOOP_BINARY).includes("__asan_init");
test("dial: when it can look for neither input nor signals any more, that ends it", { skip: IN_ASAN }, async (t) => {
  let code;
  const url = await nodeServer(t, (socket) => {
    echo(socket);
    socket.on("close", (with_) => (code = with_));
  });
  const run = start(t, url);
  run.child.stdin.write("one\n");
  await eventually(PATIENCE_MS, () => assert.equal(run.output.out, "one\n"));
  // It polls three descriptors, and only there as many: poll(2) refuses more than a process may have.
  execFileSync("prlimit", ["--pid", String(run.child.pid), "--nofile=2:2"]);
  run.child.stdin.write("two\n"); // what it waits in now it has begun before
  const { status, err } = await run.ended();
  assert.deepEqual([status, err], [1, "triloop: poll: Invalid argument\n"]);
  await eventually(PATIENCE_MS, () => assert.ok([1001, 1006].includes(code))); // it waits for no answer, nor for what it sends
});

test("dial: when nobody reads its output any more, it closes", async (t) => {
  let code;
  const url = await nodeServer(t, (socket) => {
    socket.on("close", (with_) => (code = with_));
    const timer = setInterval(() => socket.send("more"), 1);
    t.after(() => clearInterval(timer));
  });
  const run = start(t, url);
  await eventually(PATIENCE_MS, () => assert.match(run.output.out, /^more\n/));
  run.child.stdout.destroy();
  await within(PATIENCE_MS, once(run.child, "exit"), "it ends");
  await eventually(PATIENCE_MS, () => assert.equal(code, 1000));
});
