// The walk, and one's own message that is followed: in Chromium, and against real endings.

import assert from "node:assert/strict";
import { openPeer } from "./peer.mjs";
import { partsTests } from "./parts.mjs";
import { startServer } from "./server.mjs";
import { connection } from "./snapshots.mjs";
import { eventually } from "./wait.mjs";

const test = partsTests();
const PATIENCE_MS = 15_000;
const THREADS = ["reader", "processor", "writer"];
const TIMES_EACH = 6;

const step = (page) => page.getAttribute("#walk", "data-step");
const leftAt = (page) => page.evaluate(() =>
  window.triloop.walk.steps.map(({ left = [], closing, closed }) => ({ left, closing: Boolean(closing), closed: Boolean(closed) })));

// ---- walk and server agree ----

/** How a connection of the lab is ended; `peer` is what openPeer() gives. The walk's is by the peer. */
const BY_PEER = {
  "by the page": ({ socket }) => socket.close(1000, "bye"),
  "by the page, with messages in the queues": ({ socket }) => {
    for (let i = 0; i < 50; i += 1) socket.send("x".repeat(1000));
    socket.close(1000, "bye");
  },
};
const BY_SERVER = {
  "by the server": ({ socket }) => socket.send("!close 1000 bye"),
  "by both": ({ socket }) => {
    socket.send("!close 1000 bye");
    socket.close(1000, "bye");
  },
  "by an exception": ({ socket }) => socket.send("!throw"),
};

/** The order in which the loops of a connection ended, as /inspect.json tells it. */
async function realOrder(t, server, end) {
  const peer = await openPeer(t, server.wsUrl.replace("/ws", "/lab"));
  const port = peer.socket._socket.localPort;
  end(peer);
  await peer.closed();
  const { threads } = await eventually(PATIENCE_MS, async () => {
    const { connections } = await (await fetch(new URL("/inspect.json", server.url))).json();
    const found = connections.find((one) => one.peer.endsWith(`:${port}`));
    assert.equal(found?.state, "ended");
    return found;
  });
  return [...THREADS].sort((a, b) => threads[a].left - threads[b].left).join(" ");
}

/** How often each order was seen. */
async function realOrders(t, server, endings) {
  const counts = {};
  for (const end of Object.values(endings)) {
    for (let i = 0; i < TIMES_EACH; i += 1) {
      const order = await realOrder(t, server, end);
      counts[order] = (counts[order] ?? 0) + 1;
    }
  }
  t.diagnostic(JSON.stringify(counts));
  return counts;
}

const sum = (counts, wanted) =>
  Object.entries(counts).reduce((all, [order, count]) => all + (wanted(order) ? count : 0), 0);

test("the threads leave in an order in which they do on the server, the processor first", {}, async ({ t, page }) => {
  const server = await startServer(t, "--heartbeat", "0");
  const walked = (await leftAt(page)).at(-1).left.join(" ");
  assert.match(walked, /^processor /);
  let seen = {}; // reader and writer race for the second place, as the walk says: it may take some endings
  for (let rounds = 5; rounds > 0 && !seen[walked]; rounds -= 1) {
    seen = await realOrders(t, server, BY_PEER);
    const byServer = await realOrders(t, server, BY_SERVER);
    for (const counts of [seen, byServer]) {
      assert.ok(sum(counts, (order) => order.startsWith("processor ")) >= 0.8 * sum(counts, () => true), JSON.stringify(counts));
    }
  }
  assert.ok(seen[walked], `the walk says ${walked}, and the server ${JSON.stringify(seen)}`);
});

test("nobody who has left comes back, and what leaves last leaves after the latch", {}, async ({ page }) => {
  let before = [];
  for (const { left, closing, closed } of await leftAt(page)) {
    assert.deepEqual(left.slice(0, before.length), before);
    if (left.length > 0) assert.ok(closing, "an ending has begun before the first leaves");
    if (left.length === 3) assert.ok(closed);
    before = left;
  }
  assert.equal(before.length, 3);
});

test("to leave and to be joined are two words, in two steps", {}, async ({ page }) => {
  const texts = await page.evaluate(() => window.triloop.walk.steps.map(({ title, text }) => `${title}. ${text}`));
  const joined = texts.filter((text) => /\bjoin/i.test(text));
  assert.equal(joined.length, 1);
  assert.equal(joined[0], texts.at(-1));
});

