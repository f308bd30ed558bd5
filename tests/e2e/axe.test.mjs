// What axe-core finds in the pages, in every state that they have: nothing. Light, dark, and in
// forced colours.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";
import { CHAT, enter } from "./chat_page.mjs";
import { launchBrowser } from "./page.mjs";
import { startServer } from "./server.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PHONE = { width: 390, height: 844 };
const LIGHT = { light: { colorScheme: "light" } };
const OTHERS = { dark: { colorScheme: "dark" }, "forced colours": { colorScheme: "dark", forcedColors: "active" } };
// All rules in light; in the others what depends on colours, when the part is named (.ci/parts.sh).
const THEMES = process.env.BROWSER_EXTENT === "all" ? LIGHT : { ...LIGHT, ...OTHERS };
const onDisk = (name) => new URL(`../../web/${name}`, import.meta.url).href;

// ---- how a state comes about ----

const seen = (selector) => (page) => page.locator(selector).first().waitFor();
const clicks = (...selectors) => async (page) => {
  for (const selector of selectors) await page.click(selector);
};
const live = (page) => page.waitForSelector('#view[data-stale="false"]', { state: "attached" });
const stale = (page) => page.waitForSelector('#view[data-stale="true"]', { state: "attached" });

async function open(page) {
  await live(page);
  await page.click("#open");
  await page.click("#send");
  await seen("#log .response")(page);
}

async function flood(page) {
  await live(page);
  await page.click("#lab-flood");
  await page.waitForFunction(() => /^[1-9]/.test(document.getElementById("lab-counts").textContent));
}

async function ended(page) {
  await live(page);
  await page.click("#lab-throw");
  await page.waitForSelector('#view-detail[data-state="ended"]');
}

async function gone(page, server) {
  await open(page);
  await server.kill();
  await stale(page);
}

async function refusedName(page, server) {
  const other = await page.context().newPage();
  await other.goto(`${server.url}chat`);
  await other.evaluate(() => localStorage.clear());
  await enter(other, "ann");
  await page.evaluate(() => localStorage.clear());
  await page.fill("#name", "ann");
  await page.click("#enter");
  await seen("#name-fault:not([hidden])")(page);
}

async function lostRoom(page, server) {
  await enter(page, "ann");
  await server.kill();
  await seen('#state[data-lost="true"]')(page);
}

/** As short as can be: the page's own map of the level says how. */
async function broken(page) {
  const way = await page.evaluate(() => {
    const { levels, play } = window.triloop;
    return `${levels[0].id}:${play.share.encode(play.modelOf(levels[0]).shortestFrom(0))}`;
  });
  await page.evaluate((hash) => (location.hash = hash), way);
  await page.waitForFunction((hash) => decodeURIComponent(location.hash) === `#${hash}`, way);
}

// ---- the states: a line each ----

