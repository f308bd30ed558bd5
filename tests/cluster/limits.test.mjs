// What the chat does at the limits of its stream: a stream with small ones, which triloop takes as it is, one node of
// the engine, one server.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { freePort } from "../e2e/free_port.mjs";
import { openPeer } from "../e2e/peer.mjs";
import { startServer } from "../e2e/server.mjs";
import { within } from "../e2e/wait.mjs";
import { insist, Nats, startEngines } from "../scaling/nats.mjs";

const MOVE_HISTORY = new URL("../../docs/examples/cluster/move_history.sh", import.meta.url).pathname;
const WINDOW_MS = 100; // the least that the engine takes
const ENDED_MS = 400;
const SOON_MS = 10_000; // and not the half minute for which it would wait
const NANOSECONDS = 1_000_000;

let engines;
let nats;
before(async () => {
  engines = await startEngines(1);
  nats = await insist(() => Nats.open(engines.ports[0]));
});
after(async () => {
  nats?.close();
  await engines?.stop();
});

let clusters = 0;

/** A server on a stream of its own, with such limits. */
async function serve(t, { limits }) {
  clusters += 1;
  const name = `limits-${clusters}`;
  await nats.request(`$JS.API.STREAM.CREATE.${name}_lines`, JSON.stringify({
    name: `${name}_lines`, subjects: [`${name}.line.>`], duplicate_window: WINDOW_MS * NANOSECONDS, ...limits,
  }));
  const server = await serveAlso(t, name);
  return { name, server };
}

/** One more server on the same stream: it has heard nothing yet, and has to ask. */
const serveAlso = (t, name) => startServer(t, "--quiet", "--processor", "chat", "--cluster", engines.addresses[0],
  "--cluster-name", name);

/** Comes in, and resolves to a member with its welcome. */
async function enter(t, server, name, query = "") {
  const peer = await openPeer(t, `${server.wsUrl}?room=lobby&name=${name}${query}`, { protocols: "chat.2" });
  const next = async (type) => {
    for (;;) {
      const news = JSON.parse((await peer.next()).text);
      if (news.type === type) return news;
    }
  };
  const say = (id, text, again = false) => peer.socket.send(JSON.stringify({ type: "say", id, text, again }));
  return { peer, say, next, welcome: await next("welcome") };
}

async function keep(member, ...texts) {
  for (const text of texts) {
    member.say(text, text);
    await member.next("kept");
  }
}

const numbers = (count) => Array.from({ length: count }, (_, i) => `line ${i + 1}`);

test("a line that is said again when the engine has forgotten its id is found, and kept once", async (t) => {
  const { server } = await serve(t, { limits: {} });
  const ann = await enter(t, server, "ann");
  ann.say("1", "hello");
  const { seq } = await ann.next("kept");
  await sleep(ENDED_MS); // it is the engine's clock that has to pass
  ann.say("1", "hello", true);
  assert.equal((await ann.next("kept")).seq, seq);
  const bob = await enter(t, server, "bob");
  assert.deepEqual(bob.welcome.history.map(({ text }) => text), ["hello"]);
});

test("a line that is said again, without a word that it is, is known to the engine by its id", async (t) => {
  const { server } = await serve(t, { limits: { duplicate_window: 120_000 * NANOSECONDS } });
  const ann = await enter(t, server, "ann");
  ann.say("1", "hello");
  const { seq } = await ann.next("kept");
  ann.say("1", "hello");
  assert.equal((await ann.next("kept")).seq, seq);
  const bob = await enter(t, server, "bob");
  assert.deepEqual(bob.welcome.history.map(({ text }) => text), ["hello"]);
});

test("a line that is said again, and may be among those that have gone, is refused", async (t) => {
  const { server } = await serve(t, { limits: { max_msgs_per_subject: 20 } });
  const ann = await enter(t, server, "ann");
  for (let i = 0; i <= 20; ++i) ann.say(`${i}`, "x"); // the first one goes
  for (let i = 0; i <= 20; ++i) await ann.next("kept");
  await sleep(ENDED_MS);
  ann.say("0", "x", true);
  const { id, reason } = await ann.next("refused");
  assert.equal(id, "0");
  assert.match(reason, /^too late/);
  ann.say("20", "x", true);
  assert.equal((await ann.next("kept")).id, "20");
  // Who knows what it had heard before it said it is not refused for what was before that.
  const { seq } = await (async () => (ann.say("21", "x"), ann.next("kept")))();
  ann.say("22", "x", seq);
  assert.equal((await ann.next("kept")).id, "22");
});

test("a full stream lets the oldest go, and who comes back for them is told of a gap", async (t) => {
  const { server, name } = await serve(t, { limits: { max_msgs: 20 } });
  const ann = await enter(t, server, "ann");
  await keep(ann, ...numbers(30));
  const { epoch } = ann.welcome;
  const other = await serveAlso(t, name);
  const late = await enter(t, other, "late", `&since=0&epoch=${epoch}`);
  assert.equal(late.welcome.gap, true);
  assert.deepEqual(late.welcome.history.map(({ text }) => text), numbers(30).slice(10));
  const inTime = await enter(t, other, "bob", `&since=10&epoch=${epoch}`);
  assert.equal(inTime.welcome.gap, undefined);
  assert.deepEqual(inTime.welcome.history.map(({ text }) => text), numbers(30).slice(10));
  const remembered = await enter(t, server, "eve", `&since=0&epoch=${epoch}`); // by the server that has heard them
  assert.equal(remembered.welcome.gap, undefined);
  assert.deepEqual(remembered.welcome.history.map(({ text }) => text), numbers(30));
});

test("a server that is told to end while it waits for its engine ends at once", async () => {
  const child = spawn(process.env.TRILOOP_BINARY,
    ["--port", "0", "--processor", "chat", "--cluster", `nats://127.0.0.1:${await freePort()}`]);
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
    if (/waits for it/.test(text)) child.kill("SIGTERM");
  });
  const [status] = await within(SOON_MS, once(child, "close"), "it ends");
  assert.equal(status, 1);
  assert.match(said, /triloop: the engine cannot be reached/);
});

test("a history in SQLite moves into the stream, in its order and with its times", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "triloop-history-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, "chat.db");
  const texts = ["first", "größer", "it's \"quoted\"\nand has two lines"];
  const before = await startServer(t, "--quiet", "--processor", "chat", "--database", file);
  const ann = await enter(t, before, "ann");
  await keep(ann, ...texts);
  const { history } = (await enter(t, before, "bob")).welcome;
  await before.stop("SIGTERM");
  const { server, name } = await serve(t, { limits: {} });
  await promisify(execFile)(MOVE_HISTORY, [file, "127.0.0.1", String(engines.ports[0]), name]);
  const moved = (await enter(t, server, "bob")).welcome.history;
  const withoutId = ({ id, seq, ...rest }) => rest;
  assert.deepEqual(moved.map(({ text }) => text), texts);
  assert.deepEqual(moved.map(withoutId), history.map(withoutId));
});
