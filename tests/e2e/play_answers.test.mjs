// What the scheduler page says is so: of a click before it is made, of the line to blame, of who went on by itself.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser } from "./page.mjs";
import { goTo, levelsOf, place, playTest, schedule, status } from "./play.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

const test = (name, options, body) => playTest(name, () => browser, options, body);
const hangs = { at: "close-wakes-one:110" };
const heard = (page) => page.locator("#ask .heard").textContent();
const codeLine = (page, hasText) => page.locator(".code-line", { hasText });
const marked = (page, sign) => page.locator(`.code-line:has(.chip:text-is("${sign}")) code`);

/** Opens a level's shortest way to a break. */
async function breakIt(page, id) {
  const { choices } = (await levelsOf(page)).find((level) => level.id === id);
  await goTo(page, `${id}:${choices}`);
}

// ---- before a click ----

test("a card says the first steps of its click, as they then stand in the schedule", {}, async ({ page }) => {
  const wrong = await page.evaluate(() => {
    const { levels, play } = window.triloop;
    const differing = [];
    for (const level of levels) {
      location.hash = "";
      const model = play.modelOf(level);
      const game = new play.Game(model, () => {});
      for (const choice of [...model.shortestFrom(0), 0]) {
        for (const option of game.options().filter(({ kind }) => kind === play.RUN)) {
          const said = play.promise(game, option).replace(/, \u2026$/, "");
          const then = game.lines([...game.path, option.index]).slice(game.lines().length)
            .filter(({ event }) => event.thread === option.thread)
            .map(({ event }) => play.words(level, event).replace(/: nobody waits$/, "")).join(", ");
          if (then && !then.startsWith(said)) differing.push(`${level.id}: ${said} / ${then}`);
        }
        if (!game.over && game.node.o[choice]) game.choose(choice);
      }
    }
    return differing;
  });
  assert.deepEqual(wrong, []);
});

test("each level says what each of its threads does", {}, async ({ page }) => {
  for (const { id } of await levelsOf(page)) {
    await goTo(page, `${id}:`);
    const does = await page.locator("#does").textContent();
    const threads = await page.evaluate(() => window.triloop.play.game().level.threads);
    for (const thread of threads) assert.ok(does.includes(thread), `${id}: ${thread}: ${does}`);
  }
});

test("a click on who cannot go on is answered with the reason", { at: "close-wakes-one:1" }, async ({ page, card }) => {
  await card(1).click({ force: true });
  assert.equal(await page.locator("#said").textContent(), "consumer 1 sleeps in not_empty: it goes on when somebody notifies it.");
  assert.equal(await place(page), "close-wakes-one:1");
});

test("who calls notify_one is not said to be stuck while it is asked whom it wakes", { at: "close-wakes-one:11" }, async ({ card }) => {
  assert.match(await card(0).textContent(), /calls notify_one: whom\?$/);
});

test("steps before the first choice are told from those that one has chosen", { at: "ships-lane:" }, async ({ page }) => {
  assert.match((await schedule(page))[0].text, /\(before the first choice\)$/);
});

// ---- after it ----

test("what follows a wake that was chosen is marked as going by itself", hangs, async ({ page }) => {
  const rows = await page.locator("#schedule .line").evaluateAll((lines) => lines.map(({ dataset, title }) => [dataset.forced, title]));
  assert.deepEqual(rows.slice(6).map(([forced]) => forced), rows.slice(6).map(() => "true"));
  assert.ok((await schedule(page)).slice(6).some(({ text }) => text.startsWith("goes on") && text.endsWith("(by itself)")));
});

