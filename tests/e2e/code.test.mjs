// The code sheet: its excerpts are those of the sources, and it shows the lines of the state that a
// box is in.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test as plainTest } from "node:test";
import vm from "node:vm";
import { makeCode } from "./make_code.mjs";
import { partsTests } from "./parts.mjs";
import { connection, thread } from "./snapshots.mjs";

const ROOT = new URL("../../", import.meta.url);
const source = (file) => readFileSync(new URL(file, ROOT), "utf8");
const test = partsTests();

const doing = (name, what, more = {}) =>
  connection(7, { path: "/lab", threads: { ...connection(7).threads, [name]: thread(what) }, ...more });
const open = (page, box, one) => page.evaluate(([name, seen]) => {
  document.getElementById("opener").focus();
  window.triloop.sheet.open(name, seen);
}, [box, one]);
const marked = (page) => page.locator("#sheet figure:not([hidden]) mark").allTextContents();
const state = (page) => page.getAttribute("#sheet", "data-code");

function codeOf(text) {
  const window = {};
  vm.runInNewContext(text, { window });
  return JSON.parse(JSON.stringify(window.triloop.code));
}

// ---- excerpts ----

plainTest("web/code.js is what the sources say", () => {
  assert.equal(source("web/code.js"), makeCode(), "make it anew: node tests/e2e/make_code.mjs");
});

