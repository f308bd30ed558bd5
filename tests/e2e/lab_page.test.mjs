// The lab in Chromium: it causes what it says.

import assert from "node:assert/strict";
import { connection, snapshot } from "./snapshots.mjs";
import { viewTests } from "./view.mjs";
import { eventually } from "./wait.mjs";

const PATIENCE_MS = 15_000;
const ONE = "#view-detail";

const test = viewTests();

// ---- the lab ----

/** Waits until the page has opened its n-th connection to /lab. */
const labPeer = (server, n = 0) => eventually(PATIENCE_MS, () => {
  const peer = server.others.filter(({ path }) => path.startsWith("/lab"))[n];
  assert.ok(peer);
  return peer;
});

/** Opens the words of a scenario. */
const choose = (page, name) => page.click(`[data-scenario="${name}"] .pick`);
const labState = (page, pattern) => page.waitForFunction((source) =>
  new RegExp(source).test(document.getElementById("lab-state").textContent), pattern.source);

test("the lab floods with as many messages as asked, and all are echoed", {}, async ({ page, server }) => {
  await choose(page, "flood");
  await page.fill("#lab-messages", "300");
  await page.fill("#lab-bytes", "100");
  await page.click("#lab-flood");
  await page.waitForFunction(() =>
    document.getElementById("lab-counts").textContent === "300 sent, 300 echoed");
  const { received } = await labPeer(server);
  assert.deepEqual([received.length, received[0].length], [300, 100]);
});

