// The live view in Chromium by keyboard, for screen readers, and at every width.

import assert from "node:assert/strict";
import { connection, ended, queue, snapshot } from "./snapshots.mjs";
import { viewTests } from "./view.mjs";

const BYE = { by: "peer", code: 1000, reason: "bye" };
const ONE = "#view-detail";

const test = viewTests();

// ---- by keyboard, and for screen readers ----

test("the list is one stop for Tab, arrows choose, the focus survives", {}, async (the) => {
  const { page, show } = the;
  await show(snapshot(1, connection(1), connection(2), connection(3)));
  const chosen = () => page.getAttribute(ONE, "data-connection");
  const focused = () => page.evaluate(() => document.activeElement.dataset.row);
  assert.equal(await page.locator('#view-list [data-row][tabindex="0"]').count(), 1);
  await page.focus("#show-observers");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), "3");
  for (const [key, id] of [["ArrowDown", "2"], ["ArrowDown", "1"], ["ArrowDown", "1"], ["Home", "3"],
    ["End", "1"], ["ArrowUp", "2"]]) {
    await page.keyboard.press(key);
    assert.deepEqual([await focused(), await chosen()], [id, id], key);
  }
  await show(snapshot(2, connection(1), connection(2), connection(3), connection(4)));
  assert.equal(await focused(), "2");
  await show(snapshot(3, connection(1), connection(4)));
  assert.equal(await focused(), "1", "the neighbour takes over from a row that has gone");
  await page.keyboard.press("Tab");
  assert.equal(await focused(), undefined);
});

test("rows have names, and nothing that changes all the time is a live region", {}, async (the) => {
  const { page, show } = the;
  await show(snapshot(1, connection(7)));
  const seen = "#7 /ws 127.0.0.1 :40007 open reader reading the socket, processor waiting for a message, "
    + "writer waiting for a message, in-queue 0 %, out-queue 0 %";
  await page.getByRole("option", { name: seen }).waitFor();
  const live = await page.evaluate(() => {
    const regions = [...document.querySelectorAll("[aria-live], [role=status], [role=log], [role=alert], output")];
    const changing = ["view-list", "view-detail", "view-count", "lab-counts", "lab-buffered"];
    return changing.filter((id) => regions.some((region) => region.contains(document.getElementById(id))));
  });
  assert.deepEqual(live, []);
});

// ---- every width ----

for (const width of [320, 360, 800, 1280, 1600]) {
  test(`at ${width} pixels no text leaves its box`, { viewport: { width, height: 800 } }, async (the) => {
    const { page, show } = the;
    const full = { in: queue(1000, 4194304), out: queue(1000, 4194304) };
    const one = connection(12345, { peer: "[2001:db8:85a3:8d3:1319:8a2e:370:7348]:50000", queues: full,
      path: "/a/very/long/path/that/does/not/end", latch: { closing: BYE, closed: BYE } });
    one.threads = ended(1, ["processor", "writer", "reader"], BYE).threads;
    await show(snapshot(1, one));
    const wide = await page.evaluate(() =>
      [document.scrollingElement, ...document.querySelectorAll(".node, .gauge, .panel, .legend li, .head, .head-of-view, .row")]
        .filter((box) => box.clientWidth > 0 && box.scrollWidth > box.clientWidth)
        .map((box) => `${box.className || box.tagName} ${box.scrollWidth} > ${box.clientWidth}`));
    assert.deepEqual(wide, []);
  });
}
