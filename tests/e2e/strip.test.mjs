// The strip of the last 20 s in Chromium, fed by hand: what it shows is the difference between two
// snapshots, and it rewinds, saves and plays.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test as plainTest } from "node:test";
import vm from "node:vm";
import { openPeer } from "./peer.mjs";
import { startServer } from "./server.mjs";
import { connection, queue, thread } from "./snapshots.mjs";
import { partsTests } from "./parts.mjs";

const test = partsTests();
const SLIDER = "#strip [role=slider]";
const BYE = { by: "peer", code: 1000, reason: "bye" };
const IDLE = { waiting_for_message: 0, waiting_for_room: 0, working: 0 };

/** Adds [time, connection] to the strip, and waits until the last is painted. */
async function add(page, ...samples) {
  await page.evaluate((all) => all.forEach(([time, one]) => window.triloop.strip.add(time, one)), samples);
  const last = String(samples.at(-1)[0]);
  await page.waitForFunction((time) => document.getElementById("strip").dataset.painted === time, last);
}

/** Keeps what onScrub is called with. */
const watchScrub = (page) => page.evaluate(() => {
  window.scrubbed = [];
  window.triloop.strip.onScrub = (one, about) => window.scrubbed.push([one?.age ?? null, about?.words ?? null]);
});
const scrubbed = (page) => page.evaluate(() => window.scrubbed.at(-1));
const valueText = (page) => page.locator(SLIDER).getAttribute("aria-valuetext");

/** n snapshots, a tenth apart, that tell themselves apart by `age`. */
const tenths = (n, change = () => ({}), id = 7) => Array.from({ length: n }, (_, i) => [1 + i / 10, connection(id, { age: i, ...change(i) })]);

/** The colour of the canvas `ago` seconds before its end, at `height` (0 above, 1 below) of a row. */
const colourAt = (page, row, ago, height) => page.evaluate(([name, seconds, part]) => {
  const canvas = document.querySelector("#strip canvas");
  const label = document.querySelector(`.strip-labels [data-row="${name}"]`);
  const rows = [...label.parentNode.children];
  const size = (one) => (["in", "out"].includes(one.dataset.row) ? 0.8 : 1);
  const scale = window.devicePixelRatio;
  const free = canvas.height - 3 * scale * (rows.length - 1);
  const all = rows.reduce((sum, one) => sum + size(one), 0);
  const before = rows.slice(0, rows.indexOf(label)).reduce((sum, one) => sum + (free * size(one)) / all + 3 * scale, 0);
  const y = before + part * (free * size(label)) / all;
  const x = canvas.width * (1 - seconds / 20);
  const copy = new OffscreenCanvas(1, 1).getContext("2d");
  copy.drawImage(canvas, Math.round(x), Math.round(y), 1, 1, 0, 0, 1, 1);
  return [...copy.getImageData(0, 0, 1, 1).data];
}, [row, ago, height]);

const colourOf = (page, name) => page.evaluate((colour) =>
  getComputedStyle(document.querySelector(`[data-colour="${colour}"]`)).color.match(/\d+/g).map(Number), name);

test("a cell is the difference between two snapshots, not the state at that instant", {}, async ({ page }) => {
  const at = (working, waiting) => connection(7, { threads: {
    ...connection(7).threads, processor: thread("waiting_for_message", { ...IDLE, working, waiting_for_message: waiting }) } });
  const shares = await page.evaluate(([before, now]) =>
    window.triloop.stripModel.cellBetween(before, now).processor,
  [{ time: 9.9, connection: at(2, 5) }, { time: 10, connection: at(2.06, 5.04) }]);
  assert.ok(Math.abs(shares.working - 0.6) < 0.001, JSON.stringify(shares));
  assert.ok(Math.abs(shares.waiting_for_message - 0.4) < 0.001, JSON.stringify(shares));

  await add(page, [9.9, at(2, 5)], [10, at(2.06, 5.04)]);
  const processor = await colourOf(page, "processor");
  assert.deepEqual((await colourAt(page, "processor", 0.05, 0.8)).slice(0, 3), processor, "work grows from below");
  assert.notDeepEqual((await colourAt(page, "processor", 0.05, 0.2)).slice(0, 3), processor);
});

