// The live view in Chromium, fed with snapshots that the test makes up: what it shows is what the
// snapshot says.

import assert from "node:assert/strict";
import { connection, ended, queue, snapshot, thread } from "./snapshots.mjs";
import { viewTests } from "./view.mjs";
import { eventually } from "./wait.mjs";

const PATIENCE_MS = 15_000;
const BYE = { by: "peer", code: 1000, reason: "bye" };

const test = viewTests();
const ONE = "#view-detail";
const barShare = (page, selector) =>
  page.locator(selector).evaluate((bar) => new DOMMatrix(getComputedStyle(bar).transform).a);

// ---- what is shown is what the snapshot says ----

test("each thread shows what it does, in the words of the field", {}, async ({ page, show, text }) => {
  const words = [
    ["reader", "reading_socket", "reading the socket"],
    ["reader", "waiting_for_room", "waiting for room"],
    ["reader", "working", "decoding"],
    ["processor", "waiting_for_message", "waiting for a message"],
    ["processor", "waiting_for_room", "waiting for room"],
    ["processor", "working", "processing"],
    ["writer", "waiting_for_message", "waiting for a message"],
    ["writer", "writing_socket", "writing the socket"],
    ["writer", "working", "encoding"],
    ["writer", "not_started", "not started"],
    ["reader", "ended", "ended"],
  ];
  for (const [i, [name, doing, word]] of words.entries()) {
    const one = connection(7);
    one.threads[name] = thread(doing, one.threads[name].seconds);
    await show(snapshot(i + 1, one));
    const box = `[data-connection="7"] [data-thread="${name}"]`;
    assert.equal(await text(`${box} [data-part="doing"]`), word);
    assert.equal(await page.getAttribute(box, "data-doing"), doing);
    assert.equal(await page.getAttribute(`[data-row="7"] [data-mark="${name}"]`, "data-doing"), doing);
  }
});

test("a thread's time is split as the snapshot says, in a bar and in words", {}, async (the) => {
  const one = connection(7);
  const seconds = { reading_socket: 6, waiting_for_room: 1, working: 3 };
  one.threads.reader = thread("working", seconds);
  await the.show(snapshot(1, one));
  const box = `${ONE} [data-thread="reader"]`;
  for (const [state, time] of Object.entries(seconds)) {
    assert.match(await the.text(`${box} [data-share="${state}"]`), new RegExp(`^${10 * time}\u00a0%`));
    const share = await barShare(the.page, `${box} .split [data-part="${state}"]`);
    assert.ok(Math.abs(share - time / 10) < 0.01, `${state}: ${share}`);
  }
});

test("once there are two snapshots, the shares are of the last second and not of the whole life", {}, async (the) => {
  const at = (time, seconds) => {
    const one = connection(7);
    one.threads.reader = thread("working", seconds);
    return snapshot(time, one);
  };
  const shares = () => the.page.locator(`${ONE} [data-thread="reader"] .share`).allTextContents();
  await the.show(at(100, { reading_socket: 99, waiting_for_room: 0, working: 1 }));
  await the.show(at(101, { reading_socket: 99.25, waiting_for_room: 0, working: 1.75 }));
  assert.deepEqual(await shares(), ["25\u00a0%", "75\u00a0%", "0\u00a0%"]);
  // What ended long ago has no last second: then it is its whole life.
  await the.show(at(102, { reading_socket: 99.25, waiting_for_room: 0, working: 1.75 }));
  await the.show(at(103.2, { reading_socket: 99.25, waiting_for_room: 0, working: 1.75 }));
  assert.deepEqual(await shares(), ["98\u00a0%", "2\u00a0%", "0\u00a0%"]);
});

