// What is on the screen at once: cause and effect, at every size that a lecture, a desk or a hand has.

import assert from "node:assert/strict";
import { connection, ended, queue, snapshot, thread } from "./snapshots.mjs";
import { viewTests } from "./view.mjs";

const test = viewTests();
const BYE = { by: "peer", code: 1000, reason: "bye" };

/** Three threads at work, and the longest words. */
function busy(id, time) {
  const one = connection(id, { number: id, age: time, queues: { in: queue(1000, 4194304), out: queue(1000, 4194304) },
    received: { messages: 100_000 * time, bytes: 1e8 * time }, sent: { messages: 1000 * time, bytes: 1e8 * time } });
  one.threads = {
    reader: thread("waiting_for_room", { reading_socket: time, waiting_for_room: time, working: time }),
    processor: thread("waiting_for_message", { waiting_for_message: time, waiting_for_room: time, working: time }),
    writer: thread("waiting_for_peer", { waiting_for_message: time, writing_socket: time, waiting_for_peer: time, working: time }),
  };
  return one;
}

/** Which parts of the picture are cut, once the button has been brought into sight. */
const cutFor = (page, button) => page.evaluate((selector) => {
  const inSight = (box, bottom) => box.top >= -1 && box.left >= -1 && box.right <= innerWidth + 1 && box.bottom <= bottom + 1;
  const target = document.querySelector(selector);
  target.scrollIntoView({ block: "nearest", inline: "nearest" });
  const bar = document.querySelector(".scenarios");
  const covers = getComputedStyle(bar).position === "sticky";
  const bottom = covers ? bar.getBoundingClientRect().top : innerHeight;
  const cut = [...document.querySelectorAll("#view-picture .node")]
    .filter((node) => !inSight(node.getBoundingClientRect(), bottom)).map((node) => node.className);
  if (!inSight(target.getBoundingClientRect(), innerHeight)) cut.push(selector);
  return cut;
}, button);

for (const [width, height] of [[1280, 720], [1366, 768], [1440, 900], [1920, 1080], [1024, 768], [2560, 1440]]) {
  test(`at ${width}x${height} all that belongs together is on one screen`, { viewport: { width, height } }, async (the) => {
    const { page, show } = the;
    for (const time of [1, 2]) await show(snapshot(time, busy(1, time), busy(2, time)));
    const buttons = await page.locator("[data-scenario]").evaluateAll((lines) => lines.map((line) => line.dataset.scenario));
    assert.equal(buttons.length, 9);
    for (const name of buttons) {
      await page.click(`[data-scenario="${name}"] .pick`);
      assert.deepEqual(await cutFor(page, `#lab-${name}`), [], name);
    }
    const whole = await page.evaluate(() => ({
      scrolls: document.scrollingElement.scrollHeight - innerHeight,
      below: ["view", "strip", "lab", "view-list", "log", "sender"]
        .filter((id) => document.getElementById(id).getBoundingClientRect().bottom > innerHeight + 1),
      word: Math.min(...[...document.querySelectorAll("#view-detail .doing")].map((p) => parseFloat(getComputedStyle(p).fontSize) || 99)),
      wide: [...document.querySelectorAll(".node, .head, .row, #lab, form")].filter((box) =>
        box.clientWidth > 0 && box.scrollWidth > box.clientWidth + 1).map((box) => box.id || box.className),
    }));
    assert.ok(whole.scrolls <= 0, `the page scrolls by ${whole.scrolls}`);
    assert.deepEqual(whole.below, []);
    assert.deepEqual(whole.wide, []);
    assert.ok(whole.word >= 20 && whole.word >= 0.027 * height, `state words of ${whole.word} px`);
    const stripHeight = await page.locator("#strip").evaluate((strip) => strip.offsetHeight);
    assert.ok(stripHeight >= 90, `a strip of ${stripHeight} px`);
    await show(snapshot(3, ended(2, ["processor", "reader", "writer"], { ...BYE, reason: "a reason of two lines. ".repeat(5) })));
    assert.deepEqual(await cutFor(page, "#lab-throw"), []);
  });
}

for (const [width, height] of [[390, 844], [360, 740]]) {
  test(`on a phone of ${width}x${height} the picture is whole above the thumb`, { viewport: { width, height }, hasTouch: true }, async (the) => {
    const { page, show } = the;
    for (const time of [1, 2]) await show(snapshot(time, busy(1, time)));
    await page.locator("#view-picture").evaluate((frame) => frame.scrollIntoView({ block: "start" }));
    for (const name of ["flood", "slow", "stops", "vanishes", "close-page", "close-server", "close-both", "throw", "cut"]) {
      assert.deepEqual(await cutFor(page, `#lab-${name}`), [], name);
    }
    assert.equal(await page.evaluate(() => document.scrollingElement.scrollWidth - innerWidth), 0);
    const order = await page.evaluate(() => ["connection", "view-picture", "strip", "connections", "log"]
      .map((id) => document.getElementById(id).getBoundingClientRect().top));
    assert.deepEqual(order, [...order].sort((a, b) => a - b));
  });
}

