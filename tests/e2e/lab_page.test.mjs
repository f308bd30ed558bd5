// The lab and the walk in Chromium: the lab causes what it says, the walk needs no server.

import assert from "node:assert/strict";
import { connection, snapshot } from "./snapshots.mjs";
import { viewTests } from "./view.mjs";
import { eventually } from "./wait.mjs";

const PATIENCE_MS = 15_000;
const PAGE_ON_DISK = new URL("../../web/index.html", import.meta.url).href;
const ONE = "#view-detail";

const test = viewTests();

// ---- the lab ----

/** Waits until the page has opened its n-th connection to /lab. */
const labPeer = (server, n = 0) => eventually(PATIENCE_MS, () => {
  const peer = server.others.filter(({ path }) => path.startsWith("/lab"))[n];
  assert.ok(peer);
  return peer;
});

test("the lab floods with as many messages as asked, and all are echoed", {}, async ({ page, server }) => {
  await page.fill("#lab-messages", "300");
  await page.fill("#lab-bytes", "100");
  await page.click("#lab-flood");
  await page.waitForFunction(() =>
    document.getElementById("lab-counts").textContent === "300 sent, 300 echoed");
  const { received } = await labPeer(server);
  assert.deepEqual([received.length, received[0].length], [300, 100]);
});

test("a flood leaves the page responsive and can be stopped", {}, async ({ page, server }) => {
  await page.fill("#lab-messages", "1000000");
  await page.click("#lab-flood");
  await labPeer(server);
  // All of it inside the page: the flood keeps this process busy, which is the server too.
  const longest = await page.evaluate(async () => {
    let most = 0;
    for (let i = 0, last = performance.now(); i < 30; i += 1) {
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      most = Math.max(most, now - last);
      last = now;
    }
    document.getElementById("lab-stop").click();
    return most;
  });
  assert.ok(longest < 500, `a frame took ${longest} ms`);
  await page.waitForSelector('#lab[data-flooding="false"]');
  assert.ok(await page.isDisabled("#lab-stop"));
});

test("a slow processor: the lab asks for the delay, and shows bufferedAmount grow", {}, async (the) => {
  const { page, server, show } = the;
  await show(snapshot(1));
  server.reads = false; // what a full in-queue does
  await page.fill("#lab-delay", "250");
  await page.click("#lab-slow");
  const peer = await labPeer(server);
  assert.equal(peer.path, "/lab?delay=250ms");
  await show(snapshot(2, connection(1, { path: peer.path })));
  await page.waitForFunction(() => /MiB wait/.test(document.getElementById("lab-buffered").textContent));
  await show(snapshot(3, connection(1, { path: peer.path })));
  assert.match(await page.textContent(`${ONE} [data-part="buffered"]`), /bufferedAmount [\d.]+\sMiB/);
  // The browser's buffer has no bound of its own: the lab keeps one.
  await page.waitForFunction(() => /^8\sMiB wait/.test(document.getElementById("lab-buffered").textContent));
  await new Promise((resolve) => setTimeout(resolve, 500));
  assert.match(await page.textContent("#lab-buffered"), /^8\sMiB wait/);
  assert.equal(await page.getAttribute("#lab", "data-flooding"), "true");
});

test("the lab's endings: from the page, the server, both, and a processor that throws", {}, async (the) => {
  const { page, server } = the;
  const COMMAND = "!close 1000 asked by the page";
  const closed = ({ socket }) => new Promise((resolve) => socket.on("close", (code) => resolve(code)));
  const cases = [["#lab-close-page", []], ["#lab-close-both", [COMMAND]]];
  for (const [n, [button, received]] of cases.entries()) {
    await page.click(button);
    const peer = await labPeer(server, n);
    await page.waitForFunction(() => /code 1000/.test(document.getElementById("lab-state").textContent));
    await page.waitForSelector('#lab[data-state="closed"]');
    assert.deepEqual(peer.received, received);
  }
  await page.click("#lab-close-server");
  const peer = await labPeer(server, 2);
  await eventually(PATIENCE_MS, () => assert.deepEqual(peer.received, [COMMAND]));
  await page.click("#lab-throw");
  await eventually(PATIENCE_MS, () => assert.deepEqual(peer.received, [COMMAND, "!throw"]));
  const code = closed(peer);
  peer.socket.close(1011, "thrown");
  await code;
  await page.waitForFunction(() => /1011, “thrown”/.test(document.getElementById("lab-state").textContent));
});

// ---- the walk ----

test("the walk can be stepped through by keyboard and needs no server", {}, async ({ page }) => {
  await page.goto(PAGE_ON_DISK);
  const step = () => page.getAttribute("#walk", "data-step");
  const doing = (name) => page.getAttribute(`#walk [data-thread="${name}"]`, "data-doing");
  const at = () => page.getAttribute("#walk .message", "data-at");
  await page.focus("#walk-next");
  const way = [];
  for (let n = 1; n <= 6; n += 1) {
    assert.equal(await step(), `${n}`);
    way.push(await at());
    await page.keyboard.press("Enter");
  }
  assert.deepEqual(way, ["peer", "reader", "in", "processor", "out", "writer"]);
  assert.deepEqual([await doing("reader"), await doing("processor")], ["waiting_for_room", "waiting_for_room"]);
  assert.equal(await page.getAttribute('#walk [data-queue="in"]', "data-full"), "true");
  await page.keyboard.press("Space");
  assert.equal(await page.getAttribute('#walk [data-latch="closing"]', "data-fired"), "true");
  for (let n = 0; n < 5; n += 1) await page.keyboard.press("Enter");
  assert.equal(await step(), "10", "it ends at its last step");
  assert.deepEqual([await doing("reader"), await doing("writer")], ["ended", "ended"]);
  await page.keyboard.press("Shift+Tab");
  await page.keyboard.press("Enter");
  assert.equal(await step(), "9");
  assert.equal(await page.textContent("#walk-place"), "Step 9 of 10");
});

test("Play goes on by itself, and Next step stops it", {}, async ({ page }) => {
  await page.clock.install();
  await page.reload();
  await page.click("#walk-play");
  await page.clock.runFor(11_000);
  assert.equal(await page.getAttribute("#walk", "data-step"), "3");
  await page.click("#walk-next");
  assert.equal(await page.getAttribute("#walk-play", "aria-pressed"), "false");
  await page.clock.runFor(11_000);
  assert.equal(await page.getAttribute("#walk", "data-step"), "4");
});

test("with reduced motion only states change", { reducedMotion: "reduce" }, async ({ page, show }) => {
  const moving = (time) => snapshot(time, connection(7, { received: { messages: 100 * time, bytes: 0 } }));
  await show(moving(1));
  await show(moving(1.5));
  const motion = () => page.evaluate(() => [
    getComputedStyle(document.querySelector('#view-detail [data-arrow="peer-reader"] .dot')).animationName,
    getComputedStyle(document.querySelector("#walk .message")).transitionDuration,
  ]);
  assert.equal(await page.getAttribute(`${ONE} [data-arrow="peer-reader"]`, "data-flows"), "true");
  assert.deepEqual(await motion(), ["none", "0s"]);
  await page.emulateMedia({ reducedMotion: "no-preference" });
  assert.deepEqual(await motion(), ["flow", "0.7s"]);
});
