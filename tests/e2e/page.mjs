// One browser for all tests; for each test a server, a fresh page and a watch on its console.

import assert from "node:assert/strict";
import { test } from "node:test";
import { chromium } from "playwright-core";
import { startServer } from "./server.mjs";

const CHROMIUM = process.env.CHROMIUM || "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox", // the tests may run as root, which Chromium's sandbox refuses
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
];
const PATIENCE_MS = 15_000;

export const launchBrowser = () => chromium.launch({ executablePath: CHROMIUM, args: FLAGS });

/**
 * A test of the page as the server hands it out. At its end the console must be clean, except for
 * Chromium's own line about a connection that failed where the test expects one.
 */
export function pageTest(name, getBrowser, options, body) {
  test(name, { timeout: 90_000 }, async (t) => {
    const { path = "", serverArgs = ["--heartbeat", "0"], failsToConnect, ...contextOptions } = options;
    const server = await startServer(t, ...serverArgs);
    const context = await getBrowser().newContext({
      viewport: { width: 1280, height: 800 },
      ...contextOptions,
    });
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const problems = watchConsole(page);

    await page.goto(server.url + path);
    await body({ t, server, page, entry: (kind, n = 0) => entry(page, kind, n) });

    const expected = (text) => failsToConnect && isFailedConnection(text);
    assert.deepEqual(problems.filter((text) => !expected(text)), []);
  });
}

/** Chromium's own words about a connection, or about.json, of a server that is not there. */
export const isFailedConnection = (text) =>
  text.startsWith("WebSocket connection to") || /^Failed to load resource: net::ERR_CONNECTION/.test(text);

/** What the page's console complains about, as it comes. */
export function watchConsole(page) {
  const problems = [];
  page.on("pageerror", (error) => problems.push(`${error}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) problems.push(message.text());
  });
  return problems;
}

/** Waits for the n-th log entry of a kind; gives its text and whether one can see it. */
async function entry(page, kind, n) {
  const found = page.locator(`#log [data-kind="${kind}"]`).nth(n);
  await found.waitFor({ state: "attached" });
  return { text: await found.locator(".text").textContent(), visible: await found.isVisible() };
}

/** Which of the three buttons can be pressed, and the state that the page shows. */
export const controls = (page) =>
  page.evaluate(() => ({
    state: document.getElementById("state").textContent,
    enabled: ["open", "close", "send"].filter((id) => !document.getElementById(id).disabled),
  }));