test("a flood leaves the page responsive and can be stopped", {}, async ({ page, server }) => {
  await choose(page, "flood");
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
  await choose(page, "slow");
  await page.fill("#lab-delay", "250");
  await page.fill("#lab-slow-messages", "20000");
  await page.click("#lab-slow");
  const peer = await labPeer(server);
  assert.match(peer.path, /^\/lab\?delay=250ms&tab=lab-[0-9a-f]{24}$/);
  await show(snapshot(2, connection(1, { path: peer.path })));
  await page.waitForFunction(() => /MiB wait/.test(document.getElementById("lab-buffered").textContent));
  await show(snapshot(3, connection(1, { path: peer.path })));
  assert.match(await page.textContent(`${ONE} [data-part="buffered"]`), /browser holds [\d.]+\sMiB/);
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

test("heartbeats and answers of the server are not counted as echoes", {}, async ({ page, server }) => {
  await choose(page, "flood");
  await page.fill("#lab-messages", "3");
  await page.click("#lab-flood");
  const { socket } = await labPeer(server);
  for (let i = 0; i < 5; i += 1) socket.send("heartbeat from server");
  socket.send("x");
  await page.waitForFunction(() => document.getElementById("lab-counts").textContent === "3 sent, 4 echoed");
});

test("the Close of a slow flood has a number in line, and can be cut", {}, async (the) => {
  const { page, server, show } = the;
  await show(snapshot(1));
  server.answers = true; // of the lab's commands
  server.reads = false;
  await choose(page, "slow");
  await page.fill("#lab-slow-messages", "1500");
  await page.click("#lab-slow");
  const peer = await labPeer(server);
  const tab = new URL(peer.path, server.url).searchParams.get("tab");
  const seen = (time, messages) => ({ ...snapshot(time, connection(1, {
    path: "/lab", tab, sent: { messages, bytes: 0 } })), websockets: 1 });
  await page.waitForFunction(() => document.getElementById("lab-counts").textContent.startsWith("1\u202f500 sent"));
  await show(seen(2, 100));
  await page.click("#lab-close-page");
  const line = (pattern) => page.waitForFunction((source) =>
    new RegExp(source).test(document.getElementById("lab-line").textContent), pattern.source);
  await line(/number 1\u202f401 in line, about 28 s/);
  await show(seen(3, 1000));
  await line(/number 501 in line, about 10 s/);
  await page.click("#lab-cut-it");
  await eventually(PATIENCE_MS, () =>
    assert.ok(server.others.some(({ received }) => received.includes(`!cut ${tab}`))));
  peer.socket.terminate();
  await labState(page, /1006/);
  await page.waitForSelector("#lab-line", { state: "hidden" });
  assert.notEqual(await page.evaluate(() => document.activeElement.tagName), "BODY", "the focus is not lost");
});

for (const [button, kind, deadline] of [["stops", "stops-reading", "7 s"], ["vanishes", "vanishes", "9 s"]]) {
  test(`a peer that the server makes (${kind}): the view follows it, the deadline is the server's`, {
    ready: (page, server) => {
      server.answers = true;
      server.about = { processor: "echo", says: "", inspects_you: true, write_timeout: 7, pong_timeout: 9 };
    },
  }, async ({ page, server, show }) => {
    await show(snapshot(1, connection(1)));
    await page.click(`#lab-${button}`);
    const asked = await eventually(PATIENCE_MS, () => {
      const found = server.others.flatMap(({ received }) => received).find((text) => text.startsWith("!peer"));
      assert.ok(found);
      return found;
    });
    const [, what, tab] = asked.split(" ");
    assert.equal(what, kind);
    await labState(page, new RegExp(`for ${deadline}, the latch`));
    const mine = { path: "/lab", tab };
    await show(snapshot(2, connection(1), connection(2, { ...mine }), connection(3)));
    assert.equal(await page.getAttribute(ONE, "data-connection"), "2");
    const cut = { by: "network", code: 1006, reason: "timeout" };
    await show(snapshot(3, connection(1), connection(2, { ...mine, state: "ended", latch: { closing: cut, closed: cut } })));
    await labState(page, /^Over: the latch was fired by the network.*timeout/);
  });
}

test("a peer that the server refuses is said, with its reason", {}, async ({ page, server }) => {
  server.answers = "!refused there are four already";
  await page.click("#lab-stops");
  await labState(page, /made no such peer: there are four already/);
});

test("each scenario has a line in the log for what it does, and one for how it ended", {}, async ({ page, server }) => {
  const line = (text) => page.locator('#log [data-kind="LAB"] .text', { hasText: text }).waitFor();
  await choose(page, "flood");
  await page.fill("#lab-messages", "300");
  await page.click("#lab-flood");
  await line("Flood: 300 messages of 1\u00a0KiB.");
  await line("Flood, the end: 300 sent, 300 echoed.");
  await page.click("#lab-close-page");
  await line("Close from the page: the browser closes with code 1000.");
  await line("Close from the page, the end: Closed: code 1000");
  server.answers = "!refused there are four already";
  await page.click("#lab-vanishes");
  await line("Peer vanishes, the end: The server made no such peer: there are four already.");
  assert.equal(await page.locator('#log [data-kind="LAB"]').count(), 6);
});

test("what an earlier scenario has counted is not shown beside a peer of the server", {
  ready: (page, server) => (server.answers = true),
}, async ({ page, server, show }) => {
  await choose(page, "flood");
  await page.fill("#lab-messages", "300");
  await page.click("#lab-flood");
  const counts = (text) => page.waitForFunction((words) => document.getElementById("lab-counts").textContent === words, text);
  await counts("300 sent, 300 echoed");
  await page.click("#lab-stops");
  await counts("");
  await page.waitForSelector("#lab-buffered", { state: "hidden" });
  const asked = server.others.flatMap(({ received }) => received).find((text) => text.startsWith("!peer"));
  const traffic = { received: { messages: 193, bytes: 1 }, sent: { messages: 59, bytes: 1 } };
  await show(snapshot(1, connection(2, { path: "/lab", tab: asked.split(" ")[2], ...traffic })));
  await counts("193 came in, 59 went back");
  assert.equal(await page.textContent('#view-facts [data-part="own"]'), "the lab's peer");
});

test("the panel keeps its size, whichever scenario is chosen", { viewport: { width: 1280, height: 720 } }, async ({ page }) => {
  const tops = new Set();
  for (const line of await page.locator("[data-scenario] .pick").all()) {
    await line.click();
    tops.add(await page.evaluate(() => [".gauge", ".about:not([hidden]) summary"]
      .map((part) => document.querySelector(part).getBoundingClientRect().top).join()));
  }
  assert.equal(tops.size, 1);
  assert.equal(await page.getAttribute('[data-scenario]:first-child', "data-scenario"), "slow", "the first one shows something");
});

test("a bad address, from disk, is said in words of the page", {}, async ({ page }) => {
  await page.goto(new URL("../../web/index.html", import.meta.url).href);
  await page.fill("#address", "nonsense");
  await page.click("#lab-flood");
  await labState(page, /^The address above is no WebSocket address\.$/);
});

test("keys 1 to 9 cause the scenarios, but not while a field has the focus", {}, async ({ page, server }) => {
  await page.focus("#message");
  await page.keyboard.press("6");
  await choose(page, "flood");
  await page.focus("#lab-messages");
  await page.keyboard.press("6");
  assert.equal(server.others.length, 0);
  await page.evaluate(() => document.activeElement.blur());
  await page.keyboard.press("6");
  const peer = await labPeer(server);
  await eventually(PATIENCE_MS, () => assert.deepEqual(peer.received, ["!close 1000 asked by the page"]));
  assert.equal(await page.getAttribute('[data-scenario="close-server"] .pick', "aria-pressed"), "true");
});

test("who ends a flood by keyboard keeps the keyboard's place", {}, async ({ page, server }) => {
  await choose(page, "flood");
  await page.fill("#lab-messages", "1000000");
  await page.click("#lab-flood");
  await labPeer(server);
  await page.evaluate(() => {
    const stop = document.getElementById("lab-stop");
    stop.focus();
    stop.click(); // as Enter does; this process is busy with the flood
  });
  await page.waitForSelector('#lab[data-flooding="false"]');
  assert.equal(await page.evaluate(() => document.activeElement.id), "lab-flood");
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
