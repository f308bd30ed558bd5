// Every level: a wrong one is broken by clicking, a right one by nothing.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser } from "./page.mjs";
import { goTo, levelsOf, place, playTest } from "./play.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

const test = (name, options, body) => playTest(name, () => browser, options, body);

test("each wrong level is broken by clicking its shortest schedule", {}, async ({ page, card }) => {
  const wrong = (await levelsOf(page)).filter(({ kind }) => kind === "wrong");
  assert.ok(wrong.length >= 5, `${wrong.length} wrong levels`);
  for (const { id, threads, choices } of wrong) {
    await goTo(page, `${id}:`);
    for (const thread of threads) await card(thread).click();
    assert.equal(await place(page), `${id}:${choices}`);
    const verdict = await page.locator("#verdict[role=alert]").textContent();
    assert.match(verdict, /^(It hangs\.|Broken\.)/, `${id}: ${verdict}`);
  }
});

test("a right level is broken by none of 10 000 random walks, a wrong one by some", {}, async ({ page }) => {
  const broken = await page.evaluate(() => {
    let seed = 20260129;
    const random = () => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed / 2147483648;
    };
    const { levels, play } = window.triloop;
    return levels.map((level) => {
      const model = play.modelOf(level);
      let breaks = 0;
      for (let walk = 0; walk < 10_000; ++walk) breaks += model.randomWalkBreaks(random);
      return { id: level.id, kind: level.kind, breaks };
    });
  });
  for (const { id, kind, breaks } of broken) {
    if (kind === "right") assert.equal(breaks, 0, id);
    else assert.ok(breaks > 0, `${id} is never broken`);
  }
});

test("each level has a title, a goal, and a wrong one an idea, a reason, one right patch of three", {}, async ({ page }) => {
  const lacking = await page.evaluate(() => window.triloop.levels.flatMap((level) => {
    const texts = window.triloop.play.textsOf(level);
    const asked = level.kind === "wrong" ? ["title", "goal", "idea", "why", "rule", "patches"] : ["title", "goal"];
    const missing = asked.filter((name) => !texts[name]);
    const right = texts.patches?.filter((patch) => patch.right).length ?? 1;
    if (level.kind === "wrong" && (right !== 1 || texts.patches?.length !== 3)) missing.push("three patches, one of them right");
    return missing.map((name) => `${level.id}: ${name}`);
  }));
  assert.deepEqual(lacking, []);
});

test("each wrong level: the line to blame can be found, mended and left for the next one", {}, async ({ page }) => {
  const wrong = (await levelsOf(page)).filter(({ kind }) => kind === "wrong");
  for (const { id, choices } of wrong) {
    await goTo(page, `${id}:${choices}`);
    const line = await page.evaluate(() => {
      const { game, blamedLines } = window.triloop.play;
      return blamedLines(game().level)[0];
    });
    await page.locator(".code-line").nth(line).click();
    const right = await page.evaluate(() => {
      const { game, textsOf } = window.triloop.play;
      return textsOf(game().level).patches.findIndex((patch) => patch.right);
    });
    await page.locator(".patch").nth(right).click();
    assert.match(await page.locator("#ask").textContent(), /^Mended\./, id);
    assert.ok(await page.locator("#code .added, #code .removed").count(), `${id}: the difference is shown`);
    await page.click("#next-level");
    assert.notEqual((await place(page)).split(":")[0], id);
  }
});

// Three minutes are 60 clicks of three seconds each. The player reads nothing but "Undo n".
test("who only clicks, and undoes where the page says so, breaks the first level within 60 clicks", {}, async ({ page }) => {
  const clicks = await page.evaluate(() => {
    let seed = 1;
    const random = (below) => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * below);
    };
    const click = (selector) => {
      const offered = [...document.querySelectorAll(selector)];
      offered[random(offered.length)].click();
    };
    const play = () => {
      window.triloop.play.game().backTo(0);
      for (let count = 1; count <= 1000; ++count) {
        const lost = document.querySelector("#undo-many:not([hidden])");
        if (lost) lost.click();
        else click('.card[data-can="true"]');
        if (document.querySelector("#verdict").textContent.startsWith("Broken.")) return count;
      }
      return Infinity;
    };
    return Array.from({ length: 100 }, play).sort((one, other) => one - other);
  });
  assert.ok(clicks[94] <= 60, `of 100 players 95 need at most ${clicks[94]} clicks, the median ${clicks[50]}`);
});

test("the distance to a break counts no wait that ends for no reason", {}, async ({ page }) => {
  const found = await page.evaluate(() => {
    const nodes = [
      { o: [[0, 2, 1, []], [0, 0, 2, []], [1, 0, 3, []]], e: 0 },
      { o: [], e: 2 },
      { o: [[0, 0, 1, []], [1, 0, 3, []]], e: 0 },
      { o: [], e: 1 },
    ];
    const model = new window.triloop.play.Model({ events: [], start: [], nodes });
    return { distance: model.distance.map(String), way: model.shortestFrom(0) };
  });
  assert.deepEqual(found, { distance: ["2", "0", "1", "Infinity"], way: [1, 0] });
});
