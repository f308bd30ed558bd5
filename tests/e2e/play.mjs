// The page "You are the scheduler", opened from disk: no server takes part.

import assert from "node:assert/strict";
import { test } from "node:test";
import { watchConsole } from "./page.mjs";

export const PLAY_ON_DISK = new URL("../../web/play.html", import.meta.url).href;
const PATIENCE_MS = 15_000;

/**
 * A test of the page at a place of its own (`at`: the hash). At its end the console must be clean, except
 * for what the test expects there.
 */
export function playTest(name, getBrowser, options, body, expected = () => false) {
  test(name, { timeout: 90_000 }, async (t) => {
    const { at = "", ...contextOptions } = options;
    const context = await getBrowser().newContext({
      viewport: { width: 1280, height: 720 },
      reducedMotion: "reduce",
      ...contextOptions,
    });
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const problems = watchConsole(page);
    await page.goto(PLAY_ON_DISK + (at && `#${at}`));
    await body({ t, page, context, card: (thread) => page.locator("#cards .card").nth(thread) });
    assert.deepEqual(problems.filter((problem) => !expected(problem)), []);
  });
}

/** The share string that the page shows now: LEVEL:CHOICES. */
export const place = (page) => page.evaluate(() => decodeURIComponent(location.hash.slice(1)));

/** Opens a place of the same page. */
export async function goTo(page, at) {
  await page.goto(`${PLAY_ON_DISK}#${at}`);
}

/** From now on the pages' time stands still, but for page.clock.runFor(): however slow the machine is. */
export async function stopClock(page) {
  await page.clock.install({ time: 0 });
  await page.clock.pauseAt(1000);
}

/** The levels, as the page has them: id, kind, and a shortest way to a break as thread indices. */
export const levelsOf = (page) => page.evaluate(() => {
  const { levels, play } = window.triloop;
  return levels.map((level) => {
    const model = play.modelOf(level);
    const choices = model.shortestFrom(0);
    let node = 0;
    const threads = choices.map((choice) => {
      const [thread, , to] = model.nodes[node].o[choice];
      node = to;
      return thread;
    });
    return { id: level.id, kind: level.kind, choices: play.share.encode(choices), threads };
  });
});

/** What the schedule shows: of each line its words, and whether it has been taken back. */
export const schedule = (page) => page.locator("#schedule .line").evaluateAll((lines) => lines.map((line) => ({
  text: line.querySelector(".step").textContent, rest: line.dataset.rest === "true",
})));

export const status = (page) => page.locator("#status").textContent();

/** What a card says, as it is read out. */
export const said = (card) => card.evaluate((it) => [...it.querySelectorAll(":scope > span")].map((part) => part.textContent).join(""));
