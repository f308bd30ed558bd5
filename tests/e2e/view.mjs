// The page as a server of made-up snapshots hands it out: one browser for all tests of a file, a
// fresh context for each.

import assert from "node:assert/strict";
import { after, before, test as nodeTest } from "node:test";
import { isFailedConnection, launchBrowser, watchConsole } from "./page.mjs";
import { snapshotServer } from "./snapshots.mjs";
import { eventually } from "./wait.mjs";

const PATIENCE_MS = 15_000;

/** Gives the `test` of a file. */
export function viewTests() {
  let browser;
  before(async () => (browser = await launchBrowser()));
  after(() => browser?.close());
  return (name, options, body) => viewTest(name, () => browser, options, body);
}

/** A test of the page in a fresh context. At its end the console must be clean. */
function viewTest(name, browser, options, body) {
  nodeTest(name, { timeout: 90_000 }, async (t) => {
    const { failsToConnect, ready = () => {}, ...contextOptions } = options;
    const server = await snapshotServer(t);
    const context = await browser().newContext({
      viewport: { width: 1280, height: 900 },
      ...contextOptions,
    });
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const problems = watchConsole(page);
    await ready(page, server);
    await page.goto(server.url);

    const shown = (time) => page.waitForSelector(`#view[data-applied="${time}"]`, { state: "attached" });
    const show = async (next) => {
      await eventually(PATIENCE_MS, () => assert.equal(server.inspectors.size, 1));
      server.send(next);
      await shown(next.time);
    };
    const text = (selector) => page.locator(selector).first().textContent();
    await body({ t, server, page, show, shown, text });
    const expected = (line) => failsToConnect && isFailedConnection(line);
    assert.deepEqual(problems.filter((line) => !expected(line)), []);
  });
}