const chat = { args: CHAT };
const states = [
  ["watch, fresh", "", live],
  ["watch, open", "", open],
  ["watch, open, on a phone", "", open, { viewport: PHONE }],
  ["watch, a bad address", "", async (page) => (await page.fill("#address", "nonsense"), page.click("#open"))],
  ["watch, a flood", "", flood],
  ["watch, a slow processor", "", async (page) => (await live(page), page.click("#lab-slow"))],
  ["watch, ended", "", ended],
  ["watch, paused", "", async (page) => (await open(page), page.click("#view-pause"))],
  ["watch, stale", "", gone],
  ["watch, refused", "", seen("#view-ribbon:not([hidden])"), { args: ["--inspect", "off"] }],
  ["watch, from disk", onDisk("index.html"), seen("#view-picture .node")],
  ["watch, projector", "", async (page) => (await open(page), page.click("#projector"))],
  ["watch, the code of a box", "", async (page) => (await open(page), page.click('#view-picture [data-thread="reader"]'))],
  ["watch, rewound", "", async (page) => (await open(page), page.press("#strip [role=slider]", "ArrowLeft"))],
  ["watch, keys", "", clicks("#help-open")],
  ["watch, more", "", clicks("#more summary")],
  ["watch, another processor", "", live, chat],
  ["walk", "#walk=1", seen("#walk-step")],
  ["walk, its end", "#walk=10", seen("#walk-step")],
  ["walk, from disk", `${onDisk("index.html")}#walk=7`, seen("#walk-step")],
  ["scheduler, start", "play.html", seen("#cards .card")],
  ["scheduler, on a phone", "play.html", seen("#cards .card"), { viewport: PHONE }],
  ["scheduler, halfway", "play.html#close-wakes-one:1", seen("#schedule .line")],
  ["scheduler, a hint", "play.html#close-wakes-one:1", clicks("#hint")],
  ["scheduler, two ways beside each other", "play.html#close-wakes-one:1", clicks("#way")],
  ["scheduler, its levels", "play.html", clicks("#all-levels")],
  ["scheduler, the code on a phone", "play.html", clicks("#show-code"), { viewport: PHONE }],
  ["scheduler, broken", "play.html", broken],
  ["scheduler, a right one", "play.html#right-one-place:", seen("#cards .card")],
  ["scheduler, all states of it", "play.html#right-one-place:", clicks("#go")],
  ["scheduler, from disk", onDisk("play.html"), seen("#cards .card")],
  ["chat, outside", "chat.html", seen("#door"), chat],
  ["chat, inside", "chat.html", (page) => enter(page, "ann"), chat],
  ["chat, inside, on a phone", "chat.html", (page) => enter(page, "ann"), { ...chat, viewport: PHONE }],
  ["chat, a name that is taken", "chat.html", refusedName, chat],
  ["chat, lost", "chat.html", lostRoom, chat],
  ["chat, on another processor", "chat.html", seen("#needs:not([hidden])")],
  ["chat, from disk", onDisk("chat.html"), seen("#needs:not([hidden])")],
  ["book", "book.html", seen("main")],
  ["book, on a phone", "book.html", seen("main"), { viewport: PHONE }],
];

// ---- what is found ----

/**
 * One line for each thing that is wrong: the rule, where, and what axe-core says of it. In forced
 * colours the contrast is the person's own choice, but where a page keeps its colours against it.
 */
const findings = (page, rules) =>
  page.evaluate(async (runOnly) => {
    const forced = matchMedia("(forced-colors: active)").matches;
    const isForced = ([selector]) => forced && getComputedStyle(document.querySelector(selector)).forcedColorAdjust === "auto";
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"], ...(runOnly && { runOnly }) });
    return violations.flatMap(({ id, nodes }) => nodes
      .filter(({ target }) => id !== "color-contrast" || !isForced(target))
      .map(({ target, failureSummary }) => `${id}: ${target}: ${failureSummary.replace(/\s+/g, " ")}`));
  }, rules);

let browser;
before(async () => (browser = await launchBrowser()));
after(() => browser?.close());

for (const [name, where, prepare, options = {}] of states) {
  test(`axe-core finds nothing: ${name}`, { timeout: 90_000 }, async (t) => {
    const { args = [], viewport = { width: 1280, height: 720 } } = options;
    const server = await startServer(t, "--heartbeat", "0", ...args);
    const context = await browser.newContext({ viewport, reducedMotion: "reduce" });
    t.after(() => context.close());
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    await page.goto(new URL(where, server.url).href);
    await prepare(page, server);
    await page.evaluate(AXE);
    const found = {};
    for (const [theme, media] of Object.entries(THEMES)) {
      await page.emulateMedia({ forcedColors: "none", ...media });
      found[theme] = await findings(page, theme === "light" ? null : ["color-contrast"]);
    }
    assert.deepEqual(found, Object.fromEntries(Object.keys(THEMES).map((theme) => [theme, []])));
  });
}
