// The scheduler page: one game, by clicks and by keys.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser } from "./page.mjs";
import { goTo, place, playTest, said, schedule, status, stopClock } from "./play.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

const test = (name, options, body) => playTest(name, () => browser, options, body);
const hangs = { at: "close-wakes-one:110" };

test("the first visit shows level 1, its goal and in one sentence what a choice is", {}, async ({ page }) => {
  assert.equal(await place(page), "if-for-while:");
  assert.match(await page.locator("#goal").textContent(), /empty queue/);
  assert.match(await status(page), /Click a thread: it does what its card says, and runs to its next choice\. What only one thread can do runs by itself/);
});

test("a click on a card lets its thread go on, with its lines in the schedule", { at: "close-wakes-one:" }, async ({ page, card }) => {
  await card(1).click();
  assert.deepEqual((await schedule(page)).map(({ text }) => text), ["locks the mutex", "waits for not_empty"]);
  assert.match(await said(card(1)), /^consumer 1, asleep in not_empty, cannot go on$/);
  assert.match(await said(card(0)), /^producer, runs, holds nothing, can go on: locks the mutex, notifies not_empty: wakes consumer 1, …$/);
});

test("a thread that cannot go on is not chosen by its card", { at: "close-wakes-one:1" }, async ({ page, card }) => {
  await card(1).click({ force: true });
  await page.keyboard.press("2");
  assert.equal(await place(page), "close-wakes-one:1");
});

test("the objects say who sleeps where and what the queue holds", { at: "if-for-while:10" }, async ({ page }) => {
  assert.match(await page.locator("#objects").getAttribute("aria-label"), /items: 1/);
  assert.equal(await page.locator(".cell.full").count(), 1);
  await goTo(page, "close-wakes-one:11");
  const room = page.locator('[data-kind="condition"]', { hasText: "not_empty" });
  assert.deepEqual(await room.locator(".chip").allTextContents(), ["1", "2"]);
});

test("a notified sleeper's chip moves from its condition to the mutex", { at: "if-for-while:1" }, async ({ page, card }) => {
  const chip = page.locator('#objects .chip[data-thread="1"]');
  assert.equal(await chip.evaluate((it) => it.parentElement.className), "chips room");
  await card(0).click();
  assert.notEqual(await chip.evaluate((it) => it.parentElement.className), "chips room");
});

test("each thread's marker stands at its line of the code", { at: "close-wakes-one:11" }, async ({ page }) => {
  const line = (sign) => page.locator(".code-line", { has: page.locator(`.chip:text-is("${sign}")`) }).locator("code").textContent();
  assert.match(await line("1"), /not_empty\.wait/);
  assert.match(await line("2"), /not_empty\.wait/);
  assert.match(await line("P"), /not_empty\.notify_one/);
});

// ---- back and forth ----

test("undo keeps the rest, and the right arrow brings it back", hangs, async ({ page }) => {
  const whole = await schedule(page);
  await page.click("#undo");
  assert.equal(await place(page), "close-wakes-one:11");
  const after = await schedule(page);
  assert.deepEqual(after.map(({ text }) => text), whole.map(({ text }) => text));
  assert.ok(after.some(({ rest }) => rest) && !after[0].rest);
  await page.keyboard.press("ArrowRight");
  assert.equal(await place(page), "close-wakes-one:110");
});

test("an earlier line of the schedule is a place to go back to", hangs, async ({ page }) => {
  await page.locator("#schedule .line").nth(1).click();
  assert.equal(await place(page), "close-wakes-one:1");
  await page.locator("#schedule .line").last().click();
  assert.equal(await place(page), "close-wakes-one:110");
});

test("another choice makes a branch; the way before stays beside it, to compare and to go back to", hangs, async ({ page, card }) => {
  await page.click("#undo");
  await page.click("#undo");
  await card(0).click();
  assert.equal(await place(page), "close-wakes-one:10");
  assert.match(await page.locator("#ghost-name").textContent(), /^The way before: 3 choices/);
  await page.locator("#ghost-lines .line").last().click();
  assert.equal(await place(page), "close-wakes-one:110");
});

