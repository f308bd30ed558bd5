// The live view in Chromium when the server is gone, refuses, or comes back.

import assert from "node:assert/strict";
import { connection, snapshot } from "./snapshots.mjs";
import { viewTests } from "./view.mjs";
import { eventually } from "./wait.mjs";

const PATIENCE_MS = 15_000;
const ONE = "#view-detail";

const test = viewTests();

const failing = { failsToConnect: true };
test("a lost inspect socket is said, counted down, tried again and recovered from", failing, async (the) => {
  const { page, server, show, shown, text } = the;
  await show(snapshot(50, connection(7)));
  assert.equal(await page.getAttribute("#view-status", "data-state"), "live");
  server.latest = null;
  server.refuses = true;
  server.drop();
  await page.waitForSelector('#view-status[data-state="lost"]');
  assert.match(await text("#view-status"), /gone.*last/);
  await page.waitForFunction(() => /Next try in [12] s/.test(document.getElementById("view-countdown").textContent));
  assert.ok(await page.isVisible('[data-row="7"]'), "what was said last stays");
  assert.equal(await page.getAttribute("#view", "data-stale"), "true");
  server.refuses = false;
  await page.click("#view-now");
  await eventually(PATIENCE_MS, () => assert.equal(server.inspectors.size, 1));
  // Another server: its clock and its ids begin anew.
  server.send(snapshot(1, connection(1)));
  await shown(1);
  await page.waitForSelector('#view-status[data-state="live"]');
  assert.equal(await page.locator("#view-list [data-row]").count(), 1);
  assert.equal(await page.getAttribute(ONE, "data-connection"), "1");
  assert.notEqual(await page.evaluate(() => document.activeElement), null);
});

test("the pauses between two tries are never longer than 2 s", failing, async ({ page, server, show }) => {
  await show(snapshot(50, connection(7)));
  server.refuses = true;
  server.drop();
  await eventually(PATIENCE_MS, () => assert.ok(server.tries >= 6)); // by then a doubling pause would be 16 s
  const words = await page.textContent("#view-countdown");
  assert.match(words, /Next try in [12] s/);
});

const setHidden = (page, hidden) => page.evaluate((value) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => value });
  document.dispatchEvent(new Event("visibilitychange"));
}, hidden);

test("a server that cannot be reached is tried again, but not while the page is hidden", {
  failsToConnect: true,
  ready: (page, server) => (server.refuses = true),
}, async ({ page, server, text }) => {
  await page.waitForSelector('#view-status[data-state="failed"]');
  assert.match(await text("#view-status"), /cannot be reached, or refuses/);
  await eventually(PATIENCE_MS, () => assert.ok(server.tries >= 2));
  await setHidden(page, true);
  const { tries } = server;
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.equal(server.tries, tries, "the try that was due has been called off");
  server.refuses = false;
  await setHidden(page, false);
  await eventually(PATIENCE_MS, () => assert.equal(server.inspectors.size, 1));

  await setHidden(page, true);
  server.drop();
  await page.waitForSelector('#view-status[data-state="hidden"]');
  assert.equal(server.tries, tries + 1);
});

for (const [inspect, words] of [["off", /nobody/], ["local", /its own machine/]]) {
  test(`a server that refuses (--inspect ${inspect}) is not tried for ever, and a recording plays`, {
    ready: (page, server) => {
      server.refuses = true;
      server.about = { processor: "echo", says: "", inspect, inspects_you: false };
    },
  }, async ({ page, server, text }) => {
    await page.waitForSelector("#view-now");
    assert.match(await text("#view-status"), words);
    await page.waitForSelector('#view[data-played="true"]');
    assert.match(await text("#view-ribbon"), /^Recorded: .*run\.sh/);
    await page.waitForFunction((one) => document.querySelector(one).dataset.state === "open", ONE);
    assert.equal(server.tries, 0);
    server.refuses = false;
    server.about = { ...server.about, inspects_you: true };
    await page.click("#view-now");
    await eventually(PATIENCE_MS, () => assert.equal(server.inspectors.size, 1));
    server.send(snapshot(1, connection(1)));
    await page.waitForSelector(`${ONE}[data-connection="1"]`);
    assert.equal(await page.isVisible("#view-ribbon"), false);
  });
}
