// Debian's WebKitGTK, by its own driver and selenium-webdriver, on a screen that nobody sees.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import webdriver from "selenium-webdriver";
import { freePort } from "./free_port.mjs";
import { eventually, within } from "./wait.mjs";

const { Builder, By, Key } = webdriver;
const DRIVER = process.env.WEBKIT_DRIVER || "/usr/bin/WebKitWebDriver";
const PATIENCE_MS = 20_000;
const MOST_BAR = 200; // pixels

/** A program that is ended with this one at the latest. */
async function start(program, args, options) {
  const child = spawn(program, args, options);
  await Promise.race([once(child, "spawn"), once(child, "error").then(([error]) => Promise.reject(error))]);
  const atExit = () => child.kill("SIGKILL");
  process.once("exit", atExit);
  const exited = once(child, "exit");
  const end = async () => {
    child.kill();
    await within(PATIENCE_MS, exited, `${program} ends`);
    process.off("exit", atExit);
  };
  return { child, end };
}

async function startScreen() {
  const args = ["-displayfd", "3", "-screen", "0", "2600x1600x24", "-nolisten", "tcp"];
  const screen = await start("Xvfb", args, { stdio: ["ignore", "ignore", "ignore", "pipe"] });
  const [number] = await within(PATIENCE_MS, once(screen.child.stdio[3], "data"), "Xvfb has a screen");
  return { display: `:${`${number}`.trim()}`, end: screen.end };
}

async function startDriver(home, display) {
  const port = await freePort();
  const env = { ...process.env, DISPLAY: display, HOME: home, GDK_BACKEND: "x11", NO_AT_BRIDGE: "1" };
  env.WEBKIT_DISABLE_COMPOSITING_MODE = "1"; // there is no GPU; to emulate one takes 20 times as long
  for (const name of ["CONFIG", "CACHE", "DATA", "STATE"]) env[`XDG_${name}_HOME`] = join(home, name);
  const driver = await start(DRIVER, ["--host=127.0.0.1", `--port=${port}`], { stdio: "ignore", env });
  const url = `http://127.0.0.1:${port}`;
  await eventually(PATIENCE_MS, () => fetch(`${url}/status`));
  return { url, end: driver.end };
}

export async function openWebKit(home) {
  // The browser's own tool bar would keep its window from being as narrow as a phone.
  mkdirSync(join(home, "CONFIG/gtk-3.0"), { recursive: true });
  writeFileSync(join(home, "CONFIG/gtk-3.0/gtk.css"),
    "* { min-width: 0; min-height: 0; padding: 0; margin: 0; border-width: 0; font-size: 1px; }");
  const ends = [];
  // One that does not end as it should keeps none of the others alive.
  const close = async () => {
    const failures = [];
    for (const end of ends.reverse()) await end().catch((error) => failures.push(error));
    if (failures.length > 0) throw failures[0];
  };
  try {
    const screen = await startScreen();
    ends.push(screen.end);
    const driver = await startDriver(home, screen.display);
    ends.push(driver.end);
    const session = await new Builder().disableEnvironmentOverrides().usingServer(driver.url)
      .withCapabilities({ browserName: "MiniBrowser" }).build();
    ends.push(() => session.quit());
    return { newPage: () => newPage(session), close };
  } catch (error) {
    await close();
    throw error;
  }
}

const OTHER_NAMES = { Space: " ", Backspace: Key.BACK_SPACE };
const keyOf = (name) =>
  OTHER_NAMES[name] ?? Key[name.replace(/([a-z])([A-Z])/g, "$1_$2").toUpperCase()] ?? name;

// There is no script that runs before those of the page: see watching_proxy.mjs.
const watch = () => {
  if (window.problemsSeen) return;
  window.problemsSeen = [];
  const tell = (text) => window.problemsSeen.push(text);
  addEventListener("error", ({ message }) => tell(`${message}`));
  addEventListener("unhandledrejection", ({ reason }) => tell(`${reason}`));
  addEventListener("securitypolicyviolation", (event) => tell(`CSP: ${event.violatedDirective}`));
};

/** The newest page is the one that is spoken to; when it goes, the one before. */
async function newPage(session) {
  const before = await session.getWindowHandle();
  await session.switchTo().newWindow("window"); // a tab would be a hidden page
  const mine = await session.getWindowHandle();
  const evaluate = (look, ...values) => session.executeScript(`return (${look})(...arguments)`, ...values);
  const write = (text) => session.actions().sendKeys(text).perform();
  return {
    goto: async (url) => {
      await session.get(url);
      await evaluate(watch);
    },
    evaluate,
    press: (selector) => session.findElement(By.css(selector)).click(),
    write,
    keys: async (...names) => {
      for (const name of names) await write(keyOf(name));
    },
    // What is asked for is the window's size, and its tool bar is not the page's. The page hears of it late: a bar that is none
    // is still the size before.
    resize: async (width, height) => {
      const bar = [0, 0];
      await eventually(PATIENCE_MS, async () => {
        await session.manage().window().setRect({ x: 0, y: 0, width: width + bar[0], height: height + bar[1] });
        const inner = await evaluate(() => [innerWidth, innerHeight]);
        const missing = [width - inner[0], height - inner[1]];
        [0, 1].forEach((i) => {
          if (bar[i] + missing[i] >= 0 && bar[i] + missing[i] <= MOST_BAR) bar[i] += missing[i];
        });
        assert.deepEqual(missing, [0, 0]);
      });
    },
    screenshot: async (path) => writeFileSync(path, await session.takeScreenshot(), "base64"),
    problems: () => evaluate(() => window.problemsSeen),
    close: async () => {
      await session.switchTo().window(mine);
      await session.close();
      await session.switchTo().window(before);
    },
  };
}
