// The client, as `triloop dial`, with the servers in Go and C++ that nobody here wrote the protocol of: gorilla/websocket
// and Boost.Beast. They are built to measure beside; TRILOOP_PEERS names where. (node's ws and python-websockets:
// tests/e2e/dial.test.mjs.)

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import { dial, start } from "../e2e/dial.mjs";
import { eventually, within } from "../e2e/wait.mjs";

const PATIENCE_MS = 15_000;
const SERVERS = { gorilla: "original", "Boost.Beast": "beast_sync" };

/** One of them, which does what it is told (--talk); `said()` is what it has printed. */
async function startPeer(t, name, ...args) {
  const child = spawn(join(process.env.TRILOOP_PEERS, SERVERS[name]), ["--talk", ...args], { stdio: ["ignore", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  let output = "";
  child.stdout.on("data", (bytes) => (output += bytes));
  await within(PATIENCE_MS, once(child.stdout, "data"), "the server listens");
  const [, address] = /^listening on http:\/\/(\S+)\/\n/.exec(output);
  return { url: `ws://${address}/ws`, said: () => output.split("\n").slice(1, -1) };
}

const PATTERN = "The quick brown fox jumps over the lazy dog. ";
const SIZES = [0, 1, 125, 126, 127, 65535, 65536, 1 << 20];
const LINES = SIZES.map((size) => PATTERN.repeat(size / PATTERN.length + 1).slice(0, size));

for (const name of Object.keys(SERVERS)) {
  for (const kind of [[], ["--binary"]]) {
    for (const compress of [false, true]) {
      test(`dial: ${name} echoes messages of every length, ${kind[0] ?? "text"}${compress ? ", compressed" : ""}`, async (t) => {
        const { url } = await startPeer(t, name, ...(compress ? ["--compress"] : []));
        const offer = compress ? ["--compress"] : [];
        const lines = [...LINES, ...LINES]; // again: with what is kept of the first ones
        const { status, out, err } = await dial(t, `${lines.join("\n")}\n`, ...kind, ...offer, "--count", String(lines.length), url);
        assert.deepEqual([status, err], [0, ""]);
        assert.deepEqual(out.split("\n").map((line) => line.length), [...lines.map((line) => line.length), 0]);
        assert.ok(out === `${lines.join("\n")}\n`, "each as it was");
      });
    }
  }

  test(`dial: ${name} hears a Close with its code and reason`, async (t) => {
    const { url, said } = await startPeer(t, name);
    assert.deepEqual(await dial(t, "", url), { status: 0, out: "", err: "" });
    await eventually(PATIENCE_MS, () => assert.deepEqual(said(), ["closed 1000 "]));
    const run = start(t, url);
    run.child.stdin.write("hello\n");
    await eventually(PATIENCE_MS, () => assert.equal(run.output.out, "hello\n"));
    run.child.kill("SIGTERM");
    assert.deepEqual(await run.ended(), { status: 0, out: "hello\n", err: "" });
    await eventually(PATIENCE_MS, () => assert.deepEqual(said(), ["closed 1000 ", "closed 1001 client stopping"]));
  });

  test(`dial: ${name} closes, and is answered`, async (t) => {
    const { url, said } = await startPeer(t, name);
    const run = start(t, url);
    run.child.stdin.write("hello\nclose 4321 wh\u00fc\n");
    assert.deepEqual(await run.ended(), { status: 3, out: "hello\n", err: 'triloop: closed by peer, 4321 "wh\u00fc"\n' });
    await eventually(PATIENCE_MS, () => assert.deepEqual(said(), ["closed 4321 wh\u00fc"]));
  });

  test(`dial: ${name} pings, and is answered; and answers pings`, async (t) => {
    const { url, said } = await startPeer(t, name);
    const run = start(t, "--ping", "0.05", url); // a pong that does not come would end it after a while
    run.child.stdin.write("ping\n");
    await eventually(PATIENCE_MS, () => assert.deepEqual(said(), ["pong here"]));
    run.child.stdin.end("close 1000 bye\n");
    assert.equal((await run.ended()).status, 0);
  });
}