test("the explorer's way stands beside one's own", { at: "close-wakes-one:0" }, async ({ page }) => {
  await page.click("#way");
  assert.match(await page.locator("#ghost-name").textContent(), /^The explorer's way: 3 choices, 11 steps$/);
  assert.equal(await page.locator("#ghost-lines .line").count(), 11);
  await page.click("#ghost-gone");
  assert.equal(await page.locator("#ghost").isVisible(), false);
});

// ---- what the page knows ----

test("after each choice the page says whether it can still break, and what to undo if not", { at: "close-wakes-one:" }, async ({ page, card }) => {
  await card(1).click();
  assert.equal(await status(page), "It can still break: 2 more choices at the least.");
  await card(0).click();
  assert.match(await status(page), /^From here it cannot break any more: undo 1\.$/);
  await page.click("#undo-many");
  assert.equal(await place(page), "close-wakes-one:1");
});

test("what only one can do runs by itself, and the page says so", { at: "close-wakes-one:1" }, async ({ page, card }) => {
  await card(2).click();
  assert.match(await status(page), /\(producer went on by itself: nobody else could\.\)$/);
});

test("a hint has three stages: can it break, who, and it is done", { at: "close-wakes-one:" }, async ({ page }) => {
  const hint = page.locator("#hint-text");
  await page.click("#hint");
  assert.match(await hint.textContent(), /^Still breakable, 3 more choices\. How many can be asleep/);
  await page.click("#hint");
  assert.equal(await hint.textContent(), "Look at consumer 1.");
  assert.match(await page.locator('.card[data-thread="1"]').getAttribute("class"), /\blook\b/);
  await page.click("#hint");
  assert.equal(await place(page), "close-wakes-one:1");
  assert.equal(await hint.textContent(), "");
});

test("where all is lost, the hint leads back", { at: "close-wakes-one:10" }, async ({ page }) => {
  await page.click("#hint");
  assert.match(await page.locator("#hint-text").textContent(), /when producer was chosen in choice 2: undo 1/);
  await page.click("#hint");
  assert.equal(await place(page), "close-wakes-one:1");
});

test("a hang is loud: an alert, and nobody's card looks done", hangs, async ({ page, card }) => {
  const verdict = page.getByRole("alert");
  assert.match(await verdict.textContent(), /^It hangs\. Asleep for ever: consumer \d in not_empty\. Nobody will call\./);
  assert.equal(await status(page), "Broken with 3 choices, 11 steps, 1 switch.");
  const sleeper = page.locator('.card[data-kind="asleep"]');
  assert.match(await said(sleeper), /asleep in not_empty, for ever: nobody will call$/);
  assert.match(await said(card(0)), /waits for consumer \d to end, for ever$/);
});

test("behind a break: which line? A wrong line is answered, the right one tells why", hangs, async ({ page }) => {
  const line = (text) => page.locator(".code-line", { hasText: text });
  await line("return true;").click();
  assert.match(await page.locator("#ask .heard").textContent(), /^Not that one/);
  await line("not_empty.notify_one();").last().click();
  assert.match(await page.locator("#ask .why").textContent(), /^That is the line\. .*the end is for everybody/);
});

test("mend it: wrong patches are explained, the right one shows the difference and the proof", hangs, async ({ page }) => {
  await page.click("text=Show me the line");
  await page.locator(".patch").first().click();
  assert.equal(await page.locator("#ask .heard").textContent(), "No. Then nobody is woken, instead of one.");
  await page.locator(".patch", { hasText: "not_empty.notify_all();" }).click();
  assert.match(await page.locator("#ask").textContent(), /^Mended\..*Rule 2/);
  assert.match(await page.locator(".code-line.added").first().textContent(), /notify_all/);
  assert.match(await page.locator("#seen").textContent(), /^All \d+ states seen, none fails\.$/);
});

test("a wait may end for no reason only where the switch allows it, and once", { at: "if-for-while:12" }, async ({ page, card }) => {
  await goTo(page, "if-for-while:1");
  assert.equal(await card(1).getAttribute("aria-disabled"), "true");
  await page.check("#spurious");
  assert.match(await said(card(1)), /can go on: wakes for no reason/);
  await card(1).click();
  assert.ok((await schedule(page)).some(({ text }) => text === "wakes for no reason"));
  const again = await page.evaluate(() => window.triloop.play.game().node.o.some(([, kind]) => kind === 2));
  assert.equal(again, false);
});

// ---- the right ones ----

test("the explorer goes through all states of a right one, with its caveats said", { at: "right-one-place:" }, async ({ page, card }) => {
  const seen = page.locator("#seen");
  const [, all] = /^1 of (\d+) states seen, none fails\.$/.exec(await seen.textContent());
  await card(1).click();
  assert.match(await seen.textContent(), /^2 of /);
  await page.click("#go");
  assert.equal(await seen.textContent(), `All ${all} states seen, none fails.`);
  assert.equal(await page.locator("circle.dot.seen").count(), Number(all));
  assert.match(await page.locator("#caveat").textContent(), /^A proof for this scenario: .* without waits that end for no reason\.$/);
  assert.match(await page.locator('#dots [aria-current="true"]').getAttribute("aria-label"), /the right one, room for one item, done/);
});

test("what is done is remembered, a level by level", {}, async ({ page }) => {
  await goTo(page, "close-wakes-one:110");
  await page.waitForSelector("text=Show me the line"); // so the address is this place's, too
  await page.reload();
  const dot = page.locator("#dots button").nth(1);
  assert.match(await dot.getAttribute("aria-label"), /^Level 2, close wakes one, not yet mended, broken in 3 choices/);
  assert.equal(await dot.getAttribute("data-done"), "false");
  await page.click("text=Show me the line");
  await page.locator(".patch", { hasText: "not_empty.notify_all();" }).click();
  await page.reload();
  assert.match(await dot.getAttribute("aria-label"), /^Level 2, close wakes one, done in 3 choices/);
  assert.equal(await dot.getAttribute("data-done"), "true");
});

// ---- links ----

const moving = { at: "close-wakes-one:110", reducedMotion: "no-preference" };
test("a link is replayed step by step, and whoever chooses meanwhile takes over", moving, async ({ page }) => {
  const steps = await page.evaluate(() => new Promise((done) => {
    const seen = [];
    const look = () => {
      const { path } = window.triloop.play.game();
      if (seen.at(-1) !== path.length) seen.push(path.length);
      if (path.length === 3) done(seen);
      else requestAnimationFrame(look);
    };
    look();
  }));
  assert.deepEqual(steps.slice(-2), [2, 3]);
});

for (const [how, goBack] of [
  ["the left arrow", (page) => page.keyboard.press("ArrowLeft")],
  ["a line of the schedule", (page) => page.locator("#schedule .line").first().click()],
]) {
  test(`a replay ends where one goes back: ${how}`, { reducedMotion: "no-preference" }, async ({ page }) => {
    await stopClock(page);
    await goTo(page, moving.at);
    await page.clock.runFor(600);
    assert.equal(await place(page), "close-wakes-one:11");
    await goBack(page);
    const back = await place(page);
    assert.notEqual(back, "close-wakes-one:11");
    await page.clock.runFor(3000);
    assert.equal(await place(page), back);
  });
}

test("Copy link gives the link of this very place, and the explorer's command stands beside it", { ...hangs, permissions: ["clipboard-read", "clipboard-write"] }, async ({ page }) => {
  await page.click("#copy");
  await page.locator("#said", { hasText: "Link copied." }).waitFor();
  assert.match(await page.evaluate(() => navigator.clipboard.readText()), /play\.html#close-wakes-one:110$/);
  assert.equal(await page.locator("#command").textContent(), "In a terminal: explorer --replay close-wakes-one:110");
});

test("a link that makes no sense opens as far as it does", { at: "close-wakes-one:1z9" }, async ({ page }) => {
  assert.match(await place(page), /^close-wakes-one:/);
  await goTo(page, "nobody-knows-this:11");
  await page.reload();
  assert.equal(await page.locator("#cards .card").first().isVisible(), true);
});

// ---- keys, focus ----

test("all by keys: 1 2 3 choose, U and arrows go back and forth, H hints, R begins again", { at: "close-wakes-one:" }, async ({ page }) => {
  const keys = [["2", "1"], ["3", "11"], ["u", "1"], ["ArrowRight", "11"], ["ArrowLeft", "1"], ["r", ""], ["h", ""]];
  for (const [key, choices] of keys) {
    await page.keyboard.press(key);
    assert.equal(await place(page), `close-wakes-one:${choices}`, key);
  }
  assert.match(await page.locator("#hint-text").textContent(), /^Still breakable/);
  await page.keyboard.press("e");
  assert.equal(await page.locator("#ghost").isVisible(), true);
});

test("the focus is never lost: at the end, at undo from the start, when a panel goes", { at: "close-wakes-one:" }, async ({ page, card }) => {
  const focused = () => page.evaluate(() => document.activeElement !== document.body);
  for (const thread of [1, 2, 1]) {
    await card(thread).focus();
    await page.keyboard.press("Enter");
    assert.ok(await focused(), `thread ${thread}`);
  }
  for (const id of ["#way", "#ghost-gone", "text=Show me the line", ".patch >> nth=0", ".patch >> nth=1", "#next-level", "#undo"]) {
    await page.locator(id).focus();
    await page.keyboard.press("Enter");
    assert.ok(await focused(), id);
  }
  for (const [at, id] of [["close-wakes-one:10", "#undo-many"], ["right-closed:", "#go"]]) {
    await goTo(page, at);
    await page.locator(id).focus();
    await page.keyboard.press("Enter");
    await page.locator(id).waitFor({ state: "hidden" });
    assert.ok(await focused(), id);
  }
});

test("switches are counted: another thread was chosen than the one that had run last", { at: "close-wakes-one:0" }, async ({ page, card }) => {
  const count = page.locator("#preemptions");
  assert.equal(await count.textContent(), "0 switches");
  await page.click("#undo");
  await card(1).click();
  assert.equal(await count.textContent(), "0 switches");
  await card(2).click();
  assert.equal(await count.textContent(), "1 switch");
});

test("without localStorage the page plays all the same", {}, async ({ page, context }) => {
  await context.addInitScript(() => {
    Object.defineProperty(window, "localStorage", { get() { throw new Error("denied"); } });
  });
  await page.reload();
  await page.keyboard.press("2");
  assert.match(await place(page), /^if-for-while:1$/);
});
