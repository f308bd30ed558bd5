// /scheduler: an explorer for each visitor. What stands in for the explorer here is a script that does one thing.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import WebSocket from "ws";
import { openPeer } from "./peer.mjs";
import { startServer } from "./server.mjs";
import { within } from "./wait.mjs";

const TIMEOUT = { timeout: 60_000 };
const PATIENCE_MS = 15_000;

const STAND_INS = {
  echo: "while read -r line; do echo \"$1 $line\"; done",
  copy: "exec cat",
  silent: "while read -r line; do :; done",
  deaf: "sleep 1000",
  asleep: "exec sleep 1000",
  dies: "read -r line; echo once; exit 3",
  gone: "exit 0",
  endless: "read -r line; exec tr '\\0' x </dev/zero",
  limits: "while read -r line; do ulimit \"$line\"; done",
  open: "while read -r line; do echo $(ls /proc/self/fd) $(env | sed 's/=.*//' | sort); done",
  greedy: "read -r line; exec dd bs=1G count=1 if=/dev/zero",
  signals: "read -r line; sed -n 's/^SigBlk:\\s*//p; s/^SigIgn:\\s*//p' /proc/self/status | tr '\\n' ' '; echo",
};

/** A server whose explorer is that script. */
async function startWith(t, name, ...args) {
  const folder = mkdtempSync(join(tmpdir(), "triloop-scheduler-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const program = join(folder, name);
  writeFileSync(program, `#!/bin/sh\n${STAND_INS[name]}\n`, { mode: 0o755 });
  const server = await startServer(t, "--quiet", "--scheduler", program, ...args);
  return { ...server, schedulerUrl: server.wsUrl.replace(/\/ws$/, "/scheduler") };
}

/** The processes that this one has started, or failed to bury, and that have not been joined. */
function childrenOf(pid) {
  const children = [];
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const [state, parent] = readFileSync(`/proc/${entry}/stat`, "latin1").replace(/^.*\) /s, "").split(" ");
      if (Number(parent) === pid) children.push({ pid: Number(entry), state });
    } catch {
      // it has gone meanwhile
    }
  }
  return children;
}

/** Does it still run, whoever is its parent now? */
function isThere(pid) {
  try {
    return !/^.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return false;
  }
}

async function until(what, condition) {
  const looking = async () => {
    while (!condition()) await new Promise(setImmediate);
  };
  await within(PATIENCE_MS, looking(), what);
}
const allBuried = (server) => until("the server to have no child", () => childrenOf(server.pid).length === 0);

async function ask(peer, question) {
  peer.socket.send(question);
  return (await peer.next()).text;
}

test("scheduler: each visitor has an explorer, which is started with --play and answers line by line", TIMEOUT, async (t) => {
  const server = await startWith(t, "echo");
  const [one, two] = [await openPeer(t, server.schedulerUrl), await openPeer(t, server.schedulerUrl)];
  assert.equal(await ask(one, '{"list":true}'), '--play {"list":true}');
  assert.equal(await ask(two, "second"), "--play second");
  assert.equal(childrenOf(server.pid).length, 2);
  assert.equal(await ask(one, ""), "--play ");
  for (const peer of [one, two]) {
    peer.socket.close(1000);
    assert.equal((await peer.closed()).code, 1000);
  }
  await allBuried(server);
});

test("scheduler: a question of 64 KiB goes through and comes back, a larger one is 1009", TIMEOUT, async (t) => {
  const server = await startWith(t, "copy");
  const peer = await openPeer(t, server.schedulerUrl);
  const large = "é".repeat(32 * 1024);
  assert.equal(await ask(peer, large), large);
  peer.socket.send(`${large}x`);
  assert.equal((await peer.closed()).code, 1009);
  await allBuried(server);
});

test("scheduler: many questions at once are answered in their order", TIMEOUT, async (t) => {
  const server = await startWith(t, "copy");
  const peer = await openPeer(t, server.schedulerUrl);
  for (let i = 0; i < 2000; ++i) peer.socket.send(`question ${i}`);
  for (let i = 0; i < 2000; ++i) assert.equal((await peer.next()).text, `question ${i}`);
});

for (const [name, reason] of [["silent", "the explorer does not answer"], ["deaf", "the explorer does not answer"],
  ["gone", "the explorer has ended"], ["endless", "the explorer says too much"], ["greedy", "the explorer has ended"]]) {
  test(`scheduler: an explorer that is ${name} is 1013, and buried`, TIMEOUT, async (t) => {
    const server = await startWith(t, name);
    const peer = await openPeer(t, server.schedulerUrl);
    peer.socket.send("question");
    assert.deepEqual(await peer.closed(), { code: 1013, reason });
    await allBuried(server);
    assert.match(server.stderr(), new RegExp(`scheduler: ${reason}`));
    await openPeer(t, server.schedulerUrl); // the next one may come
  });
}

test("scheduler: what an explorer says before it dies is passed on", TIMEOUT, async (t) => {
  const server = await startWith(t, "dies");
  const peer = await openPeer(t, server.schedulerUrl);
  assert.equal(await ask(peer, "question"), "once");
  peer.socket.send("another");
  assert.equal((await peer.closed()).code, 1013);
});

