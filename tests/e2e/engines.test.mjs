// What the pages promise in Chromium, in Firefox and in WebKit: each promise is written once.

import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import net from "node:net";
import { after, before, describe, test } from "node:test";
import { ENGINES, launch } from "./engines.mjs";
import { startServer } from "./server.mjs";
import { eventually, within } from "./wait.mjs";
import { watchingProxy } from "./watching_proxy.mjs";

const PATIENCE_MS = 30_000;
const WIDTHS = [320, 390, 800, 1280, 1920, 2560];
const PAGES = ["index.html", "play.html", "chat.html", "book.html"];
const onDisk = (name) => new URL(`../../web/${name}`, import.meta.url).href;

// ---- what is asked of a page; each of these runs inside it ----

const hasEntry = (kind, text = "") =>
  [...document.querySelectorAll(`#log [data-kind="${kind}"]`)].some((one) => one.textContent.includes(text));
const lastEntry = (kind) =>
  [...document.querySelectorAll(`#log [data-kind="${kind}"] .text`)].at(-1)?.textContent;
const says = (selector, text) => document.querySelector(selector).textContent.includes(text);
const isLive = () => document.querySelector("#view").dataset.stale === "false";
const showsOwn = () =>
  document.querySelector("#view-detail").dataset.state === "open" &&
  document.querySelector('#view-facts [data-part="path"], #view-facts bdi:nth-child(2)').textContent.startsWith("/ws");

async function open(page, address) {
  if (address) await page.type("#address", address);
  await page.click("#open");
  await page.waitFor(hasEntry, "OPEN");
}

/** What the page says of the ending it has seen: always clean, with this code. */
async function assertClean(page, code) {
  await page.waitFor(hasEntry, "CLOSE");
  const words = await page.evaluate(lastEntry, "CLOSE");
  assert.match(words, new RegExp(`\\b${code}\\b.*, clean$`));
}

/** Nobody serves at this port until so many connections to it have been dropped. */
async function refuse(port, times) {
  const sockets = net.createServer((socket) => socket.destroy()).listen(port, "127.0.0.1");
  for (let tries = 0; tries < times; tries += 1) await within(PATIENCE_MS, once(sockets, "connection"), "a try");
  sockets.close();
  await once(sockets, "close");
}

// ---- the promises ----

