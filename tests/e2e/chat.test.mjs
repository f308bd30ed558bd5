// The chat's page in Chromium: who hears what, and how it comes back.

import assert from "node:assert/strict";
import net from "node:net";
import { chatTests, enter, line, state } from "./chat_page.mjs";
import { openPeer } from "./peer.mjs";

const chatTest = chatTests();
const test = (name, body) => chatTest(name, {}, body);

test("two people in a room hear each other, and who comes and goes", async ({ page, server, t }) => {
  await enter(page, "ann");
  const bob = await openPeer(t, `${server.wsUrl}?room=lobby&name=bob`);
  await line(page, "bob came").waitFor();
  assert.equal(await page.textContent("#members"), "ann, bob");
  await bob.next(); // the welcome
  await page.fill("#text", "hello bob");
  await page.click("#say");
  assert.equal(JSON.parse((await bob.next()).text).text, "hello bob");
  bob.socket.send("hello ann");
  await line(page, "hello ann").waitFor();
  bob.socket.close();
  await line(page, "bob left").waitFor();
});

test("names and lines are shown as they are, never as markup", async ({ page, server, t }) => {
  await enter(page, "ann");
  const markup = "<img src=x onerror=alert(1)>";
  const bob = await openPeer(t, `${server.wsUrl}?room=lobby&name=${encodeURIComponent("<b>bob</b>")}`);
  bob.socket.send(markup);
  await line(page, markup).waitFor();
  assert.equal(await page.locator("#log img, #log b, #members b").count(), 0);
  assert.equal(await page.textContent("#members"), "ann, <b>bob</b>");
});

test("who comes in again in the same browser takes the place of the page before", async ({ page, server, t }) => {
  await enter(page, "ann");
  const bob = await openPeer(t, `${server.wsUrl}?room=lobby&name=bob`);
  await bob.next(); // the welcome
  const again = await page.context().newPage();
  await again.goto(`${server.url}chat`);
  await enter(again, "ann");
  await line(page, "closed: code 4000, reason “you have come in again”, clean").waitFor();
  assert.equal(await page.textContent("#members"), "nobody");
  await again.fill("#text", "it is me");
  await again.click("#say");
  assert.equal(JSON.parse((await bob.next()).text).text, "it is me"); // nobody came or left
  assert.equal(await again.textContent("#members"), "ann, bob");
});

test("the history is there for whoever comes later; a name that is taken is refused", async ({ page, server, t }) => {
  const bob = await openPeer(t, `${server.wsUrl}?room=lobby&name=bob`);
  bob.socket.send("from before");
  await bob.next();
  await bob.next();
  await page.fill("#name", "bob");
  await page.click("#enter");
  await page.locator("#name-fault", { hasText: "somebody here has this name" }).waitFor();
  await enter(page, "ann");
  await line(page, "from before").waitFor();
  await page.click("#leave");
  await line(page, "closed: code 1000 (normal closure), clean").waitFor();
  assert.equal(await page.textContent("#members"), "nobody");
});

/** A wire between the page and its server, to be cut: the page is opened through it. */
async function openWire(t, server) {
  const pairs = new Set();
  const wire = { isCut: false, answersPass: true };
  const listener = net.createServer((client) => {
    if (wire.isCut) return void client.destroy();
    const upstream = net.connect(new URL(server.url).port, "127.0.0.1");
    const pair = { client, upstream };
    pairs.add(pair);
    client.pipe(upstream);
    upstream.on("data", (bytes) => wire.answersPass && client.write(bytes));
    upstream.on("end", () => client.end());
    for (const end of [client, upstream]) {
      end.on("error", () => {});
      end.on("close", () => (client.destroy(), upstream.destroy(), pairs.delete(pair)));
    }
  });
  await new Promise((resolve) => listener.listen(0, "127.0.0.1", resolve));
  wire.cut = () => {
    wire.isCut = true;
    for (const { client } of pairs) client.destroy();
  };
  wire.mend = () => Object.assign(wire, { isCut: false, answersPass: true });
  wire.url = `http://127.0.0.1:${listener.address().port}/chat`;
  t.after(() => (wire.cut(), listener.close()));
  return wire;
}

const lossTest = (name, body) =>
  chatTest(name, { failsToConnect: true }, async (the) => {
    const wire = await openWire(the.t, the.server);
    await the.page.goto(wire.url);
    await enter(the.page, "ann");
    const bob = await openPeer(the.t, `${the.server.wsUrl}?room=lobby&name=bob`);
    await bob.next(); // the welcome
    await line(the.page, "bob came").waitFor();
    await body({ ...the, wire, bob });
  });

/** What somebody says next: joins and leaves are none. */
async function nextLine(peer) {
  for (;;) {
    const news = JSON.parse((await peer.next()).text);
    if (news.type === "line") return news.text;
  }
}

lossTest("a page that has lost its connection shows it, comes back, and goes on where it was", async ({ page, wire, bob }) => {
  bob.socket.send("before");
  await line(page, "before").waitFor();
  wire.cut();
  await state(page, "the connection is lost: tries again in").waitFor();
  bob.socket.send("meanwhile");
  await page.fill("#text", "from the dark");
  await page.click("#say");
  await state(page, "(2)").waitFor(); // a second attempt
  wire.mend();
  await state(page, "in lobby").waitFor();
  await line(page, "meanwhile").waitFor();
  await page.locator("#log .said", { hasText: "from the dark" }).waitFor();
  for (const text of ["before", "meanwhile", "from the dark"]) assert.equal(await line(page, text).count(), 1, text);
  assert.equal(await nextLine(bob), "before");
  assert.equal(await nextLine(bob), "meanwhile");
  assert.equal(await nextLine(bob), "from the dark");
  assert.equal(await page.textContent("#members"), "ann, bob");
});

lossTest("a line whose acknowledgement is lost is said again, and heard once", async ({ page, wire, bob }) => {
  wire.answersPass = false;
  await page.fill("#text", "once");
  await page.click("#say");
  assert.equal(await nextLine(bob), "once");
  await page.locator("#log .unsettled", { hasText: "once" }).waitFor();
  wire.cut();
  wire.mend();
  await page.locator("#log .said", { hasText: "once" }).waitFor();
  await page.locator("#log .unsettled").waitFor({ state: "detached" });
  await page.fill("#text", "and on");
  await page.click("#say");
  assert.equal(await nextLine(bob), "and on");
  assert.equal(await line(page, "once").count(), 1);
});

lossTest("whoever leaves while the connection is lost has left, and does not come back", async ({ page, wire }) => {
  wire.cut();
  await state(page, "the connection is lost").waitFor();
  await page.click("#leave");
  await line(page, "you left while the connection was lost").waitFor();
  await state(page, "not in a room").waitFor();
  wire.mend();
  await enter(page, "ann");
});