test("what a thread did before it ended is shown, and nothing behind it", {}, async ({ page }) => {
  const at = (seconds, left) => connection(7, { threads: {
    ...connection(7).threads, writer: thread(left ? "ended" : "working", { working: seconds }, left) } });
  const share = await page.evaluate(([before, now]) => window.triloop.stripModel.cellBetween(before, now).writer,
    [{ time: 1, connection: at(1, null) }, { time: 1.1, connection: at(1.03, 3) }]);
  assert.ok(Math.abs(share.working - 0.3) < 0.001 && Math.abs(share.idle - 0.7) < 0.001, JSON.stringify(share));
});

test("a queue is an area, its level against the nearer bound", {}, async ({ page }) => {
  const queues = { in: queue(500, 10), out: queue(1, 4194304) };
  await add(page, ...tenths(3, () => ({ queues })));
  assert.equal((await colourAt(page, "in", 0.05, 0.3))[3], 0, "nothing above the level");
  assert.ok((await colourAt(page, "in", 0.05, 0.7))[3] > 0, "half full by messages");
  assert.ok((await colourAt(page, "out", 0.05, 0.15))[3] > 0, "full by bytes");
  assert.match(await page.evaluate(() => {
    window.triloop.strip.step(-1);
    return document.querySelector("#strip [role=slider]").getAttribute("aria-valuetext");
  }), /in-queue 50 % full; out-queue 100 % full/);
});

test("a time without snapshots is a gap, and no state is made up for it", {}, async ({ page }) => {
  await add(page, [1, connection(7, { age: 1 })], [1.1, connection(7, { age: 2 })], [5, connection(7, { age: 3 })]);
  const cells = await page.evaluate(() => window.triloop.strip.samples().map(({ cell }) => cell && cell.from));
  assert.deepEqual(cells, [null, 1, null]);
  const reader = await colourAt(page, "reader", 4, 0.5);
  const gap = await Promise.all([1, 2, 3].map((ago) => colourAt(page, "reader", ago, 0.5)));
  for (const colour of gap) assert.notDeepEqual(colour, reader);
});

test("the latches are lines with their words, at the time when they fired", {}, async ({ page }) => {
  const latch = (i) => ({ latch: { closing: i >= 5 ? BYE : null, closed: i >= 9 ? BYE : null } });
  await add(page, ...tenths(12, latch));
  assert.deepEqual(await page.locator(".strip-latches bdi").allTextContents(), ["closing: fired by the peer: 1000 “bye”; closed 0.4 s later"]);
  const alarm = await colourOf(page, "alarm");
  assert.deepEqual((await colourAt(page, "out", 0.2, 0.5)).slice(0, 3), alarm);
});

test("scrubbing is rewind: by keys and by pointer, with words that say what each thread did", {}, async ({ page }) => {
  const work = (i) => ({ threads: { ...connection(7).threads,
    processor: thread("working", { ...IDLE, working: i / 10 }), reader: thread("waiting_for_room", { reading_socket: 1, waiting_for_room: i / 10 }) } });
  await add(page, ...tenths(150, work));
  await watchScrub(page);
  await page.focus(SLIDER);
  assert.match(await valueText(page), /^now/);
  for (const [key, age, words] of [["ArrowLeft", 148, "0.1 s ago"], ["PageDown", 138, "1.1 s ago"],
    ["ArrowRight", 139, "1.0 s ago"], ["Shift+ArrowLeft", 129, "2.0 s ago"], ["Home", 0, "14.9 s ago"], ["End", null, null]]) {
    await page.keyboard.press(key);
    assert.deepEqual(await scrubbed(page), [age, words], key);
  }
  await page.keyboard.press("PageDown");
  assert.match(await valueText(page), /^1\.0 s ago; reader waiting for room 100 %; processor processing 100 %; writer unknown 100 %; in-queue 0 % full; out-queue 0 % full; latch open$/);
  assert.equal(await page.textContent(".strip-when"), "1.0 s ago");

  await page.keyboard.press("Escape");
  assert.deepEqual(await scrubbed(page), [null, null]);
  const { x, y, width, height } = await page.locator("#strip canvas").boundingBox();
  await page.mouse.move(x + 0.75 * width, y + height / 2);
  await page.mouse.down();
  assert.deepEqual(await scrubbed(page), [99, "5.0 s ago"]);
  await page.mouse.move(x + 0.5 * width, y + height / 2);
  assert.deepEqual(await scrubbed(page), [49, "10.0 s ago"]);
  await page.mouse.up();
  await page.click(".strip-live");
  assert.deepEqual(await scrubbed(page), [null, null]);
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute("role")), "slider", "the focus is not lost");
});