const promises = {
  "each page opens, and nothing is complained about": async ({ t, browser, server }) => {
    const url = browser.name === "webkit" ? await watchingProxy(t, server.url) : server.url;
    for (const name of PAGES) {
      const page = await browser.open(url + name);
      assert.equal(await page.evaluate(() => document.querySelectorAll("nav.tabs a").length), 5, name);
      assert.deepEqual(await page.problems(), [], name);
      await page.close();
    }
  },

  "the echo by clicking: Open, Send, RESPONSE, Close": async ({ page }) => {
    await open(page);
    await page.type("#message", "Grüße 😀");
    await page.click("#send");
    await page.waitFor(hasEntry, "RESPONSE", "Grüße 😀");
    await page.click("#close");
    await assertClean(page, 1000);
    assert.deepEqual(await page.problems(), []);
  },

  "a drain of the server is a clean ending": async ({ page, server }) => {
    await open(page);
    await server.stop();
    await assertClean(page, 1001);
  },

  "a message that is too big is a clean ending": {
    serverArgs: ["--max-message", "20"],
    run: async ({ page }) => {
      await open(page);
      await page.type("#message", "x".repeat(21));
      await page.click("#send");
      await assertClean(page, 1009);
    },
  },

  "what the lab has the server end is clean": async ({ page }) => {
    for (const [button, code] of [["#lab-close-server", 1000], ["#lab-throw", 1011]]) {
      await page.click(button);
      await page.waitFor(says, "#lab-state", `code ${code}`);
      assert.match(await page.text("#lab-state"), /, clean/);
    }
  },

  "the live view shows the connection of this page": async ({ page }) => {
    await open(page);
    await page.waitFor(isLive);
    await page.waitFor(showsOwn);
    assert.ok(await page.evaluate(() => document.querySelectorAll("#view-list [role=option]").length >= 1));
  },

  "the lab floods, and nothing is lost": async ({ page }) => {
    await page.click("#lab-flood");
    await page.waitFor(() =>
      document.querySelector("#lab-counts").textContent.replace(/\s/g, "").startsWith("5000sent,5000echoed"));
  },

  "the view lives again within 3 s of its server": async ({ t, page, server }) => {
    await page.waitFor(isLive);
    await server.kill();
    await page.waitFor(() => document.querySelector("#view").dataset.stale === "true");
    await refuse(server.port, 3); // pauses that grow would have grown beyond it
    await startServer(t, "--heartbeat", "0", "--port", `${server.port}`);
    const back = performance.now();
    await page.waitFor(isLive);
    const seconds = (performance.now() - back) / 1000;
    t.diagnostic(`live after ${seconds.toFixed(1)} s`);
    assert.ok(seconds < 3, `${seconds} s`);
  },

  "from disk the page reaches a server by its address, and has something to show": async (the) => {
    const { page, server } = the;
    await page.goto(onDisk("index.html"));
    await open(page, server.wsUrl);
    await page.click("#send");
    await page.waitFor(hasEntry, "RESPONSE", "Hello world!");
    assert.ok(await page.evaluate(() => document.querySelector("#view-picture .node").getClientRects().length > 0));
  },

  "a level of the scheduler is broken by clicking": async ({ page, server }) => {
    await page.goto(`${server.url}play.html#close-wakes-one:`);
    for (const thread of await page.evaluate(shortestWay)) await page.click(`#cards .card[data-thread="${thread}"]`);
    await page.waitFor(says, "#verdict", "It hangs.");
    assert.deepEqual(await page.problems(), []);
  },

  "no page scrolls sideways, and no share breaks into two lines": async ({ page, server }) => {
    for (const name of PAGES) {
      await page.goto(server.url + name);
      if (name === "index.html") await open(page).then(() => page.waitFor(isLive));
      for (const width of WIDTHS) {
        await page.resize(width, 800);
        await page.waitFor(fits, name, width);
        assert.deepEqual(await page.evaluate(brokenShares), [], `${name} at ${width}`);
      }
    }
  },
};

// Asked again and again: where a window is drawn, a resize may take a moment.
const fits = (name, width) =>
  innerWidth === width && document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth;

/** Whom to let go on, one after the other, so that the level breaks soonest. */
function shortestWay() {
  const { game, modelOf } = window.triloop.play;
  const model = modelOf(game().level);
  let node = 0;
  return model.shortestFrom(0).map((choice) => {
    const [thread, , to] = model.nodes[node].o[choice];
    node = to;
    return thread;
  });
}

/** The shares in the picture that take two lines, once each of them is the longest that there is. */
function brokenShares() {
  const text = document.createRange();
  return [...document.querySelectorAll(".legend .share")].filter((share) => {
    share.textContent = share.textContent.replace(/\d+/, "100");
    text.selectNodeContents(share);
    return new Set([...text.getClientRects()].map(({ top }) => Math.round(top))).size > 1;
  }).map((share) => share.parentNode.textContent);
}

/** The processes that were started with this home and are still there. */
function processesAt(home) {
  return readdirSync("/proc").filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readFileSync(`/proc/${pid}/environ`, "latin1").includes(home);
    } catch {
      return false; // it has ended meanwhile
    }
  });
}

// ---- in each engine ----

for (const name of ENGINES) {
  describe(name, () => {
    let browser;
    before(async () => (browser = await launch(name)));
    after(async () => {
      await browser?.close();
      if (!browser) return;
      assert.ok(!existsSync(browser.home), "its profile is left");
      await eventually(PATIENCE_MS, () => assert.deepEqual(processesAt(browser.home), []));
    });
    for (const [promise, made] of Object.entries(promises)) {
      const { run = made, serverArgs = [] } = made;
      test(`${name}: ${promise}`, { timeout: 90_000 }, async (t) => {
        const server = await startServer(t, "--heartbeat", "0", ...serverArgs);
        const page = await browser.open(server.url);
        t.after(() => page.close());
        await run({ t, browser, page, server });
      });
    }
  });
}
