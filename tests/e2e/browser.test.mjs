// The page in Chromium: what a person at it may rely on.

import assert from "node:assert/strict";
import { after, before } from "node:test";
import { deaf, greeter, mute } from "./odd_server.mjs";
import { controls, launchBrowser, pageTest } from "./page.mjs";
import { startServer } from "./server.mjs";

const PAGE_ON_DISK = new URL("../../web/index.html", import.meta.url).href;
const HEARTBEAT = "heartbeat from server";

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

const test = (name, options, body) => pageTest(name, () => browser, options, body);

async function connect(page, entry, url) {
  if (url) await page.fill("#address", url);
  await page.click("#open");
  return entry("OPEN");
}

test("the page knows its server: Open connects and logs OPEN", {}, async (the) => {
  assert.equal(await the.page.inputValue("#address"), the.server.wsUrl);
  const { text } = await connect(the.page, the.entry);
  assert.ok(text.includes(the.server.wsUrl), text);
});

test("Send logs SEND, and the echo as RESPONSE", {}, async ({ page, entry }) => {
  await connect(page, entry);
  await page.click("#send");
  assert.equal((await entry("SEND")).text, "Hello world!");
  assert.equal((await entry("RESPONSE")).text, "Hello world!");
});

test("Enter in the message sends it", {}, async ({ page, entry }) => {
  await connect(page, entry);
  await page.fill("#message", "Grüße 😀");
  await page.press("#message", "Enter");
  assert.equal((await entry("RESPONSE")).text, "Grüße 😀");
});

test("Close logs code 1000 and a clean ending", {}, async ({ page, entry }) => {
  await connect(page, entry);
  await page.click("#close");
  const { text } = await entry("CLOSE");
  assert.match(text, /\b1000\b.*closed from the page.*, clean$/);
  assert.equal(await page.locator("[data-kind=ERROR]").count(), 0);
});

/** When the page logged its first entry of a kind, in seconds of the day. */
async function secondsOf(page, kind) {
  const clock = await page.locator(`[data-kind=${kind}] .time`).first().textContent();
  return clock.split(":").reduce((seconds, digits) => 60 * seconds + Number(digits), 0);
}

const everyTwoSeconds = { serverArgs: [] };
test("the heartbeat is no RESPONSE and can be hidden", everyTwoSeconds, async ({ page, entry }) => {
  await connect(page, entry);
  assert.deepEqual(await entry("HEARTBEAT"), { text: HEARTBEAT, visible: true });
  const waited = (await secondsOf(page, "HEARTBEAT")) - (await secondsOf(page, "OPEN"));
  assert.ok(waited <= 2.5, `the first heartbeat showed after ${waited} s`);

  await page.uncheck("#show-heartbeats");
  assert.equal((await entry("HEARTBEAT")).visible, false);
  assert.equal((await entry("OPEN")).visible, true);
  await page.check("#show-heartbeats");
  assert.equal((await entry("HEARTBEAT")).visible, true);
  assert.equal(await page.locator("[data-kind=RESPONSE]").count(), 0);
});

// ---- states ----

test("only what makes sense is enabled: closed, open, closed", {}, async ({ page, entry }) => {
  assert.deepEqual(await controls(page), { state: "closed", enabled: ["open"] });
  await connect(page, entry);
  assert.deepEqual(await controls(page), { state: "open", enabled: ["close", "send"] });
  await page.click("#close");
  await entry("CLOSE");
  assert.deepEqual(await controls(page), { state: "closed", enabled: ["open"] });
});

const failing = { failsToConnect: true };
test("while connecting only Close is enabled, and it gives up", failing, async (the) => {
  const { page, entry } = the;
  await page.fill("#address", (await mute(the.t)).url);
  await page.click("#open");
  assert.deepEqual(await controls(page), { state: "connecting", enabled: ["close"] });
  await page.click("#close");
  await entry("CLOSE");
  assert.deepEqual(await controls(page), { state: "closed", enabled: ["open"] });
});

test("while closing nothing is enabled until the peer is gone", failing, async (the) => {
  const { page, entry } = the;
  const peer = await deaf(the.t);
  await connect(page, entry, peer.url);
  await page.click("#close");
  assert.deepEqual(await controls(page), { state: "closing", enabled: [] });
  peer.drop();
  assert.match((await entry("CLOSE")).text, /not clean$/);
  assert.deepEqual(await controls(page), { state: "closed", enabled: ["open"] });
});

