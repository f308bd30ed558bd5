// Programs that connect again by themselves, with what their libraries do if nobody says otherwise; how one of them is
// run, and what a server does that they have to survive. See again.test.mjs.
//
// A program is called with a URL. Each time it is open it says `open` and sends `hello 1`, then 2, and so on; when that
// comes back it says `echo 1`. When a connection has ended it says `closed CODE`, as its API tells the code, or `-`. It
// does not end.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { startServer } from "../e2e/server.mjs";
import { within } from "../e2e/wait.mjs";
import { startProxy } from "../proxies/proxy.mjs";
import { versionOf } from "./clients.mjs";

const FOLDER = fileURLToPath(new URL("again/", import.meta.url));
const PATIENCE_MS = 60_000;
const GAP_MS = 500; // in which a server that restarts is not there
const NEVER_SECONDS = 15; // who is not back then is taken for somebody who never comes

const always = { sigterm: true, at_once: true, kill: true, long: true, rolling: true, restart: true };
const SOON = "if the server is there again soon";

/** `comesBack`: of each case whether it does; of those that say `SOON` both is right. */
export const programs = [
  { id: "reconnecting-websocket", name: "reconnecting-websocket", language: "JavaScript", npm: "reconnecting-websocket",
    run: ["node", "reconnecting-websocket.mjs"], comesBack: always, know: [
      "It connects again whatever the code was, after a time of 1 to 5 s that is drawn once for each process; each attempt that "
      + "fails, and each connection that stood for less than 5 s, makes it longer by 1.3, up to 10 s.",
      "What is sent in between waits, and is sent when it is open again.",
    ] },
  { id: "partysocket", name: "partysocket", language: "JavaScript", npm: "partysocket",
    run: ["node", "partysocket.mjs"], comesBack: always, know: [
      "It connects again whatever the code was, after 3 s, and not after 1 to 5 s as its manual says: nothing is drawn, so all that were "
      + "cut off together come back together. `minReconnectionDelay: 1000 + Math.random() * 4000` spreads them.",
      "What is sent in between waits, and is sent when it is open again.",
    ] },
  { id: "sockette", name: "sockette", language: "JavaScript", npm: "sockette", run: ["node", "sockette.mjs"],
    comesBack: { ...always, sigterm: false, at_once: false, rolling: false }, know: [
      "It never comes back behind 1000, 1001 or 1005, and that is "
      + "[meant](https://github.com/lukeed/sockette/issues/57): 1001 is what a page says that goes away. It is also what a server says that "
      + "stops, so a restart loses all of its users; with `--stop-code 1012` they are back after a second.",
      "All wait for the same second, and what is sent in between is lost without an error.",
    ] },
  { id: "sturdy-websocket", name: "sturdy-websocket", language: "JavaScript", npm: "sturdy-websocket",
    run: ["node", "sturdy-websocket.mjs"], comesBack: always, know: [
      "It connects again whatever the code was: the first time at once, then after 1 s, and so on. All that were cut off together are back in the "
      + "same moment.",
      "Only the first connection is `onopen`; those behind it are `onreopen`, and their ends `ondown`. What is sent in between waits, "
      + "and is sent when it is open again.",
    ] },
  { id: "rews", name: "@nktkas/rews", language: "JavaScript", npm: "@nktkas/rews", run: ["node", "rews.mjs"],
    comesBack: { ...always, sigterm: SOON, at_once: SOON, kill: SOON, rolling: SOON, restart: SOON, long: false }, know: [
      "It gives up for good after three attempts in a row, a second after the end of the connection, and tells it with `terminate` alone: a "
      + "server that restarts more slowly loses all of its users. `maxRetries: Infinity` is what a page needs that is to stay.",
      "The code does not matter to it. What is sent in between waits, and is sent when it is open again.",
    ] },
  { id: "rxjs", name: "RxJS, webSocket with retry", language: "JavaScript", npm: "rxjs", run: ["node", "rxjs.mjs"],
    comesBack: { ...always, sigterm: false, at_once: false, rolling: false, restart: false }, know: [
      "`retry` acts on errors, and a connection that was closed cleanly is none, whatever its code: 1001, 1011 and 1012 complete it, and it "
      + "never comes back. `retry({ delay: 1000 }), repeat({ delay: 1000 })` does.",
      "`retry()` without a delay asks hundreds of times a second.",
    ] },
  { id: "websockets-iterator", name: "websockets, connect() as an iterator", language: "Python", packages: ["python3-websockets"],
    run: ["/usr/bin/python3", "iterator.py"], comesBack: always, know: [
      "It connects again at once whatever the code was, and after up to 5 s, drawn, if that fails; then 3 s, 5 s and so on up to a minute.",
      "It does not wait behind a connection that was open: to a server that closes each at once, with 1013 perhaps, it comes hundreds of times a second.",
      "`ConnectionClosed` has to be caught in the loop, as "
      + "[its author says](https://github.com/python-websockets/websockets/issues/414); else the first 1006 or 1012 ends the program.",
    ] },
  { id: "websocket-app", name: "websocket-client, WebSocketApp in a loop", language: "Python", packages: ["python3-websocket"],
    run: ["/usr/bin/python3", "websocket_app.py"], comesBack: always, know: [
      "This version does not connect again by itself: `reconnect=` came [later](https://github.com/websocket-client/websocket-client/pull/838). "
      + "Here `run_forever()` is called again, a second after it has returned.",
      "1012 and 1013 are `Invalid close opcode.` to it: `on_error` is called, and `on_close` is told no code. The connection is over all the same.",
    ] },
  { id: "autobahn-again", name: "Autobahn, ReconnectingClientFactory", language: "Python", packages: ["python3-autobahn", "python3-twisted"],
    run: ["/usr/bin/python3", "autobahn_twisted.py"], comesBack: always, know: [
      "It connects again whatever the code was, after some 2.7 s, a little more or less by chance, then 7 s, 20 s and so on up to an hour.",
      "`resetDelay()` has to be called when it is open, which "
      + "[the example](https://github.com/crossbario/autobahn-python/blob/0752a508fcf61d27727e71b971226d14882e12f3/examples/twisted/websocket/reconnecting/client.py) "
      + "does not do: without it the time grows with each restart of the server, also if the connection stood for days.",
    ] },
  { id: "dial", name: "triloop dial --reconnect", language: "C++", run: ["node", "dial.mjs"], comesBack: always, know: [
      "It comes back behind 1001, 1011, 1012, 1013, 1014 and a connection that was lost, and behind no other code. It waits a random part of a "
      + "second, then of 2 s, 4 s and so on up to a minute.",
    ] },
];