test("each queue shows its fill against both bounds", {}, async ({ page, show, text }) => {
  await show(snapshot(1, connection(7, { queues: { in: queue(250, 1048576), out: queue(3, 4194304) } })));
  const line = (name, unit) => text(`${ONE} [data-queue="${name}"] p[data-part="${unit}"]`);
  const fill = (name, unit) => barShare(page, `${ONE} [data-queue="${name}"] .fill[data-part="${unit}"]`);
  assert.equal(await line("in", "messages"), "250 of 1\u202f000 messages");
  assert.equal(await line("in", "bytes"), "1\u00a0MiB of 4\u00a0MiB");
  assert.equal(await line("out", "bytes"), "4\u00a0MiB of 4\u00a0MiB");
  assert.equal(await fill("in", "messages"), 0.25);
  assert.equal(await fill("in", "bytes"), 0.25);
  assert.equal(await fill("out", "bytes"), 1);
  assert.equal(await page.getAttribute(`${ONE} [data-queue="in"]`, "data-full"), "false");
  assert.equal(await page.getAttribute(`${ONE} [data-queue="out"]`, "data-full"), "true");
});

test("the latch says whether it has fired, by whom and why", {}, async ({ show, text }) => {
  const latch = (name) => text(`${ONE} [data-latch="${name}"] .words`);
  await show(snapshot(1, connection(7)));
  assert.equal(await latch("closing"), "not fired");
  await show(snapshot(2, connection(7, { state: "closing", latch: { closing: BYE, closed: null } })));
  assert.equal(await latch("closing"), "fired by the peer: 1000 “bye”");
  assert.equal(await latch("closed"), "not fired");
  const cut = { by: "network", code: 1006, reason: "" };
  await show(snapshot(3, connection(7, { state: "closing", latch: { closing: BYE, closed: cut } })));
  assert.equal(await latch("closed"), "fired by the network: no Close frame (1006)");
});

test("rates are the differences between snapshots", {}, async ({ show, text }) => {
  const at = (time, messages) => snapshot(time, connection(7, {
    received: { messages, bytes: 1024 * messages }, sent: { messages: 2 * messages, bytes: 0 } }));
  await show(at(1, 0));
  await show(at(1.5, 600));
  assert.equal(await text(`${ONE} [data-part="sends"]`), "sends 1\u202f200\u00a0msg/s, 1.2\u00a0MiB/s");
  assert.equal(await text(`${ONE} [data-part="receives"]`), "gets 2\u202f400\u00a0msg/s, 0\u00a0B/s");
  assert.match(await text('[data-row="7"] [data-part="rates"]'), /↓ 1\u202f200\/s 1\.2\sMiB\/s/);
  await show(at(9, 600));
  assert.equal(await text(`${ONE} [data-part="sends"]`), "sends 0\u00a0msg/s, 0\u00a0B/s");
});

test("an ended connection shows in which order its threads left, and why", {}, async (the) => {
  const { page, show, text } = the;
  await show(snapshot(1, connection(7)));
  assert.equal(await page.isVisible("#view-leaving"), false);
  await show(snapshot(2, ended(7, ["processor", "writer", "reader"], BYE)));
  const order = () => page.locator("#view-order li").allTextContents();
  assert.deepEqual(await order(), ["processor", "writer", "reader"]);
  assert.match(await text("#view-why"), /fired by the peer: 1000 “bye”/);
  assert.equal(await text(`${ONE} [data-thread="writer"] .left`), "left 2nd");

  // It stays until something else is chosen, even when the server has forgotten it.
  await show(snapshot(3, connection(8)));
  assert.equal(await page.getAttribute(ONE, "data-connection"), "7");
  assert.ok(await page.isVisible("#view-gone"));
  assert.deepEqual(await order(), ["processor", "writer", "reader"]);
  await page.click('[data-row="8"]');
  assert.equal(await page.getAttribute(ONE, "data-connection"), "8");
  assert.equal(await page.isVisible("#view-gone"), false);
});

test("another order of leaving is shown as it is", {}, async ({ page, show }) => {
  await show(snapshot(1, ended(7, ["writer", "reader", "processor"], BYE)));
  assert.deepEqual(await page.locator("#view-order li").allTextContents(), ["writer", "reader", "processor"]);
});