test("projector mode: no log, no list, words of 28 px, a ring around the cursor; p leaves it", { viewport: { width: 1280, height: 720 } }, async (the) => {
  const { page, server, show } = the;
  await page.goto(`${server.url}?projector`);
  await show(snapshot(1, busy(1, 1)));
  assert.equal(await page.isVisible("#log"), false);
  assert.equal(await page.isVisible("#view-list"), false);
  assert.ok(await page.isVisible(".cursor-ring"));
  const size = await page.locator("#view-detail .doing").first().evaluate((p) => parseFloat(getComputedStyle(p).fontSize));
  assert.ok(size >= 28, `${size} px`);
  assert.deepEqual(await cutFor(page, "#lab-throw"), []);
  await page.keyboard.press("p");
  assert.ok(await page.isVisible("#log"));
});

test("Watch and Walk are two places of one page, by tab and by link; nothing is lost between them", {}, async (the) => {
  const { page, server } = the;
  await page.click("#open");
  await page.waitForSelector('#state[data-state="open"]');
  await page.click('.tabs a:text("Walk")');
  await page.waitForSelector("#walk");
  assert.equal(await page.isVisible("#watch"), false);
  assert.equal(await page.getAttribute('.tabs a:text("Walk")', "aria-current"), "page");
  assert.match(page.url(), /#walk$/);
  await page.click('.tabs a:text("Watch")');
  await page.waitForSelector("#view");
  assert.equal(await page.isVisible("#walk"), false);
  assert.equal(await page.textContent("#state"), "open");
  await page.goto(`${server.url}#walk=7`);
  await page.waitForSelector('#walk[data-step="7"]');
});

test("keys: space pauses, ? lists them, and none works while one types or has switched them off", {}, async (the) => {
  const { page, show } = the;
  await show(snapshot(1, connection(1)));
  const paused = () => page.getAttribute("#view-pause", "aria-pressed");
  await page.keyboard.press("Space");
  assert.equal(await paused(), "true");
  await page.keyboard.press("Space");
  assert.equal(await paused(), "false");
  await page.focus("#message");
  await page.keyboard.press("Space");
  assert.equal(await paused(), "false");
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.uncheck("#keys-on");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Space");
  assert.equal(await paused(), "false");
});

test("a drawer that is closed leaves its room, and opens again", {}, async ({ page }) => {
  await page.click("#log-title .drawer");
  assert.equal(await page.isVisible("#log"), false);
  assert.equal(await page.getAttribute("#log-title .drawer", "aria-expanded"), "false");
  await page.click("#log-title .drawer");
  assert.ok(await page.isVisible("#log"));
});

test("in forced colours threads, bars, lamps and the chosen row can still be told apart", { forcedColors: "active" }, async (the) => {
  const { page, show } = the;
  const one = busy(1, 1);
  one.threads.writer = thread("writing_socket", one.threads.writer.seconds);
  one.latch = { closing: BYE, closed: null };
  await show(snapshot(1, one));
  const look = (selector, property, pseudo) => page.locator(selector).first()
    .evaluate((node, [name, part]) => getComputedStyle(node, part)[name], [property, pseudo]);
  const paper = await look("body", "backgroundColor");
  assert.notEqual(await look('#view-detail [data-queue="in"] .fill', "backgroundColor"), paper);
  assert.notEqual(await look('#view-detail [data-thread="reader"] .fill', "backgroundColor"), paper);
  const marks = ["reader", "processor", "writer"].map((name) => `[data-row="1"] [data-mark="${name}"]`);
  const looks = await Promise.all(marks.map(async (mark) =>
    `${await look(mark, "backgroundColor")} ${await look(mark, "backgroundImage")}`));
  assert.equal(new Set(looks).size, 3, "waits for room, waits for input, writes");
  const lamp = (name) => look(`#view-detail [data-latch="${name}"]`, "backgroundColor", "::before");
  assert.notEqual(await lamp("closing"), await lamp("closed"));
  assert.equal(await look('[data-row="1"]', "outlineStyle"), "solid");
});

test("what is stale has no colours, and loses no contrast", { failsToConnect: true }, async ({ page, server, show }) => {
  await show(snapshot(1, busy(1, 1)));
  server.refuses = true;
  server.drop();
  await page.waitForSelector('#view[data-stale="true"]');
  const style = await page.locator("#view-picture").evaluate((frame) => {
    const { filter, opacity } = getComputedStyle(frame);
    return { filter, opacity };
  });
  assert.deepEqual(style, { filter: "grayscale(1)", opacity: "1" });
  assert.ok(await page.isVisible("#view-now"));
});