test("while one is in the past, what comes meanwhile does not push it away", {}, async ({ page }) => {
  await add(page, ...tenths(100));
  await watchScrub(page);
  await page.focus(SLIDER);
  await page.keyboard.press("Home");
  await page.evaluate((more) => more.forEach(([time, one]) => window.triloop.strip.add(time, one)), tenths(400).slice(100));
  assert.deepEqual(await scrubbed(page), [0, "9.9 s ago"]);
  assert.equal(await page.textContent(".strip-when"), "39.9 s ago");
  await page.keyboard.press("ArrowRight");
  assert.deepEqual(await scrubbed(page), [1, "39.8 s ago"]);
  await page.keyboard.press("End");
  assert.equal(await page.evaluate(() => window.triloop.strip.samples().length), 201, "20 s are kept");
});

test("each connection has its own past; a number that comes again begins anew", {}, async ({ page }) => {
  const count = () => page.evaluate(() => window.triloop.strip.samples().length);
  await add(page, ...tenths(10));
  await page.evaluate((all) => {
    window.triloop.strip.choose(8);
    all.forEach(([time, one]) => window.triloop.strip.add(time, one));
  }, tenths(4, () => ({}), 8));
  assert.equal(await count(), 4);
  await page.evaluate(() => window.triloop.strip.choose(7));
  assert.equal(await count(), 10);
  await add(page, [2, connection(7, { peer: "127.0.0.1:1", age: 10 })]);
  assert.equal(await count(), 1, "another peer is another connection");
});

test("200 snapshots cost less than a tenth of their 20 s, and a hidden page paints none", {}, async ({ t, page }) => {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const taskSeconds = async () =>
    (await devtools.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value;
  const all = tenths(200);
  await add(page, ...all.slice(0, 100));
  const before = await taskSeconds();
  for (const one of all.slice(100)) await add(page, one);
  const taken = (await taskSeconds()) - before;
  t.diagnostic(`100 snapshots: ${Math.round(1000 * taken)} ms`);
  assert.ok(taken < 1, `100 snapshots took ${taken} s of the main thread`);
  await page.evaluate((one) => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
    window.triloop.strip.add(50, one);
  }, connection(7, { age: 500 }));
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.equal(await page.getAttribute("#strip", "data-painted"), String(all.at(-1)[0]));
});

for (const [name, options] of [["dark", { colorScheme: "dark" }], ["forced colours", { forcedColors: "active" }], ["two device pixels", { deviceScaleFactor: 2 }]]) {
  test(`it is drawn in the page's colours: ${name}`, options, async ({ page }) => {
    const work = (i) => ({ threads: { ...connection(7).threads, processor: thread("working", { ...IDLE, working: i / 10 }) } });
    await add(page, ...tenths(5, work));
    assert.deepEqual((await colourAt(page, "processor", 0.15, 0.5)).slice(0, 3), await colourOf(page, "processor"));
    const sharp = await page.evaluate(() => {
      const canvas = document.querySelector("#strip canvas");
      return canvas.width / canvas.clientWidth / window.devicePixelRatio;
    });
    assert.ok(Math.abs(sharp - 1) < 0.01, `${sharp}`);
  });
}

// ---- files ----

test("what is saved is played again, snapshot by snapshot", {}, async ({ page }) => {
  const samples = tenths(30);
  await add(page, ...samples);
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(".strip-save")]);
  assert.match(download.suggestedFilename(), /^triloop-.*\.json$/);
  const text = readFileSync(await download.path(), "utf8");
  assert.equal(JSON.parse(text).triloop_session, 1);
  await page.evaluate(() => (window.triloop.playSession = (session) => (window.played = session)));
  await page.setInputFiles("#strip-file", { name: "s.json", mimeType: "application/json", buffer: Buffer.from(text) });
  await page.waitForFunction(() => window.played);
  const played = await page.evaluate(() => window.played.snapshots.map(({ time, connections }) => [time, connections[0]]));
  assert.deepEqual(played, JSON.parse(JSON.stringify(samples)));
  await page.click(".strip-stop");
  assert.equal(await page.evaluate(() => window.played), null, "and the live view can be had again");
});