test("heartbeats that follow each other are one line that counts them", everyTwoSeconds, async ({ page, entry }) => {
  await connect(page, entry);
  await entry("HEARTBEAT");
  await page.locator("[data-kind=HEARTBEAT] .trip", { hasText: /^× [2-9]$/ }).waitFor();
  assert.equal(await page.locator("[data-kind=HEARTBEAT]").count(), 1);
});

test("what one has sent is a RESPONSE when it comes back, even if it reads like a heartbeat", {}, async (the) => {
  const { page, entry } = the;
  await connect(page, entry);
  await page.fill("#message", HEARTBEAT);
  await page.click("#send");
  assert.equal((await entry("RESPONSE")).text, HEARTBEAT);
  assert.equal(await page.locator("[data-kind=HEARTBEAT]").count(), 0);
});

test("behind each RESPONSE stands how long the round trip took", {}, async ({ page, entry }) => {
  await connect(page, entry);
  await page.click("#send");
  await entry("RESPONSE");
  const took = await page.locator("[data-kind=RESPONSE] .trip").textContent();
  assert.match(took, /^\d+(\.\d)?\sm?s$/);
  assert.equal(await page.textContent("#trip"), `RESPONSE ${took}`);
});

test("bytes in hex and several lines can be sent", {}, async ({ page, entry }) => {
  await connect(page, entry);
  await page.click("#more summary");
  await page.selectOption("#send-as", "hex");
  await page.fill("#message", "00 ff 7F");
  await page.click("#send");
  assert.equal((await entry("RESPONSE")).text, "binary, 3 bytes: 00 ff 7f");
  await page.fill("#message", "0");
  await page.click("#send");
  assert.match((await entry("ERROR")).text, /pairs/);
  await page.selectOption("#send-as", "text");
  await page.fill("#message", "one");
  await page.press("#message", "Shift+Enter");
  await page.locator("#message").pressSequentially("two");
  await page.press("#message", "Enter");
  assert.equal((await entry("RESPONSE", 1)).text, "one\ntwo");
});

test("a subprotocol can be asked for, and what was agreed on is said", {}, async (the) => {
  await the.page.click("#more summary");
  await the.page.fill("#subprotocols", "a.b, c");
  const { text } = await connect(the.page, the.entry, (await greeter(the.t)).url);
  assert.match(text, /subprotocol a\.b$/);
});

test("wss to a server without TLS is answered at once", {}, async ({ page, entry, server }) => {
  await page.waitForSelector("#says:not([hidden])", { state: "attached" });
  await page.fill("#address", server.wsUrl.replace("ws:", "wss:"));
  await page.click("#open");
  assert.match((await entry("ERROR")).text, /no TLS.*ws:/);
  assert.deepEqual(await controls(page), { state: "closed", enabled: ["open"] });
});

test("the form says what the processor does", { serverArgs: ["--processor", "rpc"] }, async ({ page, entry }) => {
  await page.waitForSelector("#says:not([hidden])");
  assert.match(await page.textContent("#says"), /^At \/ws: rpc\. .+/);
  await connect(page, entry);
  await page.click("#send");
  const { text } = await entry("RESPONSE");
  assert.notEqual(text, "Hello world!");
});

test("the keyboard alone is enough, and the focus is never lost", {}, async ({ page, entry }) => {
  const focused = () => page.evaluate(() => document.activeElement.id);
  const tab = async () => (await page.keyboard.press("Tab"), focused());
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "To the picture");
  await page.keyboard.press("Enter");
  assert.equal(await focused(), "view");
  await page.focus("#address");
  assert.equal(await tab(), "open");
  await page.keyboard.press("Enter");
  await entry("OPEN");
  assert.equal(await focused(), "message", "who has opened wants to write");
  await page.keyboard.press("Enter");
  await entry("RESPONSE");
  assert.equal(await tab(), "send");
  await page.focus("#show-heartbeats");
  assert.equal(await tab(), "clear");
  assert.equal(await tab(), "log");
  await page.focus("#close");
  await page.keyboard.press("Space");
  await entry("CLOSE");
  assert.equal(await focused(), "open");
});

// ---- what goes wrong ----

