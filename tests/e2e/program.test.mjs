// The program as its user meets it: exit status, standard output, standard error.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { openPeer } from "./peer.mjs";
import { startServer } from "./server.mjs";
import { within } from "./wait.mjs";

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
  for (const bad of [["--stack-size", "1000"], ["--processor", "proxy", "--upstream", "localhost:65616"]]) {
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

test("a processor that does not return is named, and the status is 3", async (t) => {
  // The echo prints what it receives. Nobody reads this pipe, so in the end it waits there.
  const child = spawn(
    process.env.TRILOOP_BINARY,
    ["--bind", "127.0.0.1", "--port", "0", "--drain-timeout", "0.1"],
    { stdio: ["ignore", "pipe", "pipe"] });
  t.after(() => child.kill("SIGKILL"));
  let err = "";
  child.stderr.on("data", (text) => (err += text));
  const exited = once(child, "exit");
  const [first] = await within(PATIENCE_MS, once(child.stdout, "data"), "the first line");
  child.stdout.pause();
  const [, url] = /listening on (\S+)\n/.exec(first.toString());

  const peer = await openPeer(t, url.replace("http:", "ws:") + "ws");
  for (let i = 0; i < 5000; i += 1) peer.socket.send("x".repeat(200));
  await peer.next(); // it is at work
  child.kill("SIGTERM");
  const [code] = await within(PATIENCE_MS, exited, "the server ends");
  assert.match(err, /\[1\] the processor did not return/);
  assert.equal(code, 3);
});
