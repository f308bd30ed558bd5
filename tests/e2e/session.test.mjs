// The whole page with strip and sheet: rewind, code, sessions that are saved and played, and the
// recorded one where there is nothing to show.

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test as plainTest, after, before } from "node:test";
import { launchBrowser, pageTest, watchConsole } from "./page.mjs";
import { connection, queue, snapshot, thread } from "./snapshots.mjs";
import { viewTests } from "./view.mjs";

const PATIENCE_MS = 15_000;
const DISK = new URL("../../web/index.html", import.meta.url);
const ONE = "#view-detail";
const IN_QUEUE = '#view-picture [data-queue="in"] p[data-part="messages"]';

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());
const test = viewTests();

const played = (page) => page.waitForSelector('#view[data-played="true"]', { state: "attached" });
const painted = (page) => page.waitForFunction(() => Number(document.getElementById("strip").dataset.painted) > 0);

async function diskPage(t) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 720 } });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const problems = watchConsole(page);
  await page.goto(DISK.href);
  return { page, problems };
}

plainTest("from disk a recorded session stands, under a ribbon that says so", { timeout: 60_000 }, async (t) => {
  const { page, problems } = await diskPage(t);
  await played(page);
  await painted(page);
  assert.match(await page.textContent("#view-ribbon"), /^Recorded: .*Your own server: \.\/run\.sh/);
  await page.waitForSelector('#view-picture [data-thread="reader"][data-doing="reading_socket"]');
  await page.click("#view-picture [data-box=reader]");
  const links = await page.locator("#sheet figure:not([hidden]) a").evaluateAll((all) => all.map(({ href }) => href));
  assert.ok(links.length > 0);
  for (const link of links) assert.ok(existsSync(new URL(link)), link);
  assert.deepEqual(problems, []);
});

pageTest("a server that lets nobody look: the recorded session stands there, too", () => browser,
  { serverArgs: ["--heartbeat", "0", "--inspect", "off"], failsToConnect: true }, async ({ page }) => {
    await played(page);
    await painted(page);
    assert.ok(await page.isVisible("#view-ribbon"));
  });

pageTest("the code that the sheet links to is served", () => browser, {}, async ({ page, server }) => {
  await page.click("#open");
  await page.waitForSelector('#view-detail[data-state="open"]');
  for (const box of ["reader", "in", "processor", "out", "writer", "latch"]) {
    await page.click(`#view-picture [data-box="${box}"]`, { timeout: 5000 });
    const links = await page.locator("#sheet figure:not([hidden]) a").evaluateAll((all) => all.map(({ href }) => href));
    assert.ok(links.length > 0, box);
    for (const link of links) {
      const answer = await fetch(link);
      assert.equal(answer.status, 200, link);
      assert.ok((await answer.text()).length > 100);
    }
    await page.keyboard.press("Escape");
    assert.equal(await page.evaluate(() => document.activeElement.dataset.box), box, "the focus goes back to the box");
  }
  assert.ok(server.url);
});

pageTest("one's own message is followed, with the round trip that the page has measured", () => browser, {}, async ({ page }) => {
  await page.click("#open");
  await page.click("#send");
  await page.waitForFunction(() => /^Your message 1 \(12\sB\): in-queue .*, processor .*, out-queue .*, sending .*; there and back /
    .test(document.getElementById("followed").textContent));
});

const filled = (time, messages) => snapshot(time, connection(7, { age: time, queues: { in: queue(messages, 10), out: queue() } }));

test("a rate of nothing has its reason: the reader has no room, or the peer takes nothing", {}, async ({ show, text }) => {
  const doing = (reader, writer) => ({ reader: thread(reader), processor: thread("waiting_for_room"), writer: thread(writer) });
  const at = (time, ...threads) => snapshot(time, connection(7, { threads: doing(...threads) }));
  await show(at(1, "waiting_for_room", "writing_socket"));
  await show(at(1.5, "waiting_for_room", "writing_socket"));
  assert.equal(await text(`${ONE} [data-part="sends"]`), "what it sends waits in TCP");
  assert.equal(await text(`${ONE} [data-part="receives"]`), "takes nothing");
  await show(at(2, "reading_socket", "waiting_for_message"));
  assert.equal(await text(`${ONE} [data-part="sends"]`), "sends 0\u00a0msg/s, 0\u00a0B/s");
});

