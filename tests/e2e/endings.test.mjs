// The server ends a connection, in each engine: `wasClean` of the close event.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import { test } from "node:test";
import { ENGINES, launch } from "./engines.mjs";
import { startProgram } from "./server.mjs";
import { within } from "./wait.mjs";

const NAMES = { chromium: "Chromium", firefox: "Firefox", webkit: "WebKit" };
const PATIENCE_MS = 60_000;
const TIMES = 20;
const PAGE = readFileSync(new URL("endings.html", import.meta.url));

const body = async (request) => {
  let text = "";
  for await (const part of request) text += part;
  return text;
};

/** The page, beside a server that ends connections: its address, and what it will have seen. */
async function endingsPage(t) {
  const server = await startProgram(t, process.env.TRILOOP_ENDING_SERVER);
  let tell;
  const seen = new Promise((resolve) => (tell = resolve));
  const pages = http.createServer(async (request, response) => {
    const text = await body(request);
    if (request.url === "/stop") server.stop();
    if (request.url === "/seen") tell(JSON.parse(text));
    response.setHeader("content-type", "text/html").end(request.method === "GET" ? PAGE : "");
  });
  pages.listen(0, "127.0.0.1");
  await once(pages, "listening");
  t.after(() => pages.close() && pages.closeAllConnections());
  const address = `http://127.0.0.1:${pages.address().port}/`;
  return { url: `${address}?server=ws://127.0.0.1:${server.port}/`, seen };
}

for (const engine of ENGINES) {
  const name = NAMES[engine];
  test(`${name}: whichever way the server ends a connection, it is clean`, { timeout: 90_000 }, async (t) => {
    const page = await endingsPage(t);
    const browser = await launch(engine);
    t.after(() => browser.close());
    await browser.open(page.url);
    const seen = await within(PATIENCE_MS, page.seen, "the page has seen all endings");
    const all = Object.values(seen).flat();
    const clean = all.filter(({ wasClean }) => wasClean).length;
    t.diagnostic(`${`11: ${name}, any ending by the server`.padEnd(44)} clean in ${clean} of ` +
      `${all.length}`);
    const codes = { close: 4000, return: 1000, throw: 1011, stop: 1001 };
    for (const [way, code] of Object.entries(codes)) {
      assert.deepEqual(seen[way], Array(TIMES).fill({ wasClean: true, code }), way);
    }
  });
}
