// The program as its user meets it: exit status, standard output, standard error.

import assert from "node:assert/strict";
import { execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { openPeer } from "./peer.mjs";
import { launchProgram, startServer } from "./server.mjs";
import { eventually, within } from "./wait.mjs";

const PATIENCE_MS = 15_000;

/** Runs the program to its end. */
function run(...args) {
  return new Promise((resolve) => {
    execFile(process.env.TRILOOP_BINARY, args, { timeout: PATIENCE_MS }, (error, out, err) =>
      resolve({ status: error ? error.code : 0, out, err }));
  });
}

test("a port that is taken is one line on standard error and status 1", async (t) => {
  const server = await startServer(t);
  const { status, out, err } = await run("--bind", "127.0.0.1", "--port", String(server.port));
  assert.equal(status, 1);
  assert.equal(out, "");
  assert.match(err, new RegExp(`^triloop: .*port ${server.port}.*in use\\n$`));
});

test("an option that makes no sense to the server is one line on standard error and status 2", async () => {
  for (const bad of [["--stack-size", "1000"], ["--processor", "proxy", "--upstream", "localhost:65616"],
    ["--proxy-protocol-from", "10.1.2.3/8"], ["--proxy-protocol-from", "127.0.0.1,proxy.example.org"],
    ["--forwarded-from", "10.0.0.0/33"]]) {
    const { status, out, err } = await run("--port", "0", ...bad);
    assert.equal(status, 2, bad.join(" "));
    assert.equal(out, "");
    assert.match(err, /^triloop: [^\n]+\(see triloop --help\)\n$/);
  }
});

test("a host that does not exist is one line on standard error and status 1", async () => {
  const { status, err } = await run("--bind", "no-such-host.invalid");
  assert.equal(status, 1);
  assert.match(err, /^triloop: .*no-such-host\.invalid.*\n$/);
});

/** Whether a server can listen there on this machine. */
async function canListen(address) {
  const server = createServer();
  try {
    server.listen(0, address);
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}

test("--bind localhost listens on both families, and says so line by line", async (t) => {
  if (!(await canListen("::1"))) return t.skip("::1 cannot be bound on this machine");
  const server = await launchProgram(t, process.env.TRILOOP_BINARY, ["--bind", "localhost", "--port", "0"]);
  for (const host of ["127.0.0.1", "[::1]"]) {
    const response = await fetch(`http://${host}:${server.port}/`);
    assert.equal(response.status, 200, host);
    await response.text();
    const peer = await openPeer(t, `ws://${host}:${server.port}/ws`);
    peer.socket.send("hello");
    assert.equal((await peer.next()).text, "hello");
  }
  const [first, second, third] = server.stdout().split("\n");
  assert.equal(first, `listening on http://127.0.0.1:${server.port}/`);
  assert.equal(second, `listening on http://[::1]:${server.port}/`);
  assert.equal(third, `open http://127.0.0.1:${server.port}/ in a browser`);
});

test("an address of localhost that the machine does not have is left out with a warning", async (t) => {
  // A network of its own, with a loopback for IPv4 alone.
  const without = ["-rn", "sh", "-c", 'ip link set lo up && { ip -6 address flush dev lo; exec "$@"; }', "sh"];
  if (spawnSync("unshare", [...without, "true"]).status !== 0) return t.skip("no namespaces for this user");
  const args = [...without, process.env.TRILOOP_BINARY, "--port", "0"];
  const server = await launchProgram(t, "unshare", [...args, "--bind", "localhost"]);
  assert.equal(server.url, `http://127.0.0.1:${server.port}/`);
  assert.equal((await server.stop()).code, 0);
  const reason = `port ${server.port}: Cannot assign requested address`;
  assert.ok(server.stderr().includes(` warning left out: cannot listen on localhost (::1) ${reason}\n`), server.stderr());
  await assert.rejects(launchProgram(t, "unshare", [...args, "--bind", "::1"]),
    /"code":1.*triloop: cannot listen on ::1 port 0: Cannot assign requested address/s);
});

test("a bad value is one line on standard error and status 2", async () => {
  for (const args of [["--port", "70000"], ["--heartbeat", "x"], ["--no-such-option"]]) {
    const { status, out, err } = await run(...args);
    assert.equal(status, 2, args.join(" "));
    assert.equal(out, "");
    assert.match(err, /^triloop: .*\n$/);
  }
});

test("--version and --help go to standard output with status 0", async () => {
  assert.match((await run("--version")).out, /^triloop \d+\.\d+\.\d+\nbuilt with .*\n$/);
  const { status, out } = await run("--help");
  assert.equal(status, 0);
  for (const option of ["--bind", "--port", "--queue", "--max-message", "TRILOOP_PORT"]) {
    assert.ok(out.includes(option), option);
  }
});

test("the second signal does not wait for the drain", async (t) => {
  // A peer that does not answer Close would keep the server for the drain timeout.
  const server = await startServer(t, "--drain-timeout", "3600", "--close-timeout", "3600");
  const peer = await openPeer(t, server.wsUrl);
  peer.socket.pause();
  process.kill(server.pid, "SIGTERM");
  process.kill(server.pid, "SIGINT");
  assert.deepEqual(await within(PATIENCE_MS, server.exited, "the server ends"), { code: 0, signal: null });
});

test("a third signal leaves those that the second has cut off the time to end", async (t) => {
  for (let round = 0; round < 10; round += 1) {
    const server = await startServer(t, "--drain-timeout", "3600", "--close-timeout", "3600");
    const peers = await Promise.all(Array.from({ length: 100 }, () => openPeer(t, server.wsUrl)));
    for (const peer of peers) peer.socket.pause(); // none answers Close, so none ends before it is cut off
    let ended;
    for (const signal of ["SIGTERM", "SIGINT", "SIGTERM"]) {
      ended = server.stop(signal);
      await setTimeout(1);
    }
    assert.deepEqual(await ended, { code: 0, signal: null });
    assert.doesNotMatch(server.stderr(), /did not return/);
  }
});

test("a log that nobody reads stops nobody", async (t) => {
  const child = spawn(
    process.env.TRILOOP_BINARY,
    ["--bind", "127.0.0.1", "--port", "0", "--quiet", "--log-level", "debug"],
    { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const [first] = await within(PATIENCE_MS, once(child.stdout, "data"), "the first line");
  const [, url] = /listening on (\S+)\n/.exec(first.toString());
  // Two lines for each, 100 bytes: more than pipe and stream hold (64 KiB each).
  for (let i = 0; i < 1500; i += 1) {
    const peer = await openPeer(t, url.replace("http:", "ws:") + "ws");
    peer.socket.terminate();
  }
  child.kill("SIGTERM");
  assert.equal((await within(PATIENCE_MS, exited, "the server ends"))[0], 0);
});

test("standard output that nobody reads stops no echo, and SIGTERM is status 0", async (t) => {
  const child = spawn(
    process.env.TRILOOP_BINARY,
    ["--bind", "127.0.0.1", "--port", "0", "--heartbeat", "0"],
    { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => child.kill("SIGKILL"));
  const exited = once(child, "exit");
  const [first] = await within(PATIENCE_MS, once(child.stdout, "data"), "the first line");
  child.stdout.pause();
  const [, url] = /listening on (\S+)\n/.exec(first.toString());

  const peer = await openPeer(t, url.replace("http:", "ws:") + "ws");
  const count = 5000; // lines of 230 bytes: more than pipe and stream hold
  for (let i = 0; i < count; i += 1) peer.socket.send("x".repeat(200));
  for (let i = 0; i < count; i += 1) await peer.next();
  child.kill("SIGTERM");
  assert.equal((await within(PATIENCE_MS, exited, "the server ends"))[0], 0);
});

test("code that does not return is named, and the status is 3", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "triloop-web-"));
  t.after(() => rmSync(directory, { recursive: true }));
  const page = join(directory, "index.html");
  execFileSync("mkfifo", [page]); // who reads it waits for what is never written
  const server = await startServer(t, "--drain-timeout", "0.1", "--web", directory);
  const socket = connect(server.port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.on("error", () => {}); // the process is gone
  socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const writer = await eventually(PATIENCE_MS, () => // ENXIO until the server reads
    openSync(page, constants.O_WRONLY | constants.O_NONBLOCK));
  t.after(() => closeSync(writer));
  const { code } = await server.stop();
  assert.match(server.stderr(), /\[1\] the processor did not return/);
  assert.equal(code, 3);
});
