// node own_page.mjs URL: does the own server of docs/install.md answer in a browser?

import { launchBrowser } from "../e2e/page.mjs";

const browser = await launchBrowser();
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(15_000);
  await page.goto(process.argv[2]);
  await page.locator("input").fill("good day");
  await page.locator("input").press("Enter");
  await page.locator("pre", { hasText: "you said: good day" }).waitFor();
} finally {
  await browser.close();
}