test("scheduler: what is no line of text is refused, and no explorer hears of it", TIMEOUT, async (t) => {
  const server = await startWith(t, "copy");
  for (const [message, code] of [[Buffer.from("binary"), 1003], ["two\nlines", 1008], ["\n", 1008]]) {
    const peer = await openPeer(t, server.schedulerUrl);
    peer.socket.send(message);
    assert.equal((await peer.closed()).code, code);
  }
  await allBuried(server);
});

test("scheduler: one visitor too many gets 503, and a place when another has gone", TIMEOUT, async (t) => {
  const server = await startWith(t, "copy", "--scheduler-visitors", "2");
  const [one, two] = [await openPeer(t, server.schedulerUrl), await openPeer(t, server.schedulerUrl)];
  await ask(one, "x");
  await ask(two, "x");
  const third = new WebSocket(server.schedulerUrl);
  const [request, response] = await within(PATIENCE_MS, once(third, "unexpected-response"), "a refusal");
  request.destroy();
  assert.equal(response.statusCode, 503);
  assert.ok(response.headers["retry-after"]);
  one.socket.terminate();
  await until("one explorer to be left", () => childrenOf(server.pid).length === 1);
  const again = await openPeer(t, server.schedulerUrl);
  assert.equal(await ask(again, "y"), "y");
});

test("scheduler: many who come at once get no more explorers than there may be", TIMEOUT, async (t) => {
  const server = await startWith(t, "copy", "--scheduler-visitors", "2");
  const outcomes = await Promise.all(Array.from({ length: 40 }, () => within(PATIENCE_MS, new Promise((resolve) => {
    const socket = new WebSocket(server.schedulerUrl);
    t.after(() => socket.terminate());
    socket.on("open", () => socket.send("x"));
    socket.on("unexpected-response", (request, { statusCode }) => resolve(statusCode));
    socket.on("message", () => resolve("answer"));
    socket.on("close", (code) => resolve(code));
    socket.on("error", () => {});
  }), "an outcome")));
  assert.equal(outcomes.filter((outcome) => outcome === "answer").length, 2, outcomes.join(" "));
  assert.ok(outcomes.every((outcome) => ["answer", 503, 1013].includes(outcome)), outcomes.join(" "));
});

test("scheduler: who leaves in the middle of a question takes its explorer along, and what that has started", TIMEOUT,
  async (t) => {
    const server = await startWith(t, "deaf", "--scheduler-visitors", "1");
    const peer = await openPeer(t, server.schedulerUrl);
    await until("the explorer and what it has started", () => childrenOf(server.pid).flatMap(({ pid }) => childrenOf(pid)).length === 1);
    const [started] = childrenOf(server.pid).flatMap(({ pid }) => childrenOf(pid));
    peer.socket.send("question");
    peer.socket.terminate();
    await allBuried(server);
    await until("what it has started to be gone", () => !isThere(started.pid));
  });

test("scheduler: an explorer has limits, and nothing of the server's is open in it", TIMEOUT, async (t) => {
  const server = await startWith(t, "limits");
  const peer = await openPeer(t, server.schedulerUrl);
  await openPeer(t, server.wsUrl); // one more descriptor of the server's
  assert.equal(await ask(peer, "-v"), `${512 * 1024}`);
  assert.equal(await ask(peer, "-t"), "60");
  assert.equal(await ask(peer, "-f"), "0");
  assert.equal(await ask(peer, "-c"), "0");
  const other = await startWith(t, "open");
  await openPeer(t, other.wsUrl);
  const listing = await ask(await openPeer(t, other.schedulerUrl), "x");
  assert.match(listing, /^0 1 2 3 [^0-9]/, "3 is the folder that ls reads");
  assert.doesNotMatch(listing, /TRILOOP|HOME/);
});

test("scheduler: an explorer blocks and ignores no signal", TIMEOUT, async (t) => {
  const server = await startWith(t, "signals");
  const peer = await openPeer(t, server.schedulerUrl);
  assert.match(await ask(peer, "x"), /^0{16} 0{16} $/);
});

test("scheduler: SIGTERM and SIGKILL leave no explorer behind", TIMEOUT, async (t) => {
  for (const signal of ["SIGTERM", "SIGKILL"]) {
    const server = await startWith(t, "asleep");
    const peer = await openPeer(t, server.schedulerUrl);
    await until("the explorer", () => childrenOf(server.pid).length === 1);
    const [explorer] = childrenOf(server.pid);
    const { code } = await server.stop(signal);
    if (signal === "SIGTERM") assert.equal(code, 0);
    await until("the explorer to be gone", () => !isThere(explorer.pid));
    await peer.closed();
  }
});

test("scheduler: without a program there is no /scheduler, and one that cannot be run is a bad option", TIMEOUT, async (t) => {
  const server = await startServer(t);
  const about = await (await fetch(new URL("/about.json", server.url))).json();
  assert.equal(about.scheduler, false);
  assert.equal((await fetch(new URL("/scheduler", server.url))).status, 404);
  const withOne = await startWith(t, "copy");
  assert.equal((await (await fetch(new URL("/about.json", withOne.url))).json()).scheduler, true);
  await assert.rejects(startServer(t, "--scheduler", import.meta.filename), /cannot be run|status|ended at once/);
});
