// Chromium, Firefox and WebKit behind the same few verbs, so that a test is written once:
//
//   const browser = await launch("firefox");   // or "chromium", "webkit"
//   const page = await browser.open(url, { width, height });
//   page.evaluate(f, ...arguments)  click(selector)  type(selector, text)  text(selector)
//   page.waitFor(f, ...arguments)   keys("Tab", ...)  resize(width, height)  screenshot(file)
//   page.goto(url)   page.problems()   page.close()
//   browser.close()                            // ends its processes and removes its profile

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openChromium } from "./engine_chromium.mjs";
import { openFirefox } from "./engine_firefox.mjs";
import { openWebKit } from "./engine_webkit.mjs";
import { eventually } from "./wait.mjs";

const OPENERS = { chromium: openChromium, firefox: openFirefox, webkit: openWebKit };
const PATIENCE_MS = 15_000;

/** Which engines are wanted: all, or those that TRILOOP_ENGINES names. */
export const ENGINES = process.env.TRILOOP_ENGINES?.split(",") ?? Object.keys(OPENERS);

/** A browser that is not there is an error, never a test that is left out. `options` are the engine's own. */
export async function launch(name, options = {}) {
  const home = mkdtempSync(join(tmpdir(), `triloop-${name}-`));
  const removeHome = () => {
    process.off("exit", removeHome);
    rmSync(home, { recursive: true, force: true, maxRetries: 10 });
  };
  process.once("exit", removeHome); // a test that is cut off skips its clean-up
  try {
    const engine = await OPENERS[name](home, options);
    return {
      name,
      home,
      open: async (url, { width = 1280, height = 800 } = {}) => {
        const page = withCommonVerbs(await engine.newPage());
        await page.resize(width, height);
        await page.goto(url);
        return page;
      },
      close: async () => {
        await engine.close();
        removeHome();
      },
    };
  } catch (error) {
    removeHome();
    throw new Error(`${name} does not start: ${error.message}`, { cause: error });
  }
}

// What these need of a page is evaluate() alone; where and how one clicks is the engine's own.
function withCommonVerbs(page) {
  const waitFor = (look, ...values) =>
    eventually(PATIENCE_MS, async () => {
      const seen = await page.evaluate(look, ...values);
      if (!seen) throw new Error(`never so: ${look} of ${JSON.stringify(values)}`);
      return seen;
    });
  const canBePressed = (selector) => {
    const found = document.querySelector(selector);
    return found && !found.disabled && found.getClientRects().length > 0;
  };
  const click = async (selector) => {
    await waitFor(canBePressed, selector);
    await page.press(selector);
  };
  return {
    ...page,
    waitFor,
    click,
    type: async (selector, text) => {
      await waitFor(canBePressed, selector);
      await page.evaluate((which) => {
        const field = document.querySelector(which);
        field.focus();
        field.select();
      }, selector);
      await page.keys("Backspace");
      await page.write(text);
    },
    text: (selector) => page.evaluate((which) => document.querySelector(which)?.textContent ?? null, selector),
  };
}