test("the step that fails is the last line, and its thread's marker stands at it", {}, async ({ page }) => {
  await breakIt(page, "if-for-while");
  assert.equal((await schedule(page)).at(-1).text, "fails: it takes from an empty queue");
  assert.match(await marked(page, "1").or(marked(page, "2")).first().textContent(), /require\(!items\.empty\(\)/);
});

test("the marker of a thread that joins stands nowhere in the class", hangs, async ({ page }) => {
  assert.equal(await marked(page, "P").count(), 0);
});

test("an end that did not break a wrong one does not look like a success", {}, async ({ page }) => {
  await goTo(page, "close-wakes-one:10");
  for (let clicks = 0; await page.locator("#ending").isHidden(); ++clicks) {
    assert.ok(clicks < 20);
    await page.locator('.card[data-can="true"]').first().click();
  }
  assert.equal(await page.locator("#verdict").textContent(), "It did not break.");
  assert.equal(await page.locator("#ending").getAttribute("data-end"), "missed");
});

test("a hang is said once, without numbers; they stand above", hangs, async ({ page }) => {
  assert.equal(await page.locator("#verdict").textContent(), "It hangs. Asleep for ever: consumer 2 in not_empty. Nobody will call.");
  assert.match(await status(page), /^Broken with 3 choices/);
});

// ---- which line? ----

const OTHERS = [["if-for-while", "if (closed && items"], ["close-wakes-one", "not_full.notify_one"], ["saved-notify", "const bool was_empty"],
  ["flag-outside-the-lock", "Atomic<bool> closed"]];
test("a line that changes, too, is not taken for the one to blame", {}, async ({ page }) => {
  for (const [id, text] of OTHERS) {
    await breakIt(page, id);
    await codeLine(page, text).last().click();
    assert.match(await heard(page), /^It changes, too, but is not to blame: ./, id);
    assert.equal(await page.locator(".patch").count(), 0, id);
  }
});

test("no level tells why before it has asked for the line", {}, async ({ page }) => {
  await breakIt(page, "if-for-while");
  assert.match(await page.locator("#ask").textContent(), /^Which line is to blame\?/);
});

test("the line that was found stands out until it is mended, and wrong guesses are forgotten", hangs, async ({ page }) => {
  await codeLine(page, "return true;").click();
  assert.equal(await page.locator(".code-line.no").count(), 1);
  await codeLine(page, "not_empty.notify_one();").last().click();
  assert.equal(await page.locator(".code-line.no").count(), 0);
  assert.match(await page.locator(".code-line.blamed").textContent(), /not_empty\.notify_one/);
  await page.locator(".patch", { hasText: "not_empty.notify_all();" }).click();
  assert.equal(await page.locator(".code-line.blamed").count(), 0);
  assert.equal(await page.locator("#verdict").textContent(), "");
  assert.match(await page.locator("#ask .second-line").textContent(), /^The line below changes with it/);
});

// ---- the right ones ----

test("a right level has no hint to give away that it is right", { at: "right-one-place:" }, async ({ page }) => {
  assert.equal(await page.locator("#hint").isVisible(), false);
  await page.keyboard.press("h");
  assert.equal(await page.locator("#hint-text").textContent(), "");
});

test("when all states are seen there is a way on, and the end says so", { at: "right-one-place:1010" }, async ({ page }) => {
  await page.click("#go");
  assert.match(await page.locator("#ask").textContent(), /^All states are seen/);
  await page.click("#map-next button");
  assert.match(await place(page), /^right-two-places:/);
});

test("waits that end for no reason are allowed in the level where they were", { at: "right-one-place:" }, async ({ page }) => {
  await page.check("#spurious");
  await goTo(page, "ships-lane:");
  assert.match(await page.locator("#caveat").textContent(), /without waits that end for no reason\.$/);
  await goTo(page, "right-one-place:");
  assert.equal(await page.isChecked("#spurious"), false);
});

test("the right one is not shown under the name of the wrong ones alone", { at: "right-one-place:" }, async ({ page }) => {
  assert.equal(await page.locator("#file").textContent(), "tests/explore/wrong_queues.h: its right version");
});

// ---- looks ----

test("code that does not fit goes on behind its own indentation", {}, async ({ page }) => {
  const wrapped = await codeLine(page, "not_full.wait(mutex)").first().locator("code").evaluate((code) => {
    const range = document.createRange();
    const left = (at) => {
      range.setStart(code.firstChild, at);
      range.setEnd(code.firstChild, at + 1);
      return range.getBoundingClientRect();
    };
    const text = code.textContent;
    return [left(text.indexOf("while")), left(text.indexOf("not_full"))].map(({ left: x, top }) => [x, top]);
  });
  const [[first, above], [next, below]] = wrapped;
  assert.ok(below > above && next > first, `${wrapped}`);
});

test("the explorer's command is whole or not there", {}, async ({ page }) => {
  for (const width of [1280, 1600, 1920]) {
    await page.setViewportSize({ width, height: 900 });
    const cut = await page.locator("#command").evaluate((it) => it.checkVisibility() && it.scrollWidth > it.clientWidth);
    assert.equal(cut, false, `${width}`);
  }
});

test("the rings of the level and of who may be woken touch nothing", { at: "close-wakes-one:11" }, async ({ page }) => {
  const gaps = await page.evaluate(() => {
    const box = (it) => it.getBoundingClientRect();
    const [one, two] = document.querySelectorAll("#dots button");
    const chip = document.querySelector("#objects .chip.asked");
    const word = chip.closest(".object").querySelector(".called");
    return [box(two).left - box(one).right, box(chip).left - box(word).right];
  });
  assert.ok(gaps[0] >= 4 && gaps[1] >= 8, `${gaps}`);
});
