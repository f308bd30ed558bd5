// The chat's page in Chromium: what a person at it sees, and where the keyboard is.

import assert from "node:assert/strict";
import { chatTests, enter, line } from "./chat_page.mjs";
import { openPeer } from "./peer.mjs";

const PAGE_ON_DISK = new URL("../../web/chat.html", import.meta.url).href;
const test = chatTests();
const focused = (page) => page.evaluate(() => document.activeElement.id);

for (const [width, height] of [[390, 844], [768, 1024], [1280, 720], [1440, 900], [2560, 1440]]) {
  const viewport = { width, height };
  test(`at ${width}x${height} the newest of 120 lines is in sight, and only the log scrolls`, { viewport }, async ({ page, server, t }) => {
    const bob = await openPeer(t, `${server.wsUrl}?room=lobby&name=bob`);
    for (let i = 1; i <= 120; i += 1) bob.socket.send(`number ${i}.`);
    await enter(page, "ann");
    await line(page, "number 120.").waitFor();
    const seen = await page.evaluate(() => {
      const box = (node) => node.getBoundingClientRect();
      const log = document.getElementById("log");
      const { scrollHeight, scrollWidth, clientHeight, clientWidth } = document.scrollingElement;
      return {
        page: [scrollHeight - clientHeight, scrollWidth - clientWidth],
        line: box(log.lastElementChild).bottom <= box(log).bottom,
        log: box(log).height,
        say: box(document.getElementById("say")).bottom <= innerHeight,
      };
    });
    assert.deepEqual([seen.page, seen.line, seen.say], [[0, 0], true, true]);
    assert.ok(seen.log >= 150, `the log is ${seen.log} pixels high`);
  });
}

test("the keyboard alone is enough, and is never lost", {}, async ({ page }) => {
  await page.focus("#name");
  await page.keyboard.type("ann");
  await page.keyboard.press("Enter");
  assert.equal(await focused(page), "text");
  await page.locator("#say:enabled").waitFor();
  await page.locator("#members", { hasText: "ann" }).waitFor();
  await page.keyboard.type("hello");
  await page.keyboard.press("Enter");
  await page.locator("#log .said", { hasText: "hello" }).waitFor();
  assert.equal(await focused(page), "text");
  await page.focus("#leave");
  await page.keyboard.press("Space");
  await page.locator("#enter:enabled").waitFor();
  assert.equal(await focused(page), "name");
});

test("a name that is taken is said at the name, and the keyboard is there", {}, async ({ page, server, t }) => {
  const bob = await openPeer(t, `${server.wsUrl}?room=lobby&name=bob`);
  await bob.next(); // the welcome
  await page.fill("#name", "bob");
  await page.click("#enter");
  await page.locator("#name-fault:visible").waitFor();
  assert.equal(await page.textContent("#name-fault"), "somebody here has this name");
  assert.equal(await page.getAttribute("#name", "aria-invalid"), "true");
  assert.equal(await focused(page), "name");
  assert.equal(await page.locator("#log .line").count(), 0);
  await enter(page, "ann");
  assert.ok(await page.isHidden("#name-fault"));
  assert.equal(await page.getAttribute("#name", "aria-invalid"), null);
});

test("times have 24 hours, wherever one is", { locale: "en-US" }, async ({ page }) => {
  await enter(page, "ann");
  await page.fill("#text", "hello");
  await page.keyboard.press("Enter");
  await page.locator("#log .said .when").waitFor();
  assert.match(await page.textContent("#log .said .when"), /^\d\d:\d\d:\d\d$/);
});

test("a line of another day says which", {}, async ({ page }) => {
  const words = await page.evaluate(() => triloop.day(new Date(2025, 0, 2, 3, 4, 5)));
  assert.equal(words, "2025-01-02");
});

// ---- floods ----

test("of 20 000 lines at once 400 are built, in one frame, and the rest is counted", {}, async ({ page }) => {
  const [atOnce, later, first, last] = await page.evaluate(async () => {
    const log = document.getElementById("log");
    for (let i = 1; i <= 20_000; i += 1) triloop.lines.add("said", ["text", `number ${i}`]);
    const before = log.childElementCount;
    await new Promise(requestAnimationFrame);
    return [before, log.querySelectorAll(".line").length, log.firstElementChild.textContent, log.lastElementChild.textContent];
  });
  assert.deepEqual([atOnce, later, first.replace(/\s/g, ""), last.trim()], [0, 400, "(19600morebeforethese)", "number 20000"]);
});

test("whoever reads further up stays there, and is told of new lines below", {}, async ({ page }) => {
  const add = (count) =>
    page.evaluate(async (many) => {
      for (let i = 0; i < many; i += 1) triloop.lines.add("said", ["text", `line ${i}`]);
      await new Promise(requestAnimationFrame);
    }, count);
  await add(200);
  await page.evaluate(() => (document.getElementById("log").scrollTop = 0));
  await add(3);
  assert.equal(await page.textContent("#below"), "↓ 3 new");
  assert.equal(await page.evaluate(() => document.getElementById("log").scrollTop), 0);
  await page.click("#below");
  await page.locator("#below").waitFor({ state: "hidden" });
  assert.equal(await focused(page), "log");
});

// ---- where there is no chat ----

test("opened from disk the page says what it needs, and dials nothing", {}, async ({ page }) => {
  const dialled = [];
  page.on("websocket", (socket) => dialled.push(socket.url()));
  await page.goto(PAGE_ON_DISK);
  assert.match(await page.textContent("#needs"), /from disk.*\.\/run\.sh --processor chat.*localhost:7777\/chat/s);
  assert.ok(await page.isDisabled("#enter"));
  await page.fill("#name", "ann");
  await page.keyboard.press("Enter");
  assert.deepEqual(dialled, []);
});

test("on a server that is no chat the page says so, and how to start one", { serverArgs: [] }, async ({ page }) => {
  await page.locator("#needs:visible").waitFor();
  assert.match(await page.textContent("#needs"), /runs the processor echo.*\.\/run\.sh --processor chat/s);
  assert.ok(await page.isDisabled("#enter"));
});
