// Each scenario of the lab, seen over /inspect: backpressure in order, the latch once, three threads ended.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { scenarios } from "../lab/scenarios.mjs";
import { startServer } from "./server.mjs";

// What a scenario waits for is the server's, and is waited for here, too.
const OPTIONS = { "stops-reading": ["--write-timeout", "1"] };
const TIMEOUT = { timeout: 90_000 };

for (const [name, { run }] of Object.entries(scenarios)) {
  test(`lab: ${name} shows what it says`, TIMEOUT, async (t) => {
    const server = await startServer(t, "--quiet", ...(OPTIONS[name] ?? []));
    const seen = [];
    const last = await run(new URL(server.url), (line) => seen.push(line));
    assert.equal(last.state, "ended");
    for (const latch of ["closing", "closed"]) {
      assert.equal(seen.filter((line) => line.includes(`latch (${latch})`)).length, 1, seen.join("\n"));
    }
    assert.equal((await server.stop()).code, 0);
  });
}

async function command(...args) {
  const child = spawn(process.execPath, [new URL("../lab/lab.mjs", import.meta.url).pathname, ...args]);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => (output += text));
  const [code] = await once(child, "close");
  return { code, output };
}

test("the lab's command starts a server if there is none, and tells what is to be seen", TIMEOUT, async () => {
  const { code, output } = await command("close-from-client", "--port", "1", "--binary", process.env.TRILOOP_BINARY);
  assert.equal(code, 0, output);
  assert.match(output, /^No server answers at port 1: /);
  assert.match(output, /latch \(closing\): fired by peer, 1000 "bye"/);
  assert.match(output, /seen\n$/);
});

test("the lab's command uses the server that is there", TIMEOUT, async (t) => {
  const server = await startServer(t, "--quiet");
  const { code, output } = await command("vanishes", "--port", String(server.port));
  assert.equal(code, 0, output);
  assert.ok(output.startsWith(server.url), output);
});

test("the lab's command lists the scenarios when it is given none, or a wrong one", TIMEOUT, async () => {
  for (const args of [[], ["no-such-thing"], ["flood", "vanishes"]]) {
    const { code, output } = await command(...args);
    assert.equal(code, 2);
    for (const name of Object.keys(scenarios)) assert.ok(output.includes(name), output);
  }
});