// ---- by key, by link ----

test("the arrow keys step, and the address names the step", {}, async ({ page }) => {
  assert.equal(await step(page), "1");
  for (const [key, now] of [["ArrowRight", "2"], ["ArrowRight", "3"], ["ArrowLeft", "2"], ["End", "11"], ["ArrowRight", "11"], ["Home", "1"], ["ArrowLeft", "1"]]) {
    await page.keyboard.press(key);
    assert.equal(await step(page), now, key);
    assert.equal(new URL(page.url()).hash, `#walk=${now}`);
  }
  await page.focus("#strip [role=slider]");
  await page.keyboard.press("ArrowRight");
  assert.equal(await step(page), "1", "where the arrows mean something else they do that");
});

test("no key steps where the walk is not shown", {}, async ({ page }) => {
  await page.evaluate(() => (document.getElementById("walk").hidden = true));
  await page.keyboard.press("ArrowRight");
  assert.equal(await step(page), "1");
});

test("a link opens its step", { hash: "#walk=7" }, async ({ page }) => {
  assert.equal(await step(page), "7");
  assert.equal(await page.textContent("#walk-step"), "Full means wait, all the way back");
  await page.evaluate(() => (location.hash = "#walk=3"));
  await page.waitForSelector('#walk[data-step="3"]');
  await page.evaluate(() => (location.hash = "#walk=99"));
  await page.waitForSelector('#walk[data-step="11"]');
});

test("the message goes through the boxes, in motion only where that is wanted", {}, async ({ page }) => {
  const places = [];
  const seconds = () => page.evaluate(() => parseFloat(getComputedStyle(document.querySelector("#walk .message")).transitionDuration));
  assert.ok(await seconds() > 0);
  await page.emulateMedia({ reducedMotion: "reduce" });
  assert.equal(await seconds(), 0);
  for (let i = 0; i < 6; i += 1) {
    places.push(await page.getAttribute("#walk .message", "data-at"));
    await page.waitForFunction(() => { // what had begun to move before goes on
      const centre = (node) => (({ left, width }) => left + width / 2)(node.getBoundingClientRect());
      const box = document.querySelector('#walk [data-active="true"]');
      return Math.abs(centre(document.querySelector("#walk .message")) - centre(box)) < 2;
    });
    await page.click("#walk-next");
  }
  assert.deepEqual(places, ["peer", "reader", "in", "processor", "out", "writer"]);
});

// ---- one's own message ----

const SECONDS = { in_queue: 12e-6, processing: 0.0031, out_queue: 9e-6, sending: 0.25 };
const withFollowed = (message, seconds = SECONDS) => connection(7, { tab: "echo-1", followed: { message, bytes: 12, seconds } });

async function picture(page) {
  await page.evaluate(() => document.getElementById("view-picture").append(window.triloop.makePicture().root));
}

test("one's own message: its time in each place, in a line and at the boxes", {}, async ({ page }) => {
  await picture(page);
  await page.evaluate((one) => {
    window.triloop.roundTrip = { tab: "echo-1", words: "400\u00a0µs" };
    window.triloop.strip.add(1, one);
  }, withFollowed(7));
  assert.equal(await page.textContent("#followed"),
    "Your message 7 (12\u00a0B): in-queue 12\u00a0µs, processor 3.1\u00a0ms, out-queue 9\u00a0µs, sending 250\u00a0ms; there and back 400\u00a0µs");
  for (const [box, words] of [['[data-queue="in"]', "12\u00a0µs"], ['[data-thread="processor"]', "3.1\u00a0ms"], ['[data-thread="writer"]', "250\u00a0ms"]]) {
    assert.equal(await page.textContent(`#view-picture ${box} .took`), words);
  }
  await page.evaluate((one) => window.triloop.strip.add(1.1, one), connection(7));
  assert.equal(await page.textContent("#followed"), "", "a server that tells nothing of it");
});

