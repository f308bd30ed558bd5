// What is known to go wrong where connections are recovered over several nodes, each by its name: two servers
// and one node of the engine, clients that come again.

import assert from "node:assert/strict";
import { after, before, test as nodeTest } from "node:test";
import { openPeer } from "../e2e/peer.mjs";
import { within } from "../e2e/wait.mjs";
import { Checker } from "./checker.mjs";
import { Cluster, get, until } from "./machines.mjs";
import { Member } from "./member.mjs";
import { Loopback, elsewhere } from "./network.mjs";

const PATIENCE_MS = 15_000;
const KEEP_TIMEOUT_MS = 2_000;
const LEASE_MS = 15_000; // 10 s, and what it takes to notice
const LINES_OF_ROOM = 1_000; // so many a room keeps
const FIRST = "server-1";
const SECOND = "server-2";

let cluster;
before(async () => {
  cluster = new Cluster({
    binary: process.env.TRILOOP_BINARY,
    servers: 2,
    engines: 1,
    network: new Loopback(elsewhere()),
    serverOptions: ["--keep-timeout", String(KEEP_TIMEOUT_MS / 1000), "--ready-needs-engine", "--drain-delay", "1"],
    logs: process.env.TRILOOP_CLUSTER_LOGS,
  });
  await cluster.start().catch(async (error) => {
    await cluster.stop();
    throw error;
  });
});
after(() => cluster.stop());

const httpOf = (node) => `http://${cluster.place(node).address}:${cluster.place(node).port}`;
const wsOf = (node) => httpOf(node).replace("http", "ws");
const status = async (node, path) => (await get(`${httpOf(node)}${path}`)).status;

let rooms = 0;

/** A room of its own, all machines running, and a checker that finds no fault at the end. */
function test(name, body) {
  nodeTest(name, { timeout: 120_000 }, async (t) => {
    await cluster.mend();
    rooms += 1;
    const room = `room-${rooms}`;
    const checker = new Checker();
    const members = [];
    const member = (node, called) => {
      const one = new Member({ url: wsOf(node), room, name: called, checker, resend: 5_000 });
      Object.assign(one, { heard: [], closes: [], told: [] });
      one.on("welcome", ({ history }) => one.heard.push(...history));
      one.on("line", (line) => one.heard.push(line));
      one.on("closed", ({ code }) => one.closes.push(code));
      for (const type of ["join", "leave"]) one.on(type, ({ name: who }) => one.told.push(`${who}: ${type}`));
      members.push(one);
      return one;
    };
    t.after(() => members.forEach((one) => one.leave()));
    await body({ t, room, checker, member });
    await until(PATIENCE_MS, "all have caught up", () =>
      members.every(({ unconfirmed }) => unconfirmed === 0) && checker.behind().length === 0);
    assert.deepEqual(checker.judge(), []);
  });
}

const soon = (promise, what) => within(PATIENCE_MS, promise, what);
const join = (member) => soon(member.join(), `${member.name} is welcome`);
const texts = ({ heard }) => heard.map(({ text }) => text);
const hears = (member, wanted) =>
  until(PATIENCE_MS, `${member.name} hears all`, () => member.heard.length >= wanted.length);

const say = (member, ...lines) => soon(member.sayAll(lines), "they are kept");

const numbered = (what, count) => Array.from({ length: count }, (_, i) => `${what} ${i + 1}`);

// The first one: then the engine's oldest line is one of the full room.
test("a gap where there is none: lines that another room keeps no longer are not missed in this one",
  async ({ t, member }) => {
    const bob = member(FIRST, "bob");
    await join(bob);
    bob.stayAway();
    const talker = new Member({ url: wsOf(SECOND), room: "a-full-room", name: "ann" });
    t.after(() => talker.leave());
    await join(talker);
    await say(talker, ...numbered("line", LINES_OF_ROOM + 10));
    const ann = member(SECOND, "ann");
    await join(ann);
    await say(ann, "here");
    await join(bob);
    await hears(bob, ["here"]);
    assert.deepEqual(texts(bob), ["here"]);
  });

test("no offset before the first message: who came to an empty room and left gets all that was said meanwhile",
  async ({ member }) => {
    const bob = member(FIRST, "bob");
    assert.deepEqual((await join(bob)).history, []);
    bob.stayAway();
    const ann = member(SECOND, "ann");
    await join(ann);
    const lines = numbered("line", 120); // more than a welcome has
    await say(ann, ...lines);
    await join(bob);
    await hears(bob, lines);
    assert.deepEqual(bob.heard.map(({ seq }) => seq), ann.heard.map(({ seq }) => seq));
    assert.deepEqual(texts(bob).sort(), lines.sort());
  });

