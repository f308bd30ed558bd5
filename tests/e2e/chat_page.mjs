// The chat's page in Chromium: what its tests share.

import { after, before } from "node:test";
import { launchBrowser, pageTest } from "./page.mjs";

export const CHAT = ["--quiet", "--processor", "chat", "--database", ":memory:"];

/** Gives the `test` of a file: each has a server that is a chat, and its page. */
export function chatTests() {
  let browser;
  before(async () => (browser = await launchBrowser()));
  after(() => browser?.close());
  return (name, options, body) =>
    pageTest(name, () => browser, { path: "chat", serverArgs: CHAT, ...options }, body);
}

export async function enter(page, name, room = "lobby") {
  await page.fill("#room", room);
  await page.fill("#name", name);
  await page.click("#enter");
  await page.locator("#say:enabled").waitFor();
  await page.locator("#members", { hasText: name }).waitFor();
}

export const line = (page, text) => page.locator("#log .line", { hasText: text });
export const state = (page, text) => page.locator("#state", { hasText: text });