test("the page's own connection is chosen when it opens, else the newest", {}, async (the) => {
  const { page, show } = the;
  const chosen = () => page.getAttribute(ONE, "data-connection");
  const inspect = (id) => connection(id, { path: "/inspect" });
  await show(snapshot(1, connection(3), connection(5, { path: "/lab" }), inspect(6)));
  assert.equal(await chosen(), "5");
  await page.click("#open");
  await show(snapshot(2, connection(3), inspect(6), connection(9, { path: "/ws?x=1" }), inspect(10)));
  assert.equal(await chosen(), "9");
  assert.equal(await page.getAttribute('[data-row="9"]', "aria-selected"), "true");
  assert.equal(await page.locator("[aria-selected=true]").count(), 1);
});

test("a stranger's connection is never taken for the page's own", {}, async ({ page, server, show, text }) => {
  const telling = (time, ...connections) => ({ ...snapshot(time, ...connections), websockets: 3 });
  const chosen = () => page.getAttribute(ONE, "data-connection");
  const own = () => text('#view-facts [data-part="own"]');
  await show(telling(1, connection(3)));
  await page.click("#open");
  await eventually(PATIENCE_MS, () => assert.equal(server.others.length, 1));
  const tab = new URL(server.others[0].path, server.url).searchParams.get("tab");
  assert.match(tab, /^[A-Za-z0-9_-]{10,40}$/);
  await show(telling(2, connection(3), connection(4, { tab: "somebody-else" }), connection(5)));
  assert.deepEqual([await chosen(), await own()], ["3", ""]);
  await show(telling(3, connection(3), connection(5), connection(6, { tab }), connection(7, { tab: "another" })));
  assert.deepEqual([await chosen(), await own()], ["6", "yours"]);
});

test("a connection and its number: how many WebSockets there have been, without HTTP", {}, async (the) => {
  const { show, text } = the;
  await show({ ...snapshot(1, connection(14, { number: 2 }), connection(31, { number: 3, path: "/inspect" })), websockets: 3 });
  assert.equal(await text("#view-title-one"), "Connection 14");
  assert.equal(await text('#view-facts [data-part="nth"]'), "2nd without HTTP");
  assert.equal(await text("#view-count"), "1 here, 0 ended, 1 looking on, 1 gone: 3 WebSockets");
});

test("a press anywhere on a box opens its code", {}, async ({ page, show }) => {
  await show(snapshot(1, connection(1)));
  const boxes = { '[data-thread="reader"]': "reader", '[data-queue="in"]': "in", '[data-thread="processor"]': "processor",
    '[data-queue="out"]': "out", '[data-thread="writer"]': "writer", ".latch": "latch" };
  const opened = [];
  await page.evaluate(() => {
    window.opened = [];
    window.triloop.sheet.open = (box) => window.opened.push(box);
  });
  for (const selector of Object.keys(boxes)) {
    for (const [x, y] of [[0.5, 0.5], [0.1, 0.8], [0.9, 0.2]]) {
      const { width, height } = await page.locator(`${ONE} ${selector}`).boundingBox();
      await page.click(`${ONE} ${selector}`, { position: { x: x * width, y: y * height } });
    }
    opened.push(...Array(3).fill(boxes[selector]));
  }
  assert.deepEqual(await page.evaluate(() => window.opened), opened);
});

test("observers are listed only for whoever asks", {}, async ({ page, show }) => {
  await show(snapshot(1, connection(1), connection(2, { path: "/inspect?tab=x" })));
  const rows = () => page.locator("#view-list [data-row]").count();
  assert.equal(await rows(), 1);
  await page.check("#show-observers");
  assert.equal(await rows(), 2);
});

test("a link opens a place: #watch=3 watches connection 3", {}, async ({ page, server, show }) => {
  await show(snapshot(1, connection(3), connection(5)));
  assert.equal(await page.getAttribute(ONE, "data-connection"), "5");
  await page.goto(`${server.url}#watch=3`);
  await page.waitForSelector(`${ONE}[data-connection="3"]`);
  await page.reload();
  await page.waitForSelector(`${ONE}[data-connection="3"]`);
});

