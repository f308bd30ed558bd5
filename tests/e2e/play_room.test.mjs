// Nothing of the scheduler page lies over anything else, from the first choice to the mended end.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser } from "./page.mjs";
import { goTo, levelsOf, playTest } from "./play.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

const test = (name, options, body) => playTest(name, () => browser, options, body);
const SIZES = [[1280, 720], [1024, 768]];
const PARTS = [".top", ".task", ".say", "#cards", "#objects", "#ending", ".mine", "#ghost", ".game", "#does", ".sources", "#map"];

/** What of the visible parts lies over another, over the screen's edge, or has text that comes out of it. */
const disorder = (page) => page.evaluate((selectors) => {
  const shown = selectors.map((selector) => [selector, document.querySelector(selector)])
    .filter(([, part]) => part?.checkVisibility()).map(([name, part]) => [name, part.getBoundingClientRect(), part]);
  const bad = [];
  shown.forEach(([name, box, part], at) => {
    if (box.bottom > innerHeight + 1 || box.right > innerWidth + 1) bad.push(`${name} leaves the screen`);
    if (part.scrollHeight > part.clientHeight + 9) bad.push(`${name} has more than it shows`);
    for (const [other, its] of shown.slice(at + 1)) {
      if (box.left < its.right - 1 && its.left < box.right - 1 && box.top < its.bottom - 1 && its.top < box.bottom - 1) {
        bad.push(`${name} and ${other}`);
      }
    }
  });
  return bad;
}, PARTS);

/** Is the whole of this element in sight, and not cut off by what it is in? */
const inSight = (page, selector) => page.locator(selector).first().evaluate((it) => {
  const box = it.getBoundingClientRect();
  const panel = it.closest("#ending").getBoundingClientRect();
  return box.height > 0 && box.top >= panel.top && box.bottom <= panel.bottom && panel.bottom <= innerHeight;
});

const patchOf = (page, right) => page.evaluate((wanted) => {
  const { game, textsOf } = window.triloop.play;
  return textsOf(game().level).patches.findLastIndex((patch) => Boolean(patch.right) === wanted);
}, right);

async function walk(page, id, choices, check) {
  for (let length = 0; length <= choices.length; ++length) {
    await goTo(page, `${id}:${choices.slice(0, length)}`);
    await check(`${length} choices`);
  }
  await page.locator(".code-line", { hasText: "{" }).first().click();
  await check("wrong line", ".heard");
  const line = await page.evaluate(() => window.triloop.play.blamedLines(window.triloop.play.game().level)[0]);
  await page.locator(".code-line").nth(line).click();
  await check("the line", ".patch:last-of-type");
  await page.locator(".patch").nth(await patchOf(page, false)).click();
  await check("wrong patch", ".heard");
  await page.locator(".patch").nth(await patchOf(page, true)).click();
  await check("mended", "#next-level");
}

for (const [width, height] of SIZES) {
  test(`nothing overlaps on the way through each wrong level, ${width}x${height}`, { viewport: { width, height } }, async ({ page }) => {
    const wrong = (await levelsOf(page)).filter(({ kind }) => kind === "wrong");
    for (const { id, choices } of wrong) {
      await walk(page, id, choices, async (state, answer) => {
        assert.deepEqual(await disorder(page), [], `${id}, ${state}`);
        if (answer) assert.ok(await inSight(page, `#ask ${answer}`), `${id}, ${state}: ${answer} is in sight`);
      });
    }
  });

  test(`nothing overlaps in the right levels, ${width}x${height}`, { viewport: { width, height } }, async ({ page }) => {
    for (const { id } of (await levelsOf(page)).filter(({ kind }) => kind === "right")) {
      await goTo(page, `${id}:`);
      assert.deepEqual(await disorder(page), [], id);
      await page.click("#go");
      assert.deepEqual(await disorder(page), [], `${id}, all seen`);
    }
  });
}

test("the cards and what is below them stay where they are, whatever is chosen in whichever level", {}, async ({ page }) => {
  const places = new Set();
  for (const { id, choices } of await levelsOf(page)) {
    for (const length of id.startsWith("if-") || id.startsWith("close-w") ? choices.split("").map((_, at) => at) : [0]) {
      await goTo(page, `${id}:${choices.slice(0, length)}`);
      const tops = await page.evaluate(() => ["#cards", "#objects"].map((id) => Math.round(document.querySelector(id).getBoundingClientRect().top)));
      places.add(`${tops}`);
    }
  }
  assert.equal(places.size, 1, [...places].join(" | "));
});

test("the schedule keeps its last line in sight when the box above it grows", { at: "close-wakes-one:110" }, async ({ page }) => {
  await page.click("text=Show me the line");
  await page.waitForFunction(() => {
    const list = document.getElementById("schedule").getBoundingClientRect();
    const last = document.querySelector("#schedule .line:last-child").getBoundingClientRect();
    return last.bottom <= list.bottom && last.top >= list.top;
  });
});