test("the same one twice after two reconnects: each is heard once, whichever node one comes back to",
  async ({ member }) => {
    const [ann, bob] = [member(FIRST, "ann"), member(FIRST, "bob")];
    await join(ann);
    await join(bob);
    const lines = [];
    for (const node of [FIRST, SECOND, SECOND, FIRST]) {
      const line = `before ${lines.length}`;
      lines.push(line);
      await say(ann, line);
      await hears(bob, lines);
      bob.url = wsOf(node);
      for (let twice = 0; twice < 2; twice += 1) {
        bob.drop(0);
        await soon(bob.welcomed(), "bob is back");
      }
    }
    await say(ann, "the last");
    await hears(bob, [...lines, "the last"]);
    assert.deepEqual(texts(bob), [...lines, "the last"]);
  });

test("none when a node dies: who was on it comes back on another, and has all that was said", async ({ member }) => {
  const [ann, bob] = [member(SECOND, "ann"), member(FIRST, "bob")];
  await join(ann);
  await join(bob);
  const [early, late] = [numbered("early", 5), numbered("late", 5)];
  await say(ann, ...early);
  await cluster.machine(FIRST).kill("SIGKILL");
  bob.url = wsOf(SECOND);
  await say(ann, ...late);
  await hears(bob, [...early, ...late]);
  assert.deepEqual(texts(bob).sort(), [...early, ...late].sort());
  await say(bob, "I am here");
  await hears(ann, [...early, ...late, "I am here"]);
});

test("none when a node dies: a line that it did not confirm is said once more, and kept once", async ({ member }) => {
  const [ann, bob] = [member(SECOND, "ann"), member(FIRST, "bob")];
  await join(ann);
  await join(bob);
  const lines = numbered("line", 200);
  for (const line of lines) bob.say(line);
  await soon(new Promise((resolve) => bob.once("kept", resolve)), "the first is kept");
  bob.url = wsOf(SECOND);
  await cluster.machine(FIRST).kill("SIGKILL");
  await hears(ann, lines);
  assert.deepEqual(texts(ann).sort(), lines.sort());
});

test("a reconnect that is too quick: the old connection on another node gets 4000, and no line is lost",
  async ({ member }) => {
    const [ann, bob] = [member(FIRST, "ann"), member(FIRST, "bob")];
    await join(ann);
    await join(bob);
    const lines = numbered("line", 100);
    for (const line of lines) ann.say(line);
    for (const node of [SECOND, FIRST, SECOND]) {
      bob.url = wsOf(node);
      const old = new Promise((resolve) => bob.once("old", resolve));
      bob.comeTooQuickly();
      assert.equal(await soon(old, "the old connection is closed"), 4000);
      if (!bob.isWelcome) await soon(bob.welcomed(), "the new one is welcome");
    }
    await hears(bob, lines);
    assert.deepEqual(texts(bob).sort(), lines.sort());
    assert.deepEqual(bob.closes, []); // none of the new ones
    assert.deepEqual(ann.told.filter((what) => what === "bob: leave"), []); // it was never gone
  });

test("a name is unique across nodes, and free again when its node has died", async ({ t, room, member }) => {
  const bob = member(FIRST, "bob");
  await join(bob);
  const other = await openPeer(t, `${wsOf(SECOND)}/ws?room=${room}&name=bob`);
  const { code, reason } = await other.closed();
  assert.deepEqual([code, reason], [1008, "somebody here has this name"]);
  await cluster.machine(FIRST).kill("SIGKILL");
  bob.leave(); // it does not come again
  const since = performance.now();
  await until(LEASE_MS, "the name is free", async () => {
    const again = await openPeer(t, `${wsOf(SECOND)}/ws?room=${room}&name=bob`);
    const type = await again.next().then(({ text }) => JSON.parse(text).type, () => "closed");
    again.socket.close();
    return type === "welcome";
  });
  t.diagnostic(`free after ${((performance.now() - since) / 1000).toFixed(1)} s`);
});

test("a name is free again at once when who had it has gone", async ({ t, room, member }) => {
  const bob = member(FIRST, "bob");
  const ann = member(SECOND, "ann");
  await join(ann);
  await join(bob);
  bob.leave();
  await until(PATIENCE_MS, "ann is told", () => ann.told.includes("bob: leave"));
  const other = await openPeer(t, `${wsOf(SECOND)}/ws?room=${room}&name=bob`);
  assert.equal(JSON.parse((await other.next()).text).type, "welcome");
});