test("Pause freezes the view and says since when, Resume lets it go on", {}, async (the) => {
  const { page, server, show, shown, text } = the;
  await show(snapshot(12.34, connection(7)));
  await page.click("#view-pause");
  assert.equal(await page.getAttribute("#view-pause", "aria-pressed"), "true");
  assert.equal(await text("#view-pause"), "Resume");
  assert.equal(await text("#view-status"), "Paused");
  server.send(snapshot(13, connection(7, { state: "closing" })));
  server.send(snapshot(14, connection(7, { state: "closing" })));
  await page.waitForFunction(() =>
    document.getElementById("view-countdown").textContent === "Paused at 12.3 s; 2 snapshots skipped.");
  assert.equal(await text('[data-row="7"] [data-part="phase"]'), "open");
  await page.click("#view-pause");
  assert.equal(await text("#view-status"), "Live");
  server.send(snapshot(15, connection(7, { state: "closing" })));
  await shown(15);
  assert.equal(await text('[data-row="7"] [data-part="phase"]'), "closing");
});

// ---- many, hostile ----

const many = (time, count) => snapshot(time, ...Array.from({ length: count }, (_, i) => {
  const messages = Math.round(time * 1000) * (i % 7);
  const one = connection(i + 1, { age: time, received: { messages, bytes: 99 * messages } });
  one.threads.processor.doing = (i + Math.round(time * 10)) % 2 ? "working" : "waiting_for_message";
  one.queues.in = queue((i * 7 + Math.round(time * 10)) % 1000, 1000);
  return one;
}));

test("500 connections stay smooth: 20 snapshots take less than half of their 2 s", {}, async (the) => {
  const { page, show } = the;
  await show(many(1, 500));
  assert.equal(await page.locator("#view-list [data-row]").count(), 500);
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" }); // on a busy machine too
  const taskSeconds = async () =>
    (await devtools.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value;
  const first = await page.$('[data-row="1"]');
  const before = await taskSeconds();
  for (let i = 1; i <= 20; i += 1) await show(many(1 + i / 10, 500));
  const taken = (await taskSeconds()) - before;
  the.t.diagnostic(`20 snapshots of 500 connections: ${Math.round(1000 * taken)} ms`);
  assert.ok(taken < 1, `20 snapshots took ${taken} s of the main thread`);
  assert.ok(await first.evaluate((row) => row.isConnected), "a row is kept from snapshot to snapshot");
});

test("hostile text in peer, path and reason shows as text and makes no element", {}, async (the) => {
  const { page, show, text } = the;
  const markup = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>";
  const event = { by: markup, code: 1000, reason: markup };
  const title = await page.title();
  await show(snapshot(1, { ...ended(7, ["processor", "writer", "reader"], event), peer: markup, path: markup }));
  assert.equal(await text('[data-row="7"] [data-part="peer-address"]'), markup);
  assert.equal(await text('[data-row="7"] [data-part="path"]'), markup);
  assert.equal(await text('#view-facts [data-part="path"]'), markup);
  assert.ok((await text(`${ONE} [data-latch="closed"] .words`)).includes(markup));
  assert.ok((await text("#view-why")).includes(markup));
  assert.equal(await page.locator("main img, main script").count(), 0);
  assert.equal(await page.title(), title);
  const overflow = await page.evaluate(() =>
    document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
  assert.equal(overflow, 0);
});

test("the row that was pressed is chosen, though new ones push it away before the pointer lets go", {}, async (the) => {
  const { page, show } = the;
  await show(snapshot(1, connection(1), connection(2), connection(3)));
  await page.locator('[data-row="2"]').hover();
  await page.mouse.down();
  await show(snapshot(2, connection(1), connection(2), connection(3), connection(4), connection(5)));
  await page.mouse.up();
  assert.equal(await page.getAttribute(ONE, "data-connection"), "2");
  await page.locator('[data-row="1"]').hover();
  await page.mouse.down();
  await page.locator('[data-row="4"]').hover();
  await page.mouse.up();
  assert.equal(await page.getAttribute(ONE, "data-connection"), "2", "whoever moves away has not chosen");
});
