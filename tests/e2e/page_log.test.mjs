// The page's log in Chromium: what it shows of messages, and what it leaves out.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { greeter } from "./odd_server.mjs";
import { launchBrowser, pageTest } from "./page.mjs";

const HEARTBEAT = "heartbeat from server";

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

const test = (name, options, body) => pageTest(name, () => browser, options, body);

async function connect(page, entry, url) {
  if (url) await page.fill("#address", url);
  await page.click("#open");
  return entry("OPEN");
}

test("markup that is sent and echoed shows as text and is not run", {}, async ({ page, entry }) => {
  const act = "document.title='run'";
  const markup = `<img src=x onerror="${act}"><script>${act}</script>`;
  const title = await page.title();
  await connect(page, entry);
  await page.fill("#message", markup);
  await page.click("#send");
  assert.equal((await entry("SEND")).text, markup);
  assert.equal((await entry("RESPONSE")).text, markup);
  assert.equal(await page.locator("#log img, #log script").count(), 0);
  assert.equal(await page.title(), title);
});

test("an empty message, a long one and bytes can be told apart", {}, async (the) => {
  const { page, entry } = the;
  const bytes = Buffer.from(Array.from({ length: 40 }, (_, i) => i));
  const { url } = await greeter(the.t, "", "x".repeat(100_000), bytes, Buffer.alloc(0));
  await connect(page, entry, url);
  assert.equal((await entry("RESPONSE", 0)).text, "(empty text)");
  assert.match((await entry("RESPONSE", 1)).text, /^x{2000}… \(100000 characters in all\)$/);
  assert.match((await entry("RESPONSE", 2)).text, /^binary, 40 bytes: 00 01 02 .* 1e 1f …$/);
  assert.equal((await entry("RESPONSE", 3)).text, "binary, 0 bytes");
});

test("the log is bounded, keeps the newest, says what it left out, and can be cleared", {}, async (the) => {
  const { page } = the;
  const messages = Array.from({ length: 600 }, (_, i) => `message ${i}`);
  const beats = Array.from({ length: 600 }, () => HEARTBEAT);
  const { url } = await greeter(the.t, ...messages, ...beats, "the last");
  await page.fill("#address", url);
  await page.click("#open");
  await page.locator("#log", { hasText: "the last" }).waitFor();
  const texts = await page.locator("#log .entry .text").allTextContents();
  assert.equal(texts.length, 400);
  // Many heartbeats must not push the conversation out.
  assert.ok(texts.includes("message 599"));
  // OPEN, 600 messages and the last, of which 399 are shown beside the line of heartbeats.
  assert.match(await page.textContent("#log .left-out"), /203 more/);
  await page.click("#clear");
  assert.equal(await page.locator("#log .entry, #log .left-out").count(), 0);
});

/** What the page does while a flood comes in: its longest task in ms, nodes made, writes, frames. */
async function measured(page, flood) {
  await page.evaluate(() => {
    const seen = (window.seen = { longest: 0, made: 0, writes: 0, frames: 0 });
    const tasks = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) seen.longest = Math.max(seen.longest, duration);
    });
    tasks.observe({ type: "longtask" });
    const writes = new MutationObserver((changes) => {
      seen.writes += 1;
      for (const { addedNodes } of changes) seen.made += addedNodes.length;
    });
    writes.observe(document.getElementById("log"), { childList: true });
    let going = true;
    const count = () => going && (seen.frames += 1, requestAnimationFrame(count));
    requestAnimationFrame(count);
    window.stopMeasuring = () => {
      going = false;
      tasks.disconnect();
      writes.disconnect();
      return seen;
    };
  });
  await flood();
  return page.evaluate(() => window.stopMeasuring());
}

test("a flood of 20 000 messages: a write a frame, 400 nodes, and a count of the rest", {}, async (the) => {
  const { page } = the;
  const { url } = await greeter(the.t, ...Array.from({ length: 20_000 }, (_, i) => `message ${i}`));
  await page.fill("#address", url);
  let longest = Infinity;
  // Other programs make a task longer than the page does: the best of a few tells of the page.
  for (let tries = 0; longest > 100 && tries < 6; tries += 1) {
    await page.click("#clear");
    const seen = await measured(page, async () => {
      await page.click("#open");
      await page.locator("#log", { hasText: "message 19999" }).waitFor();
    });
    assert.equal(await page.locator("#log .entry").count(), 400);
    assert.match(await page.textContent("#log .left-out"), /^… 19\u202f60\d more/);
    assert.ok(seen.writes <= seen.frames + 1, `${seen.writes} writes in ${seen.frames} frames`);
    assert.ok(seen.made <= 51 * seen.writes, `${seen.made} nodes in ${seen.writes} writes`);
    the.t.diagnostic(JSON.stringify(seen));
    longest = Math.min(longest, seen.longest);
    await page.click("#close");
    await page.waitForSelector('#state[data-state="closed"]');
  }
  assert.ok(longest <= 100, `a task took ${longest} ms`);
});

test("the log follows its newest entry unless one has scrolled back", {}, async (the) => {
  const { page, entry } = the;
  const { url } = await greeter(the.t, ...Array.from({ length: 100 }, (_, i) => `message ${i}`));
  await connect(page, entry, url);
  await page.waitForFunction(() => {
    const log = document.getElementById("log");
    const last = log.lastElementChild;
    return last.textContent.includes("message 99")
      && last.getBoundingClientRect().bottom <= log.getBoundingClientRect().bottom;
  });
  await page.evaluate(() => (document.getElementById("log").scrollTop = 0));
  await page.click("#send");
  await entry("SEND");
  await page.click("#close");
  await entry("CLOSE");
  assert.equal(await page.evaluate(() => document.getElementById("log").scrollTop), 0);
  await page.waitForFunction(() => /^↓ 2 new$/.test(document.getElementById("log-below").textContent));
  await page.click("#log-below");
  assert.equal(await page.isVisible("#log-below"), false);
});

