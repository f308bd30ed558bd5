// The parts of the page (strip, sheet, walk, follow) alone: a page with nothing but their containers,
// which a test feeds by hand. In the whole page the view does that.

import { test as nodeTest, after, before } from "node:test";
import assert from "node:assert/strict";
import { launchBrowser, watchConsole } from "./page.mjs";
import { snapshotServer } from "./snapshots.mjs";

const PATIENCE_MS = 15_000;
const STYLES = ["page", "picture", "strip", "sheet", "walk", "follow"];
const SCRIPTS = ["words", "picture", "rates", "code", "session", "sheet", "follow", "strip_model", "strip_draw", "strip", "strip_file", "walk"];

/** The page; `base` is where its files are. */
export const partsPage = (base = "") => `<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>parts</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${STYLES.map((name) => `<link rel="stylesheet" href="${base}${name}.css">`).join("\n")}
${SCRIPTS.map((name) => `<script src="${base}${name}.js" defer></script>`).join("\n")}
</head><body><main>
<section id="view-detail" data-connection="1"><div id="view-picture" class="frame"></div><p id="followed"></p></section>
<section id="strip"></section>
<button id="opener" type="button">reader</button>
<aside id="sheet" hidden></aside>
<section id="walk" class="panel"></section>
</main></body></html>`;

/** Gives the `test` of a file: (name, contextOptions, body). */
export function partsTests() {
  let browser;
  before(async () => (browser = await launchBrowser()));
  after(() => browser?.close());
  return (name, options, body) => nodeTest(name, { timeout: 90_000 }, async (t) => {
    const { hash = "", ...contextOptions } = options;
    const server = await snapshotServer(t);
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...contextOptions });
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(PATIENCE_MS);
    const problems = watchConsole(page);
    await page.route(/parts\.html/, (route) => route.fulfill({ contentType: "text/html", body: partsPage() }));
    await page.goto(`${server.url}parts.html${hash}`);
    await body({ t, page, server });
    assert.deepEqual(problems, []);
  });
}
