import { fileURLToPath } from "node:url";

const bin = fileURLToPath(new URL("bin", import.meta.url));
const environment = { PATH: `${bin}:${process.env.PATH}`, CHROMIUM: `${bin}/chromium`, FIREFOX: `${bin}/firefox-esr`,
  WEBKIT_DRIVER: `${bin}/WebKitWebDriver` };
// What a page's script cannot do, or not here.
const can = { compress: ["on"], clean: true, headers: false, origin: false, tls: false };

export default [
  {
    id: "chromium",
    name: "Chromium",
    language: "JavaScript (a page)",
    packages: ["chromium"],
    environment,
    run: ["node", "browser.mjs", "chromium"],
    can,
    know: [
      "A page sets no headers, sends no pings and hears none, and its `Origin` is the page's own; it always offers " +
        "permessage-deflate.",
      "If it offers subprotocols and none is chosen, it fails: give the server their names with `--subprotocol`.",
      "A refusal is an `error` without a word, and 1006: that it was a 404 is told in the console only.",
      "Where the browser is killed, its part for the network still says 1001 before it goes: the server's log has " +
        "`closed by peer, 1001`.",
      "wss is tried with it elsewhere, in `tests/e2e/tls.test.mjs`.",
    ],
    except: { killed: { is: "says 1001", seen: /closed by peer, 1001; cut short by network/ } },
  },
  {
    id: "firefox",
    name: "Firefox",
    language: "JavaScript (a page)",
    packages: ["firefox-esr"],
    environment,
    run: ["node", "browser.mjs", "firefox"],
    can,
    know: [
      "As of Chromium: headers, pings, `Origin`, compression. A refusal is an `error` without a word, and 1006; the " +
        "console does not tell the 404 either.",
      "An offer of subprotocols of which none is chosen does not keep it from going on.",
      "wss is tried with it elsewhere, in `tests/e2e/tls.test.mjs`.",
    ],
  },
  {
    id: "webkit",
    name: "WebKitGTK",
    language: "JavaScript (a page)",
    packages: ["webkit2gtk-driver", "xvfb"],
    environment,
    run: ["node", "browser.mjs", "webkit"],
    can,
    know: [
      "As of Chromium: headers, pings, `Origin`, compression. A refusal is an `error` without a word, and 1006.",
      "An offer of subprotocols of which none is chosen does not keep it from going on.",
      "It follows a redirect, which the other two do not.",
      "It stands for Safari, which is not tried; wss is not tried with it.",
    ],
  },
];
