// Chromium, by playwright-core.

import { launchBrowser, watchConsole } from "./page.mjs";

export async function openChromium() {
  const browser = await launchBrowser();
  return { newPage: () => newPage(browser), close: () => browser.close() };
}

async function newPage(browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const problems = watchConsole(page);
  return {
    goto: (url) => page.goto(url),
    evaluate: (look, ...values) => page.evaluate(`(${look})(...${JSON.stringify(values)})`),
    press: (selector) => page.click(selector),
    write: (text) => page.keyboard.type(text),
    keys: async (...names) => {
      for (const name of names) await page.keyboard.press(name);
    },
    resize: (width, height) => page.setViewportSize({ width, height }),
    screenshot: (path) => page.screenshot({ path }),
    problems: async () => problems,
    close: () => context.close(),
  };
}