test("the welcome lists the members of both nodes, and who comes and goes is told on both", async ({ member }) => {
  const [ann, bob] = [member(FIRST, "ann"), member(SECOND, "bob")];
  assert.deepEqual((await join(ann)).members, ["ann"]);
  assert.deepEqual((await join(bob)).members.sort(), ["ann", "bob"]);
  await until(PATIENCE_MS, "ann is told that bob came", () => ann.told.includes("bob: join"));
  ann.leave();
  await until(PATIENCE_MS, "bob is told that ann went", () => bob.told.includes("ann: leave"));
  const cid = member(FIRST, "cid");
  assert.deepEqual((await join(cid)).members.sort(), ["bob", "cid"]);
});

test("who was on a node that died, and does not come back, is told to have left", async ({ member }) => {
  const [ann, bob] = [member(SECOND, "ann"), member(FIRST, "bob")];
  await join(ann);
  await join(bob);
  await until(PATIENCE_MS, "ann is told that bob came", () => ann.told.includes("bob: join"));
  await cluster.machine(FIRST).kill("SIGKILL");
  bob.leave();
  await until(LEASE_MS, "ann is told that bob has left", () => ann.told.includes("bob: leave"));
});

test("a line that is said again on another node is kept once, and acknowledged with the same number",
  async ({ member }) => {
    const [ann, bob] = [member(FIRST, "ann"), member(SECOND, "bob")];
    await join(ann);
    await join(bob);
    const answers = [];
    ann.on("kept", (id, seq) => answers.push([id, seq]));
    const id = ann.say("once");
    await until(PATIENCE_MS, "it is kept", () => answers.length === 1);
    ann.url = wsOf(SECOND);
    ann.drop(0);
    await soon(ann.welcomed(), "ann is back");
    ann.sayAgain(id, "once");
    await until(PATIENCE_MS, "it is acknowledged again", () => answers.length === 2);
    assert.deepEqual(answers[1], answers[0]);
    await say(ann, "and this");
    await hears(bob, ["once", "and this"]);
    assert.deepEqual(texts(bob), ["once", "and this"]);
    assert.equal(bob.heard[0].seq, answers[0][1]);
  });

test("a server that is to end is not ready, still takes who comes, and then says 1001; nobody on it loses a line",
  async ({ member }) => {
    const [ann, bob] = [member(SECOND, "ann"), member(FIRST, "bob")];
    await join(ann);
    await join(bob);
    await say(ann, "before");
    const ended = cluster.machine(FIRST).kill("SIGTERM");
    await until(PATIENCE_MS, "it is not ready", async () => (await status(FIRST, "/readyz")) === 503);
    assert.equal(await status(FIRST, "/healthz"), 200);
    await join(member(FIRST, "cid"));
    bob.url = wsOf(SECOND);
    const lines = numbered("line", 50);
    for (const line of lines) ann.say(line);
    assert.equal((await ended).code, 0);
    await hears(bob, ["before", ...lines]);
    assert.deepEqual(bob.closes, [1001]);
  });

test("the engine away: who is there stays, a line is told not to be kept in time, and all goes on by itself",
  async ({ t, room, member }) => {
    const [ann, bob] = [member(FIRST, "ann"), member(SECOND, "bob")];
    await join(ann);
    await join(bob);
    const plain = await openPeer(t, `${wsOf(FIRST)}/ws?room=${room}&name=plain`);
    assert.equal(JSON.parse((await plain.next()).text).type, "welcome");
    await say(ann, "before");

    const notKept = new Promise((resolve) => ann.once("not kept", resolve));
    await cluster.machine("nats-1").kill("SIGKILL");
    const since = performance.now();
    const id = ann.say("while it is away");
    assert.equal(await soon(notKept, "the answer"), id);
    const took = performance.now() - since;
    assert.ok(took < KEEP_TIMEOUT_MS + 1_000, `not kept after ${took} ms`);

    plain.socket.send("plainly");
    let told;
    do told = JSON.parse((await plain.next()).text); while (told.type !== "not kept");
    assert.equal(told.text, "plainly");
    plain.socket.close();

    for (const node of cluster.servers) {
      await until(PATIENCE_MS, `${node} is not ready`, async () => (await status(node, "/readyz")) === 503);
      assert.equal(await status(node, "/healthz"), 200);
    }
    const late = await openPeer(t, `${wsOf(FIRST)}/ws?room=${room}&name=late`);
    assert.equal((await late.closed()).code, 1013);

    await cluster.machine("nats-1").start();
    for (const node of cluster.servers) {
      await until(PATIENCE_MS, `${node} is ready`, async () => (await status(node, "/readyz")) === 200);
    }
    await until(PATIENCE_MS, "the line is kept at last", () => ann.unconfirmed === 0);
    await say(bob, "after");
    await until(PATIENCE_MS, "both hear it", () => [ann, bob].every((one) => texts(one).includes("after")));
    assert.equal(texts(bob).filter((text) => text === "while it is away").length, 1);
    assert.deepEqual([ann.closes, bob.closes], [[], []]);
  });
