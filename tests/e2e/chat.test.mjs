// The chat's page in Chromium.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { launchBrowser, pageTest } from "./page.mjs";
import { openPeer } from "./peer.mjs";

const chat = { serverArgs: ["--quiet", "--processor", "chat", "--database", ":memory:"] };

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

const test = (name, body) =>
  pageTest(name, () => browser, chat, async (the) => {
    await the.page.goto(`${the.server.url}chat`);
    await body(the);
  });

async function enter(page, name, room = "lobby") {
  await page.fill("#room", room);
  await page.fill("#name", name);
  await page.click("#enter");
  await page.locator("#say:enabled").waitFor();
  await page.locator("#members", { hasText: name }).waitFor();
}

const line = (page, text) => page.locator("#log .line", { hasText: text });

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
  await line(page, "closed: 4000 you have come in again").waitFor();
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
  await line(page, "closed: 1008 somebody here has this name").waitFor();
  await enter(page, "ann");
  await line(page, "from before").waitFor();
  await page.click("#leave");
  await line(page, "closed: 1000").waitFor();
  assert.equal(await page.textContent("#members"), "nobody");
});
