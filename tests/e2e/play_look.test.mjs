// How the scheduler page looks and sounds: on every screen, without colours, without motion, for ears.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { after, before } from "node:test";
import { launchBrowser } from "./page.mjs";
import { goTo, place, playTest } from "./play.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

const test = (name, options, body) => playTest(name, () => browser, options, body);
const PLACES = ["if-for-while:", "close-wakes-one:11", "close-wakes-one:110", "right-one-place:101"];
const size = (width, height) => ({ viewport: { width, height } });

/** What of these elements is not wholly in sight. */
const outOfSight = (page, selectors) => page.evaluate((list) => list.filter((selector) => {
  const box = document.querySelector(selector).getBoundingClientRect();
  return box.width === 0 || box.top < -1 || box.left < -1 || box.bottom > innerHeight + 1 || box.right > innerWidth + 1;
}), selectors);

const overflow = (page) => page.evaluate(() => {
  const { scrollWidth, scrollHeight } = document.documentElement;
  return { across: scrollWidth - innerWidth, down: scrollHeight - innerHeight };
});

test("no width from 320 to 2560 makes the page wider than the screen", {}, async ({ page }) => {
  for (const at of PLACES) {
    await goTo(page, at);
    for (const width of [320, 390, 600, 768, 899, 900, 1024, 1280, 1440, 1920, 2560]) {
      await page.setViewportSize({ width, height: Math.round(width * 0.6) + 200 });
      const { across } = await overflow(page);
      assert.ok(across <= 0, `${at} at ${width}: ${across} px too wide`);
    }
  }
});

test("from 1280x720 up all of it is in sight, and the page does not scroll", {}, async ({ page }) => {
  for (const at of PLACES) {
    await goTo(page, at);
    for (const [width, height] of [[1280, 720], [1366, 768], [1440, 900], [1920, 1080], [2560, 1440]]) {
      await page.setViewportSize({ width, height });
      assert.deepEqual(await overflow(page), { across: 0, down: 0 }, `${at} at ${width}`);
      const parts = ["#title", "#goal", "#cards", "#objects", "#schedule", "#code", "#undo", "#copy"];
      if (at.startsWith("right")) parts.push("#map");
      if (at.endsWith("110")) parts.push("#verdict");
      assert.deepEqual(await outOfSight(page, parts), [], `${at} at ${width}`);
    }
  }
});

test("on a phone the cards stay under the thumb, in sight wherever one scrolls", size(390, 844), async ({ page, card }) => {
  for (const at of PLACES) {
    await goTo(page, at);
    for (const where of [0, 10_000]) {
      await page.evaluate((y) => scrollTo(0, y), where);
      const cards = await page.locator("#cards").boundingBox();
      assert.ok(cards.y > 844 / 2 && cards.y + cards.height <= 844, `${at}: cards at ${cards.y}`);
      assert.deepEqual(await outOfSight(page, ["#undo"]), []);
    }
  }
  await goTo(page, "close-wakes-one:");
  await card(1).click();
  assert.equal(await place(page), "close-wakes-one:1");
});

test("on a phone the code opens in a sheet, and closes", size(390, 844), async ({ page }) => {
  assert.equal(await page.locator("#code").isVisible(), false);
  await page.click("#show-code");
  assert.deepEqual(await outOfSight(page, ["#code"]), []);
  await page.click("#code-close");
  assert.equal(await page.locator("#code").isVisible(), false);
});

test("on a phone the line to blame can be found, too", { ...size(390, 844), at: "close-wakes-one:110" }, async ({ page }) => {
  await page.click("#ask >> text=Open the code");
  await page.locator(".code-line", { hasText: "not_empty.notify_one();" }).last().click();
  await page.locator(".patch").first().click();
  assert.match(await page.locator("#ask .heard").textContent(), /^No\./);
});

// ---- for ears ----

test("the schedule is a log, whose lines say who did what", { at: "close-wakes-one:1" }, async ({ page }) => {
  const log = page.getByRole("log");
  await log.getByRole("button", { name: /consumer 1.*waits for not_empty/ }).waitFor();
});

