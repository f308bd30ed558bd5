// Scenarios that are too large for a graph: played through a server.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser } from "./page.mjs";
import { place, playTest, said, schedule, status, stopClock } from "./play.mjs";
import { startScheduler } from "./play_server.mjs";

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

const SCENARIO = "close wakes one";
const test = (name, body, options = {}) => playTest(name, () => browser, options, async (the) => {
  const server = await startScheduler(the.t);
  await the.page.goto(server.url);
  await body({ ...the, server });
}, (problem) => problem.startsWith("WebSocket connection to"));

async function openLarger(page) {
  await page.click("#all-levels");
  await page.locator("#levels-server .named", { hasText: SCENARIO }).click();
}

test("a server that plays scenarios offers them in a list", async ({ page }) => {
  await page.click("#all-levels");
  await page.locator("#larger", { hasText: "Larger ones, through a server" }).waitFor();
  assert.ok(await page.locator("#levels-server .named").count() >= 8);
});

test("a place of the server is taken by who plays there, and by nobody else", async ({ page, server }) => {
  assert.equal(server.visitors(), 0);
  await page.click("#all-levels");
  await page.locator("#levels-server .named").first().waitFor();
  await server.left();
  await page.locator("#levels-server .named", { hasText: SCENARIO }).click();
  await page.locator("h1", { hasText: SCENARIO }).waitFor();
  assert.equal(server.visitors(), 1);
  await page.locator("#dots button").first().click();
  await server.left();
});

test("a heartbeat is no answer", async ({ page, card, server }) => {
  await openLarger(page);
  await page.locator("h1", { hasText: SCENARIO }).waitFor();
  server.say("heartbeat from server");
  await card(1).click();
  await page.locator("#schedule .line", { hasText: "waits for not_empty" }).waitFor();
});

test("a scenario of a server has cards, schedule and code; what follows is not known", async ({ page, card, server }) => {
  await openLarger(page);
  await page.locator("h1", { hasText: SCENARIO }).waitFor();
  await card(1).click();
  await page.locator("#schedule .line", { hasText: "waits for not_empty" }).waitFor();
  assert.deepEqual(server.questions.at(-1), { scenario: SCENARIO, choices: "1" });
  assert.equal(await status(page), "What follows is not known here: too many states.");
  assert.match(await said(card(1)), /asleep in not_empty/);
  for (const id of ["#hint", "#way", "#map"]) assert.equal(await page.locator(id).isVisible(), false, id);
  assert.equal(await page.locator("#command").textContent(), `In a terminal: explorer --scenario '${SCENARIO}' --replay 1`);
});

test("a break at a server is as loud as any other", async ({ page, card }) => {
  await openLarger(page);
  for (const thread of [1, 2, 1]) {
    await page.locator(`.card[data-thread="${thread}"][data-can="true"]`).waitFor();
    await card(thread).click();
  }
  await page.locator("#verdict", { hasText: "It hangs." }).waitFor();
  await page.keyboard.press("u");
  await page.locator("#ending").waitFor({ state: "hidden" });
  assert.ok((await schedule(page)).some(({ rest }) => rest));
});

test("a link to a scenario of a server opens it there", async ({ page, server }) => {
  await page.goto("about:blank");
  await page.goto(`${server.url}#server=${encodeURIComponent(SCENARIO)}:11`);
  await page.locator("#schedule .line").nth(3).waitFor();
  assert.equal(await place(page), `server=${SCENARIO}:11`);
});

test("a link is replayed as fast as the server answers, and no choice of it is left out", async ({ page, server }) => {
  await page.goto("about:blank");
  await stopClock(page);
  await page.goto(`${server.url}#server=${encodeURIComponent(SCENARIO)}:110`);
  await page.locator("h1", { hasText: SCENARIO }).waitFor();
  server.hold();
  await page.clock.runFor(300);
  await server.asked("1");
  await page.clock.runFor(3000);
  server.release();
  await page.waitForFunction(() => window.triloop.play.game().path.length === 1);
  await page.clock.runFor(300);
  await server.asked("11");
}, { reducedMotion: "no-preference" });

test("who opens a level while the server still thinks hears no more of that scenario", async ({ page, card, server }) => {
  await openLarger(page);
  await page.locator("h1", { hasText: SCENARIO }).waitFor();
  server.hold();
  await card(1).click();
  await server.asked("1");
  await page.locator("#dots button").first().click();
  await server.left();
  assert.equal(await page.locator("#said").textContent(), "");
  server.release();
  await page.click("#all-levels");
  const scenario = page.locator("#levels-server .named", { hasText: SCENARIO });
  await scenario.waitFor();
  server.hold();
  await scenario.click();
  await server.asked("");
  await page.locator("#dots button").first().click();
  await server.left();
  assert.equal(await place(page), "if-for-while:");
  assert.equal(await page.locator("#said").textContent(), "");
});

test("a server that hangs up is told of, and the next move dials again", async ({ page, card, server }) => {
  await openLarger(page);
  await page.locator("h1", { hasText: SCENARIO }).waitFor();
  server.hangUp(1013, "too many visitors");
  await page.locator("#said", { hasText: "1013 too many visitors" }).waitFor();
  await card(1).click();
  await page.locator("#schedule .line", { hasText: "waits for not_empty" }).waitFor();
  assert.equal(await place(page), `server=${SCENARIO}:1`);
});

test("a server that is gone is told of, and the levels of the page go on", async ({ page, card, server }) => {
  await openLarger(page);
  await page.locator("h1", { hasText: SCENARIO }).waitFor();
  await server.stop();
  await card(1).click();
  await page.locator("#said", { hasText: "The server cannot be reached." }).waitFor();
  await page.locator("#dots button").first().click();
  await page.keyboard.press("2");
  assert.equal(await place(page), "if-for-while:1");
});