test("the latch explains itself: it fires once, and what its two lamps mean", {}, async ({ page, show }) => {
  await show(snapshot(1, connection(7)));
  const seen = () => page.locator(`${ONE} .latch`).innerText();
  assert.match(await seen(), /fires once[^]*closing\s+an ending has begun:\s+not fired[^]*closed\s+it is over:\s+not fired/);
  await show(snapshot(2, connection(7, { state: "closing", latch: { closing: { by: "peer", code: 1000, reason: "bye" }, closed: null } })));
  assert.doesNotMatch(await seen(), /begun/, "then by whom and why is more");
});

test("the numbers of the list add up: here, ended, looking on and gone are all WebSockets", {}, async ({ show, text }) => {
  const numbered = (id, changes) => connection(id, { number: id, ...changes });
  const inHandshake = connection(50, { state: "handshake" });
  await show({ ...snapshot(1, numbered(4), numbered(5, { path: "/inspect" }), numbered(6, { tab: "ask-1" }), inHandshake), websockets: 9 });
  assert.equal(await text("#view-count"), "1 here, 0 ended, 2 looking on, 6 gone: 9 WebSockets");
});

test("as long as no connection is chosen the strip is empty, and says so", {}, async ({ page, show }) => {
  const inspects = (time) => snapshot(time, connection(1, { path: "/inspect", age: time, state: "ended", tab: "ask-1" }));
  const nothing = page.locator("#strip .strip-nothing");
  await show({ ...snapshot(1), connections: [] });
  await nothing.waitFor({ state: "visible" });
  for (const time of [1.1, 1.2]) await show(inspects(time));
  await page.waitForFunction(() => document.getElementById("strip").dataset.painted === "");
  assert.equal(await page.evaluate(() => window.triloop.strip.samples().length), 0);
  await show(snapshot(2, connection(7)));
  await nothing.waitFor({ state: "hidden" });
});

test("the picture shows what was then, and live again at the end", {}, async ({ page, show, text }) => {
  for (let i = 1; i <= 9; i += 1) await show(filled(1 + i / 10, 100 * i));
  await page.focus("#strip [role=slider]");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert.match(await text(IN_QUEUE), /^700 of/);
  assert.match(await text("#view-ago"), /^0\.2 s ago/);
  await show(filled(2, 50));
  assert.match(await text(IN_QUEUE), /^700 of/, "what comes meanwhile does not push it away");
  await page.keyboard.press("End");
  assert.match(await text(IN_QUEUE), /^50 of/);
  assert.equal(await page.isVisible("#view-ago"), false);
});

test("another connection that is chosen is live, with a past of its own", {}, async ({ page, show, text }) => {
  const both = (time, messages) => snapshot(time, ...filled(time, messages).connections, connection(8, { age: time }));
  for (let i = 1; i <= 5; i += 1) await show(both(1 + i / 10, i));
  await page.click('[data-row="7"]');
  await show(both(2, 9));
  await page.focus("#strip [role=slider]");
  await page.keyboard.press("Home");
  await page.click('[data-row="8"]');
  assert.match(await text(IN_QUEUE), /^0 of/);
  assert.equal(await page.getAttribute("#strip", "data-rewound"), "false");
  assert.equal(await page.evaluate(() => window.triloop.strip.samples().length), 6, "as it was while another was shown");
});

test("a session that was saved is played in the picture, and can be left", {}, async ({ page, show, text }) => {
  for (let i = 1; i <= 5; i += 1) await show(filled(1 + i / 10, 111 * i));
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(".strip-save")]);
  const buffer = readFileSync(await download.path());
  await show(filled(2, 1));
  await page.setInputFiles("#strip-file", { name: "mine.json", mimeType: "application/json", buffer });
  await played(page);
  await page.waitForFunction((selector) => /^(111|222|333|444|555) of/.test(document.querySelector(selector).textContent), IN_QUEUE);
  assert.match(await text("#view-ribbon"), /^Recorded: .*connection 7/);
  await page.click(".strip-stop");
  await show(filled(3, 2));
  assert.match(await text(IN_QUEUE), /^2 of/);
  assert.equal(await page.isVisible("#view-ribbon"), false);
});

test("in the walk's tab an arrow is one step, and a box opens the code of that step", {}, async ({ page, show }) => {
  await show(filled(1, 5));
  await page.click('.tabs a[href="index.html#walk"]');
  await page.keyboard.press("ArrowRight");
  await page.waitForSelector('#walk[data-step="2"]');
  assert.equal(new URL(page.url()).hash, "#walk=2");
  await page.click('#walk [data-box="reader"]');
  assert.equal(await page.getAttribute("#sheet", "data-code"), "reader.working");
  await page.keyboard.press("ArrowLeft");
  await page.waitForSelector('#sheet[data-code="reader.reading_socket"]');
  await show(filled(2, 1000));
  assert.equal(await page.getAttribute("#walk", "data-step"), "1");
});