test("a killed server shows as unclean CLOSE, its successor opens", failing, async (the) => {
  const { page, entry, server } = the;
  await connect(page, entry);
  await server.kill();
  assert.match((await entry("CLOSE")).text, /\b1006\b.*not clean$/);
  assert.deepEqual(await controls(page), { state: "closed", enabled: ["open"] });

  await page.click("#open");
  assert.match((await entry("ERROR")).text, /server is running/);
  await entry("CLOSE", 1);
  await startServer(the.t, "--heartbeat", "0", "--port", `${server.port}`);
  await page.click("#open");
  await entry("OPEN", 1);
  await page.click("#send");
  assert.equal((await entry("RESPONSE")).text, "Hello world!");
});

test("a stopping server shows as CLOSE 1001, clean", {}, async ({ page, entry, server }) => {
  await connect(page, entry);
  await server.stop();
  assert.match((await entry("CLOSE")).text, /\b1001\b.*, clean$/);
  assert.equal(await page.locator("[data-kind=ERROR]").count(), 0);
});

test("a bad address gives an ERROR and the page stays usable", {}, async (the) => {
  const { page, entry, server } = the;
  const bad = ["", "nonsense", "http://localhost/ws", "ws://", "ws://host:99999/", "<b>ws</b>"];
  for (const [n, address] of bad.entries()) {
    await page.fill("#address", address);
    await page.click("#open");
    assert.match((await entry("ERROR", n)).text, /address/);
    assert.deepEqual(await controls(page), { state: "closed", enabled: ["open"] });
  }
  await connect(page, entry, server.wsUrl);
});

test("a wrong path gives an ERROR that says what to check", failing, async (the) => {
  await the.page.fill("#address", the.server.wsUrl + "/nowhere");
  await the.page.click("#open");
  assert.match((await the.entry("ERROR")).text, /path/);
  assert.match((await the.entry("CLOSE")).text, /\b1006\b/);
});

// ---- everywhere ----

test("opened from disk the page reaches a server by its address", {}, async (the) => {
  const { page, entry, server } = the;
  await page.goto(PAGE_ON_DISK);
  assert.equal(await page.inputValue("#address"), "ws://localhost:7777/ws");
  const font = await page.locator("#log").evaluate((log) => getComputedStyle(log).fontFamily);
  assert.match(font, /mono/, "the style sheet was not applied");
  await connect(page, entry, server.wsUrl);
  await page.click("#send");
  assert.equal((await entry("RESPONSE")).text, "Hello world!");
});

for (const width of [320, 375, 800, 1280]) {
  const narrow = { viewport: { width, height: 700 } };
  test(`at ${width} pixels nothing scrolls sideways`, narrow, async ({ page, entry }) => {
    await connect(page, entry);
    await page.fill("#message", "unbroken".repeat(100));
    await page.click("#send");
    await entry("RESPONSE");
    const overflow = await page.evaluate(() =>
      [document.scrollingElement, document.getElementById("log")]
        .map((box) => box.scrollWidth - box.clientWidth));
    assert.deepEqual(overflow, [0, 0]);
  });
}

/** Relative luminance of the page's paper and ink, 0 to 1. */
const luminances = (page) =>
  page.evaluate(() => {
    const { backgroundColor, color } = getComputedStyle(document.body);
    const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    const luminance = (text) => {
      const [r, g, b] = text.match(/\d+/g).map((value) => linear(value / 255));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    return { paper: luminance(backgroundColor), ink: luminance(color) };
  });

test("the dark theme is dark, the light one light, both legible", {}, async ({ page }) => {
  await page.emulateMedia({ colorScheme: "light" });
  const light = await luminances(page);
  await page.emulateMedia({ colorScheme: "dark" });
  const dark = await luminances(page);
  assert.ok((light.paper + 0.05) / (light.ink + 0.05) > 7, JSON.stringify(light));
  assert.ok((dark.ink + 0.05) / (dark.paper + 0.05) > 7, JSON.stringify(dark));
});

test("reduced motion is respected", { reducedMotion: "reduce" }, async ({ page, entry }) => {
  const animation = () =>
    page.evaluate(() => getComputedStyle(document.querySelector(".entry")).animationName);
  await connect(page, entry);
  assert.equal(await animation(), "none");
  await page.emulateMedia({ reducedMotion: "no-preference" });
  assert.notEqual(await animation(), "none");
});