/** What its authors call this version; null if it is not installed. */
export function versionHere(program) {
  try {
    if (program.npm || program.packages) return versionOf(program, FOLDER);
    return execFileSync(process.env.TRILOOP_BINARY, ["--version"], { encoding: "utf8" }).split(/\s/)[1];
  } catch {
    return null;
  }
}

const pause = (milliseconds) => new Promise((resume) => setTimeout(resume, milliseconds));

const running = new Set();

/** Ends it, and what it has started. */
function end(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // it has ended just now
  }
}
process.on("exit", () => running.forEach(end));

/** One run of a program, for the test `t`, which ends it. */
class Run {
  #lines = []; // what it has said, and when
  #child;
  #complaints = "";

  constructor(t, program, url) {
    const [command, ...args] = program.run;
    const environment = { ...process.env, TRILOOP_BINARY: resolve(process.env.TRILOOP_BINARY) };
    const child = spawn(command, [...args, url], { cwd: FOLDER, detached: true, env: environment, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    running.add(child);
    child.once("close", () => running.delete(child));
    createInterface(child.stdout).on("line", (text) => {
      this.#lines.push({ text, at: performance.now() });
      child.emit("said");
    });
    child.stderr.on("data", (bytes) => (this.#complaints += bytes));
    t.after(() => running.has(child) && end(child));
  }

  get length() {
    return this.#lines.length;
  }

  /** Its first line of the kind `what` behind the first `from` lines. */
  #find(what, from) {
    return this.#lines.slice(from).find(({ text }) => text.startsWith(`${what} `));
  }

  /** The time of its first echo behind the first `from` lines. */
  async #echo(from) {
    while (!this.#find("echo", from)) {
      if (!running.has(this.#child)) throw new Error(`it has ended: ${this.#account()}`);
      await Promise.race([once(this.#child, "said"), once(this.#child, "close")]);
    }
    return this.#find("echo", from).at;
  }

  #account() {
    return `${this.#lines.map(({ text }) => text).join(", ")}\n${this.#complaints.slice(-2000)}`;
  }

  /** Resolves when it has had its first echo. */
  greeted() {
    return within(PATIENCE_MS, this.#echo(0), "an echo").catch((error) => {
      throw new Error(`${error.message}; ${this.#account()}`);
    });
  }

  /**
   * Whether it `comesBack` behind its first `from` lines: after how many seconds from `since` on there is an echo, or for
   * how many there was `never` one; and the code with which the connection before that ended.
   */
  async outcome(from, since, comesBack) {
    const seconds = comesBack === true ? PATIENCE_MS / 1000 : NEVER_SECONDS;
    let timer;
    const late = new Promise((resume) => (timer = setTimeout(resume, seconds * 1000, null)));
    const at = await Promise.race([late, this.#echo(from)]).finally(() => clearTimeout(timer));
    const code = this.#find("closed", from)?.text.split(" ")[1] ?? null;
    if (at === null) return { never: seconds, code };
    return { seconds: Number(Math.max(0, (at - since) / 1000).toFixed(2)), code };
  }
}

/** Ends with `signal`; the next one is at the same place after `gap` milliseconds. */
async function stopAndStart(t, server, signal, gap, options) {
  const { code } = await server.stop(signal);
  if (signal === "SIGTERM") assert.equal(code, 0, server.stderr());
  if (gap > 0) await pause(gap);
  return startServer(t, ...options, "--port", `${server.port}`);
}

async function restarted({ t, program, comesBack }, { signal = "SIGTERM", gap = GAP_MS, options = [] } = {}) {
  const server = await startServer(t, ...options);
  const client = new Run(t, program, server.wsUrl);
  await client.greeted();
  const said = client.length;
  await stopAndStart(t, server, signal, gap, options);
  return client.outcome(said, performance.now(), comesBack);
}

const many = (text, pattern) => text.match(pattern)?.length ?? 0;
const serves = (server) => many(server.stderr(), /\] open: /g) > many(server.stderr(), /\] closed by /g);

/** Both are restarted, one after the other. The longest time from a SIGTERM to the echo from the other one. */
async function rolled({ t, program, comesBack }) {
  const servers = [await startServer(t), await startServer(t)];
  const plain = [[" ssl crt ", " # "]]; // not every client could be told to trust its certificate
  const proxy = await startProxy(t, "haproxy", servers[0].port, { second: servers[1].port, more: plain });
  const client = new Run(t, program, `ws://127.0.0.1:${proxy.port}/ws`);
  await client.greeted();
  if (!serves(servers[0])) servers.reverse();
  let longest;
  for (const server of servers) {
    const concerned = serves(server);
    const said = client.length, since = performance.now();
    await stopAndStart(t, server, "SIGTERM", GAP_MS, []);
    if (!concerned) continue; // it is on the one that is new already
    const outcome = await client.outcome(said, since, comesBack);
    if (outcome.never) return outcome;
    if (!longest || outcome.seconds > longest.seconds) longest = outcome;
  }
  return longest;
}

/** What a server does: `since` says from when on the seconds are counted. */
export const cases = [
  { id: "sigterm", title: "SIGTERM, 0.5 s away", since: "it is there again", run: (one) => restarted(one) },
  { id: "at_once", title: "SIGTERM, there again at once", since: "it is there again", run: (one) => restarted(one, { gap: 0 }) },
  { id: "kill", title: "kill -9, 0.5 s away", since: "it is there again", run: (one) => restarted(one, { signal: "SIGKILL" }) },
  { id: "long", title: "kill -9, 4 s away", since: "it is there again", run: (one) => restarted(one, { signal: "SIGKILL", gap: 8 * GAP_MS }) },
  { id: "rolling", title: "rolling, behind HAProxy", since: "the SIGTERM", run: rolled },
  { id: "restart", title: "SIGTERM with --stop-code 1012, 0.5 s away", since: "it is there again", needs: "--stop-code",
    run: (one) => restarted(one, { options: ["--stop-code", "1012"] }) },
];