test("each card's name says where its thread is and whether it can go on", { at: "close-wakes-one:1" }, async ({ page }) => {
  await page.getByRole("button", { name: "consumer 1, asleep in not_empty, cannot go on", exact: true }).waitFor();
  await page.getByRole("button", { name: "consumer 2, runs, holds nothing, can go on: locks the mutex, waits for not_empty, …", exact: true }).waitFor();
});

const AXE = createRequire(import.meta.url);
for (const colorScheme of ["light", "dark"]) {
  test(`axe-core finds nothing in any state, ${colorScheme}`, { colorScheme }, async ({ page }) => {
    const source = await readFile(AXE.resolve("axe-core/axe.min.js"), "utf8");
    const check = async (state) => {
      const found = await page.evaluate(async () => (await window.axe.run({ preload: false })).violations
        .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 120)).join(" | ")}`));
      assert.deepEqual(found, [], state);
    };
    await page.evaluate(source);
    for (const at of PLACES) {
      await goTo(page, at);
      await check(at);
    }
    await goTo(page, "close-wakes-one:110");
    for (const id of ["#way", "text=Show me the line", ".patch >> nth=0", ".patch >> nth=1", "#undo", "#hint", "#all-levels"]) {
      await page.locator(id).click();
      await check(id);
    }
    await page.click("#levels-close");
    await page.setViewportSize({ width: 390, height: 844 });
    await check("phone");
  });
}

// ---- without colours, without motion ----

const highContrast = { at: "right-one-place:1", forcedColors: "active" };
test("in forced colours what is full, seen or done differs from what is not", highContrast, async ({ page }) => {
  await page.click("#go");
  await goTo(page, "if-for-while:10");
  const looks = (selector) => page.locator(selector).first().evaluate((it) => {
    const { backgroundColor, borderStyle, borderWidth, fill } = getComputedStyle(it);
    return [backgroundColor, borderStyle, borderWidth, fill].join(" ");
  });
  assert.notEqual(await looks(".cell.full"), await looks(".cell:not(.full)"));
  assert.notEqual(await looks('#dots [data-done="true"]'), await looks('#dots [data-done="false"]'));
  await goTo(page, "close-wakes-one:1");
  assert.notEqual(await looks('.card[data-can="true"]'), await looks('.card[data-can="false"]'));
  await goTo(page, "right-two-places:1");
  assert.notEqual(await looks("circle.seen"), await looks("circle:not(.seen)"));
});

const atSpeed = { at: "right-one-place:", reducedMotion: "no-preference" };
test("the explorer fills the map dot by dot, and comes to its end", atSpeed, async ({ page }) => {
  const counts = await page.evaluate(() => new Promise((done) => {
    const seen = [];
    new MutationObserver(() => {
      seen.push(document.querySelectorAll("circle.seen").length);
      if (document.getElementById("seen").textContent.startsWith("All")) done(seen);
    }).observe(document.getElementById("seen"), { childList: true, characterData: true, subtree: true });
    document.getElementById("go").click();
  }));
  assert.ok(counts.length >= 3, `${counts}`);
  assert.deepEqual(counts, [...counts].sort((one, other) => one - other));
});

const glides = (page) => page.evaluate(() => document.getAnimations().filter(({ effect }) => effect.target.matches(".chip")).length);
test("a chip glides to its new place within 200 ms", { at: "close-wakes-one:", reducedMotion: "no-preference" }, async ({ page }) => {
  const moved = await page.evaluate(() => {
    document.querySelector('.card[data-thread="1"]').click();
    return document.getAnimations().filter(({ effect }) => effect.target.matches("#objects .chip"))
      .map(({ effect }) => effect.getTiming().duration);
  });
  assert.ok(moved.length > 0 && moved.every((duration) => duration <= 200), `${moved}`);
});

test("with reduced motion nothing glides, and a link is there at once", { at: "close-wakes-one:11" }, async ({ page, card }) => {
  assert.equal(await page.evaluate(() => window.triloop.play.game().path.length), 2);
  await card(1).click();
  assert.equal(await glides(page), 0);
});

// Colours that are near each other would make two threads one.
test("threads differ by letter as well as by colour", {}, async ({ page }) => {
  assert.deepEqual(await page.locator("#objects .chip").allTextContents(), ["P", "1", "2"]);
});
