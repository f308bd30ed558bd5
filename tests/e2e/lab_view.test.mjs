// The page beside the real server: what it shows equals what /inspect says, in every scenario of the lab.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Opcode, RawPeer, frame, repeated } from "../faults/raw_peer.mjs";
import { scenarios } from "../lab/scenarios.mjs";
import { Watch, isDoing } from "../lab/watch.mjs";
import { launchBrowser, pageTest } from "./page.mjs";
import { eventually } from "./wait.mjs";

const PATIENCE_MS = 15_000;
const THREADS = ["reader", "processor", "writer"];
const BY = { peer: "the peer", application: "the application", processor: "the processor", network: "the network" };
const LARGE = frame(Opcode.binary, Buffer.alloc(64 * 1024, 97));

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());
const test = (name, body) => pageTest(name, () => browser, {}, body);

/**
 * Chooses a connection on the page, and waits until it is shown in this state. By keyboard: new rows
 * come in above, and a pointer would press where the row has been.
 */
async function choose(page, id, state) {
  await page.locator(`#view-list [data-row="${id}"]`).press("Enter");
  await page.waitForSelector(`#view-detail[data-connection="${id}"][data-state="${state}"]`);
}

const doing = (page, thread) => page.locator(`#view-detail [data-thread="${thread}"]`).getAttribute("data-doing");

for (const [name, { run }] of Object.entries(scenarios)) {
  test(`lab: ${name}: the page shows the ending that /inspect tells of`, async ({ server, page }) => {
    await page.waitForSelector('#view-status[data-state="live"]');
    const last = await run(new URL(server.url), () => {});
    await choose(page, last.id, "ended");
    for (const thread of THREADS) assert.equal(await doing(page, thread), "ended");
    const order = await page.locator("#view-order li").allTextContents();
    assert.deepEqual(order, [...THREADS].sort((a, b) => last.threads[a].left - last.threads[b].left));
    for (const latch of ["closing", "closed"]) {
      const words = await page.locator(`#view-detail [data-latch="${latch}"] .words`).textContent();
      const { by, code, reason } = last.latch[latch];
      assert.ok(words.includes(BY[by]) && words.includes(String(code)) && words.includes(reason), words);
    }
  });
}

test("a peer that reads nothing: the page shows all three threads stand still", async ({ server, page }) => {
  await page.waitForSelector('#view-status[data-state="live"]');
  const peer = await RawPeer.connect(server.port);
  peer.shakeHands("/lab");
  await peer.answered;
  peer.stopReading();
  const sending = peer.send(repeated(LARGE, 600));
  const watch = new Watch(server.url, peer.socket.localPort, () => {});
  for (const thread of ["processor", "reader"]) {
    await watch.until(`the ${thread} waits`, isDoing(thread, "waiting_for_room"));
  }
  await choose(page, (await watch.look()).id, "open");
  // What the page shows is up to a tenth of a second old, and the kernel may take one more message.
  for (const [thread, what] of [["reader", "waiting_for_room"], ["processor", "waiting_for_room"],
    ["writer", "writing_socket"]]) {
    await page.waitForSelector(`#view-detail [data-thread="${thread}"][data-doing="${what}"]`);
  }
  await eventually(PATIENCE_MS, async () => {
    const { queues } = await watch.look();
    for (const name of ["in", "out"]) {
      const box = page.locator(`#view-detail [data-queue="${name}"]`);
      assert.equal(await box.getAttribute("data-full"), "true");
      const messages = await box.locator('p[data-part="messages"]').textContent();
      assert.equal(Number(/^[\d\s]+/.exec(messages)[0].replace(/\s/g, "")), queues[name].messages);
    }
  });
  peer.leave();
  await sending;
});

// What a scenario promises does happen, with the deadlines of this server and not those of the words.
const QUICK = ["--heartbeat", "0", "--write-timeout", "1", "--ping-interval", "1", "--pong-timeout", "1"];
const PROMISES = [
  // Whoever judges first: the writer by its clock, or the kernel by TCP_USER_TIMEOUT.
  ["stops", "Peer stops reading", "a peer floods and reads nothing.", /the peer stopped reading|Connection timed out/],
  ["vanishes", "Peer vanishes", "a peer falls silent, its socket stays open.", /the peer is silent/],
];

for (const [button, title, begins, why] of PROMISES) {
  pageTest(`${title}: the network fires the latch in time, and the lab and the log say so`, () => browser, { serverArgs: QUICK },
    async ({ page, entry }) => {
      await page.waitForSelector('#view-status[data-state="live"]');
      await page.click(`#lab-${button}`);
      await page.waitForFunction(() => /^Latch (in [12] s at the latest|at any moment)\.$/
        .test(document.getElementById("lab-countdown").textContent));
      const lamp = page.locator('#view-detail[data-state="ended"] [data-latch="closed"][data-fired="true"] .words');
      await lamp.waitFor();
      assert.match(await lamp.textContent(), /^fired by the network: no Close frame/);
      assert.match(await lamp.textContent(), why);
      await page.waitForFunction(() => /^Over: the latch was fired by the network: /
        .test(document.getElementById("lab-state").textContent));
      assert.equal(await page.textContent("#lab-countdown"), "", "nothing is counted down any more");
      assert.equal((await entry("LAB")).text, `${title}: ${begins}`);
      assert.match((await entry("LAB", 1)).text, new RegExp(`^${title}, the end: Over: .*the network`));
    });
}
