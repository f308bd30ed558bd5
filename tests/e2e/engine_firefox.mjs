// Debian's Firefox, by puppeteer-core over WebDriver BiDi.

import puppeteer from "puppeteer-core";

const FIREFOX = process.env.FIREFOX || "/usr/bin/firefox-esr";

export async function openFirefox(home, options) {
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: FIREFOX,
    headless: true,
    ...options,
    defaultViewport: null,
    userDataDir: home,
    env: { ...process.env, HOME: home, MOZ_CRASHREPORTER_DISABLE: "1" },
  });
  const { pid } = browser.process();
  const atExit = () => process.kill(pid, "SIGKILL"); // a test that is cut off skips its clean-up
  process.once("exit", atExit);
  const close = async () => {
    await browser.close();
    process.off("exit", atExit);
  };
  return { newPage: () => newPage(browser), close };
}

async function newPage(browser) {
  const page = await browser.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(`${error}`));
  page.on("console", (message) => {
    if (["error", "warn"].includes(message.type())) problems.push(message.text());
  });
  return {
    goto: (url) => page.goto(url),
    evaluate: (look, ...values) => page.evaluate(look, ...values),
    press: (selector) => page.click(selector),
    write: (text) => page.keyboard.type(text),
    keys: async (...names) => {
      for (const name of names) await page.keyboard.press(name);
    },
    resize: (width, height) => page.setViewport({ width, height }),
    screenshot: (path) => page.screenshot({ path }),
    problems: async () => problems,
    close: () => page.close(),
  };
}