plainTest("a line that is gone, or is there twice, is an error", () => {
  const without = (text) => makeCode((file) => source(file).replaceAll(text, "gone"));
  assert.throws(() => without("in_queue_.push_all(batch_);"), /reader\.waiting_for_room, pass_on_batch: 0 lines with/);
  assert.throws(() => without("void Writer::loop() {"), /writer\.cpp: 0 lines with/);
  assert.throws(() => makeCode((file) => source(file).replace("outgoing_.load(frames);", "$&\n  $&")), /2 lines with "outgoing_\.load/);
});

plainTest("each state of each thread has lines, some twenty, one of which is marked", () => {
  const { excerpts, states } = codeOf(source("web/code.js"));
  const words = source("docs/inspect.md").match(/\| `doing` \|.*/)[0].match(/`[a-z_]+`/g).map((word) => word.slice(1, -1));
  const own = {
    reader: ["reading_socket", "waiting_for_room", "working"],
    processor: ["waiting_for_message", "waiting_for_room", "working"],
    writer: ["waiting_for_message", "writing_socket", "waiting_for_peer", "working"],
  };
  const known = new Set(["doing", "ended", "not_started", ...Object.values(own).flat()]);
  assert.deepEqual([...new Set(words)].filter((word) => !known.has(word)), [], "docs/inspect.md has a state that this test does not know");
  for (const [name, list] of Object.entries(own)) {
    for (const what of [...list, "ended", "not_started"]) {
      const parts = states[`${name}.${what}`];
      assert.ok(parts?.length > 0, `${name}.${what}`);
      for (const [excerpt, ...marks] of parts) {
        assert.ok(marks.length > 0, `${name}.${what}`);
        assert.ok(excerpts[excerpt].lines.length <= 24, `${excerpt} is too long`);
      }
    }
  }
});

// ---- the sheet ----

test("a box opens the lines that it is in, and they follow its state", {}, async ({ page }) => {
  await open(page, "reader", doing("reader", "reading_socket"));
  assert.equal(await page.textContent("#sheet h2"), "reader: reading the socket");
  assert.match((await marked(page))[0], /const std::size_t size = receive\(into, error\);/);
  await page.evaluate((one) => window.triloop.strip.add(1, one), doing("reader", "waiting_for_room"));
  await page.waitForSelector('#sheet[data-code="reader.waiting_for_room"]');
  assert.equal(await page.textContent("#sheet h2"), "reader: waiting for room");
  assert.deepEqual((await marked(page)).map((line) => line.trim()),
    ["in_queue_.push_all(batch_);", "const bool room = await_room_for(*next, deadline);", "if (!wait_for_room(deadline)) break;"]);
  await page.evaluate((one) => window.triloop.strip.add(2, one), doing("reader", "ended"));
  await page.waitForSelector('#sheet[data-code="reader.ended"]');
  assert.deepEqual((await marked(page)).map((line) => line.trim()), ["processor.join();", "writer.join();"]);
});

test("a state is shown long enough to be read, and the last one is not missed", {}, async ({ page }) => {
  await open(page, "reader", doing("reader", "reading_socket"));
  await page.evaluate(async ([works, reads]) => {
    window.seen = [];
    new MutationObserver(() => window.seen.push([performance.now(), document.getElementById("sheet").dataset.code]))
      .observe(document.getElementById("sheet"), { attributes: true, attributeFilter: ["data-code"] });
    for (let i = 0; i < 20; i += 1) {
      window.triloop.sheet.update(i % 2 ? works : reads);
      await null; // the observer is told
    }
  }, [doing("reader", "working"), doing("reader", "reading_socket")]);
  await page.waitForSelector('#sheet[data-code="reader.working"]');
  assert.equal(await page.evaluate(() => window.seen.length), 1);
});

test("the processor's lines are those of the function that it runs", {}, async ({ page }) => {
  const file = () => page.textContent("#sheet figure:not([hidden]) a");
  await open(page, "processor", doing("processor", "working"));
  assert.equal(await file(), "src/demo/lab.cpp");
  await open(page, "processor", doing("processor", "working", { path: "/ws?tab=1" }));
  assert.equal(await file(), "src/demo/processors/echo.cpp");
  await page.evaluate(() => (window.triloop.about = { processor: "chat" }));
  await open(page, "processor", doing("processor", "working", { path: "/ws" }));
  assert.equal(await file(), "src/pattern/processor.cpp");
});

test("queues and latch have lines, too", {}, async ({ page }) => {
  await open(page, "in", doing("reader", "waiting_for_room"));
  assert.equal(await state(page), "in.full");
  await open(page, "out", doing("writer", "waiting_for_message"));
  assert.equal(await state(page), "out.empty");
  await open(page, "out", doing("writer", "working"));
  assert.equal(await state(page), "out.moving");
  const event = { by: "peer", code: 1000, reason: "" };
  await open(page, "latch", connection(7, { latch: { closing: event, closed: null } }));
  assert.match((await marked(page))[0], /begun_\.fire/);
});

test("Escape and the button close it, and the focus goes back to where it was", {}, async ({ page }) => {
  const focused = () => page.evaluate(() => document.activeElement.id);
  for (const close of [() => page.keyboard.press("Escape"), () => page.click("#sheet button")]) {
    await open(page, "reader", connection(7));
    assert.equal(await focused(), "sheet-title");
    await page.evaluate((one) => window.triloop.sheet.open("writer", one), connection(7));
    await close();
    assert.equal(await page.isVisible("#sheet"), false);
    assert.equal(await focused(), "opener");
  }
});

test("each excerpt links to its file, and the marked line is in sight", { viewport: { width: 1280, height: 720 } }, async ({ page }) => {
  await open(page, "writer", doing("writer", "waiting_for_peer"));
  const links = await page.locator("#sheet figure:not([hidden]) a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  assert.deepEqual(links, ["src/pattern/writer.cpp", "src/pattern/writer.cpp"]);
  const hidden = await page.evaluate(() => [...document.querySelectorAll("#sheet figure:not([hidden]) mark")].filter((mark) => {
    const [line, box] = [mark, mark.closest("pre")].map((node) => node.getBoundingClientRect());
    return line.top < box.top - 1 || line.bottom > Math.min(box.bottom, innerHeight) + 1;
  }).length);
  assert.equal(hidden, 0);
});

for (const width of [320, 390, 800, 1280, 2560]) {
  test(`at ${width} pixels the sheet leaves the page as wide as it is`, { viewport: { width, height: 800 } }, async ({ page }) => {
    await open(page, "writer", doing("writer", "waiting_for_peer"));
    const over = await page.evaluate(() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth);
    assert.equal(over, 0);
    const { x, width: wide } = await page.locator("#sheet button").boundingBox();
    assert.ok(x + wide <= width, "its button is in sight");
  });
}