test("a file that is dropped on the page is played", {}, async ({ page }) => {
  await page.evaluate(() => {
    window.triloop.playSession = (session) => (window.played = session);
    const data = new DataTransfer();
    data.items.add(new File([JSON.stringify(window.triloop.session)], "s.json"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
  });
  await page.waitForFunction(() => window.played?.snapshots.length > 50);
});

test("a bad file is refused with a reason, and nothing else changes", {}, async ({ page }) => {
  await add(page, ...tenths(3));
  await page.evaluate(() => (window.triloop.playSession = () => (window.played = true)));
  const one = connection(1);
  const session = (snapshots, form = 1) => JSON.stringify({ triloop_session: form, recorded: "", snapshots });
  for (const [text, reason] of [
    ["{", /it is not JSON/], ["[1]", /no session of this page/], [session([], 2), /form 2/], [session([]), /no snapshots/],
    [session([{ time: 1 }]), /snapshot 1 of 1 has no connections/],
    [session([{ time: 2, connections: [] }, { time: 1, connections: [] }]), /snapshot 2 of 2 is not later/],
    [session([{ time: 1, connections: [{ ...one, threads: {} }] }]), /a reader that says nothing/],
    [session([{ time: 1, connections: [{ ...one, queues: null }] }]), /no queues/],
    [session([{ time: 1, connections: [{ ...one, latch: { closing: "<b>", closed: null } }] }]), /no latch/],
  ]) {
    await page.setInputFiles("#strip-file", { name: "<b>.json", mimeType: "application/json", buffer: Buffer.from(text) });
    await page.waitForFunction((wanted) => new RegExp(wanted).test(document.querySelector("#strip [role=alert]").textContent), reason.source);
  }
  assert.match(await page.textContent("#strip [role=alert]"), /^“<b>\.json” cannot be played: /);
  assert.equal(await page.evaluate(() => window.played), undefined);
  assert.equal(await page.evaluate(() => window.triloop.strip.samples().length), 3);
});

// ---- the recorded session ----

const recorded = () => {
  const window = {};
  vm.runInNewContext(readFileSync(new URL("../../web/session.js", import.meta.url), "utf8"), { window });
  return JSON.parse(JSON.stringify(window.triloop.session));
};

/** The names of all members, with those of their members. */
const formOf = (value, path = "") =>
  (value === null || typeof value !== "object" || Array.isArray(value) ? [path]
    : Object.entries(value).flatMap(([name, member]) => formOf(member, `${path}.${name}`)));

plainTest("the recorded session has the form that the server sends today", { timeout: 60_000 }, async (t) => {
  const server = await startServer(t, "--heartbeat", "0");
  const peer = await openPeer(t, `${server.wsUrl.replace("/ws", "/lab")}?tab=now`);
  peer.socket.send("hello");
  await peer.next();
  const snapshot = await (await fetch(new URL("/inspect.json", server.url))).json();
  const now = snapshot.connections.find(({ path }) => path.startsWith("/lab"));
  const { snapshots } = recorded();
  const then = snapshots.map(({ connections }) => connections[0]).find(({ latch, followed }) => !latch.closing && (followed || !now.followed));
  assert.deepEqual(formOf(then).sort(), formOf(now).sort(), "record it anew: node tests/e2e/record_session.mjs");
  assert.deepEqual(Object.keys(snapshots[0]).sort(), Object.keys(snapshot).sort());
});

plainTest("the recorded session tells its story, and is small", () => {
  const { snapshots } = recorded();
  const all = snapshots.map(({ connections }) => connections[0]);
  assert.ok(all.some(({ threads }) => threads.reader.doing === "waiting_for_room"), "a flood");
  assert.ok(all.some(({ queues }) => queues.in.messages === queues.in.max_messages), "a full queue");
  assert.equal(all.at(-1).latch.closed.by, "peer");
  assert.equal(all.at(-1).state, "ended");
  assert.ok(readFileSync(new URL("../../web/session.js", import.meta.url)).length < 150_000);
});

test("the recorded session is one that the page plays", {}, async ({ page }) => {
  const count = await page.evaluate(() => window.triloop.sessions.parseSession(JSON.stringify(window.triloop.session)).snapshots.length);
  assert.ok(count > 50);
});