test("a marker goes the way of each new message, once", {}, async ({ page }) => {
  await picture(page);
  const running = () => page.evaluate(() => document.querySelector(".follower")?.getAnimations().length ?? 0);
  await page.evaluate((one) => window.triloop.follow.update(one), withFollowed(7));
  assert.equal(await running(), 1);
  await page.evaluate(() => document.querySelector(".follower").getAnimations()[0].finish());
  await page.waitForFunction(() => document.querySelector(".follower").hidden);
  await page.evaluate((one) => window.triloop.follow.update(one), withFollowed(7));
  assert.equal(await running(), 0, "it is the same message");
  await page.evaluate((one) => window.triloop.follow.update(one), withFollowed(8));
  assert.equal(await running(), 1);
});

test("a message is told of with its connection, and not with the next one", {}, async ({ page }) => {
  await picture(page);
  await page.evaluate((one) => window.triloop.strip.add(1, one), withFollowed(7));
  assert.match(await page.textContent("#followed"), /^Your message 7/);
  await page.evaluate(() => window.triloop.strip.choose(8));
  assert.deepEqual([await page.textContent("#followed"), await page.textContent('[data-queue="in"] .took')], ["", ""]);
  assert.ok(await page.evaluate(() => document.querySelector(".follower").hidden), "the marker goes, too");
});

test("a message behind which others are stuck is said to be past, and not at the boxes", {}, async ({ page }) => {
  await picture(page);
  const stuck = (age) => ({ ...withFollowed(7), age, received: { messages: 60, bytes: 0 } });
  const add = (age) => page.evaluate((one) => window.triloop.strip.add(one.age, one), stuck(age));
  await add(1);
  assert.equal(await page.textContent('[data-queue="in"] .took'), "12\u00a0µs");
  await add(1.9);
  assert.match(await page.textContent("#followed"), /^Your message 7/);
  await add(5);
  assert.match(await page.textContent("#followed"), /^Seen last to go all the way, 4 s ago: Your message 7 /);
  assert.equal(await page.textContent('[data-queue="in"] .took'), "");
});

test("neither the marker nor a time hangs over the border of a box", {}, async ({ page }) => {
  await picture(page);
  await page.evaluate((one) => window.triloop.follow.update(one), withFollowed(7));
  const over = await page.evaluate(() => {
    const boxes = [...document.querySelectorAll("#view-picture .node")].map((node) => node.getBoundingClientRect());
    const crosses = (one) => boxes.some(({ top, bottom }) =>
      (one.top < top && one.bottom > top) || (one.top < bottom && one.bottom > bottom));
    const marker = document.querySelector(".follower");
    const [way] = marker.getAnimations();
    way.pause();
    const found = [...document.querySelectorAll(".took")].filter((chip) => crosses(chip.getBoundingClientRect())).length;
    const rests = way.effect.getKeyframes().map(({ computedOffset }) => {
      way.currentTime = computedOffset * way.effect.getTiming().duration;
      const { top, bottom, left } = marker.getBoundingClientRect();
      const beside = boxes.filter((box) => left > box.left && left < box.right);
      return beside.some((box) => (top < box.top && bottom > box.top) || (top < box.bottom && bottom > box.bottom));
    });
    return [found, rests.filter(Boolean).length];
  });
  assert.deepEqual(over, [0, 0]);
});

test("without motion there are the numbers alone", { reducedMotion: "reduce" }, async ({ page }) => {
  await picture(page);
  await page.evaluate((one) => window.triloop.follow.update(one), withFollowed(7));
  assert.match(await page.textContent("#followed"), /^Your message 7/);
  assert.equal(await page.locator(".follower").count(), 0);
});

test("rewound, the numbers are those of then, and nothing moves", {}, async ({ page }) => {
  await picture(page);
  await page.evaluate((all) => {
    all.forEach((one, i) => window.triloop.strip.add(1 + i / 10, { ...one, age: i }));
    window.triloop.strip.step(-1);
  }, [withFollowed(7), withFollowed(8)]);
  assert.match(await page.textContent("#followed"), /^Your message 7 /);
  assert.equal(await page.evaluate(() => document.querySelector(".follower").getAnimations().length), 0);
  await page.evaluate((one) => window.triloop.strip.add(1.2, { ...one, age: 2 }), withFollowed(9));
  assert.match(await page.textContent("#followed"), /^Your message 7 /, "what comes meanwhile waits");
});
