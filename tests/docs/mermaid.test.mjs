// Every drawing in Mermaid can be drawn.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launchBrowser } from "../e2e/page.mjs";
import { pages } from "./pages.mjs";

const MERMAID = fileURLToPath(new URL("node_modules/mermaid/dist/mermaid.min.js", import.meta.url));
const drawings = pages.flatMap(({ file, blocks }) => blocks.map((block) => ({ file, ...block })))
  .filter(({ language }) => language === "mermaid");

let browser, page;
before(async () => {
  browser = await launchBrowser();
  page = await browser.newPage();
  await page.addScriptTag({ path: MERMAID });
});
after(() => browser?.close());

const draw = (code) => page.evaluate(async (text) => (await mermaid.render("drawing", text)).svg, code);

for (const { file, line, code } of drawings) {
  test(`the drawing at ${file}:${line}`, async () => assert.match(await draw(code), /<svg[^]*<\/svg>/));
}

test("what is no drawing is refused", () => assert.rejects(draw("sequenceDiagram\n  A->>"), /Parse error/));
