// Every link leads somewhere, and every page can be reached from the contents page.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { chapters, files, pages } from "./pages.mjs";

const WEB = /^https:\/\/[a-z0-9.-]+\.[a-z]{2,}(\/\S*)?$|^http:\/\/(localhost|127\.0\.0\.1)[:/]/;
const folders = new Set(files.flatMap((file) => {
  const parents = file.split("/").slice(0, -1);
  return parents.map((_, i) => parents.slice(0, i + 1).join("/"));
}));

const levels = readFileSync(new URL("../../web/levels.js", import.meta.url), "utf8");

/** What is wrong with a link of a page; null if it leads somewhere. */
function fault(page, target) {
  if (/^[a-z]+:/.test(target)) return WEB.test(target) ? null : "is no address that a browser opens safely";
  const [to, anchor] = target.split("#");
  const file = to === "" ? page.file : path.normalize(path.join(path.dirname(page.file), decodeURI(to))).replace(/\/$/, "");
  if (!files.includes(file) && !folders.has(file)) return "leads to no file of the project";
  if (anchor === undefined) return null;
  if (file === "web/play.html") return levels.includes(`{"id":"${anchor.split(":")[0]}"`) ? null : "finds no such level";
  const there = pages.find((one) => one.file === file);
  if (!there) return /^L\d+/.test(anchor) ? "names a line, which moves" : "has an anchor in a file without headings";
  return there.anchors.has(anchor) ? null : `finds no heading '${anchor}' there`;
}

for (const page of pages) {
  test(`links of ${page.file}`, () => {
    const faults = page.links.map(({ target, line }) => [`${page.file}:${line}: ${target}`, fault(page, target)]);
    assert.deepEqual(faults.filter(([, what]) => what).map((one) => one.join(" ")), []);
  });
}

test("there are pages with links and anchors at all", () => {
  assert.ok(pages.length > 20);
  assert.ok(pages.flatMap(({ links }) => links).length > 100);
  assert.ok(pages.flatMap(({ links }) => links).some(({ target }) => target.includes("#")));
});

test("the contents page leads to every page of the book", () => {
  const named = new Set(chapters().map(({ file }) => file));
  const reached = (file) => named.has(file) || pages.some((page) => named.has(page.file) &&
    page.links.some(({ target }) => path.join(path.dirname(page.file), target.split("#")[0]) === file));
  const book = pages.map(({ file }) => file).filter((file) => file.startsWith("docs/"));
  assert.deepEqual(book.filter((file) => !reached(file)), []);
});
