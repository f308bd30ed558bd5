// One run of a client program: what it is told, and what it says. See README.md.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { within } from "../e2e/wait.mjs";

export const PATIENCE_MS = 60_000;

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** What a program says, piece by piece: lines, and behind some of them that many bytes. */
class Records {
  list = [];
  #rest = Buffer.alloc(0);
  #waiting = null; // the message whose bytes are to come

  add(bytes) {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    while (this.#takeOne());
  }

  #takeOne() {
    if (this.#waiting) {
      if (this.#rest.length < this.#waiting.size) return false;
      const { what, size } = this.#waiting;
      this.list.push({ what, data: Buffer.from(this.#rest.subarray(0, size)) });
      this.#rest = this.#rest.subarray(size);
      this.#waiting = null;
      return true;
    }
    const end = this.#rest.indexOf("\n");
    if (end < 0) return false;
    const [what, ...words] = this.#rest.subarray(0, end).toString().trimEnd().split(" ");
    this.#rest = this.#rest.subarray(end + 1);
    if (what === "text" || what === "binary") this.#waiting = { what, size: Number(words[0]) };
    else if (what === "closed") this.list.push({ what, code: words[0], clean: words[1], reason: words.slice(2).join(" ") });
    else this.list.push({ what, text: words.join(" ") });
    return true;
  }
}

/** Starts `client` for the test `t`; `settings` are those of README.md without WS_, in small letters. */
export function start(t, client, url, settings = {}) {
  const environment = Object.fromEntries(Object.entries(settings).map(([name, value]) =>
    [`WS_${name.toUpperCase()}`, Array.isArray(value) ? value.join(name === "headers" ? "\n" : " ") : `${value}`]));
  const [command, ...args] = client.run;
  const child = spawn(command, [...args, url], { cwd: client.folder, env: { ...process.env, ...client.environment, ...environment },
    stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const records = new Records();
  let complaints = "", over = false;
  child.stdout.on("data", (bytes) => records.add(bytes));
  child.stderr.on("data", (bytes) => (complaints += bytes));
  const exited = once(child, "close").then(() => {
    over = true;
    running.delete(child);
  });
  t.after(() => running.has(child) && child.kill("SIGKILL"));

  const of = (...kinds) => records.list.filter(({ what }) => kinds.includes(what));
  const account = () => records.list.map(({ what, data, text, code, clean, reason }) =>
    `${what} ${data ? data.length : text ?? `${code} ${clean} ${reason}`}`).slice(-8).join("; ") + `\n${complaints.slice(-2000)}`;
  return {
    /** Resolves when it has said this `count` times; fails if it ends before. */
    async until(count, ...kinds) {
      const seen = async () => {
        while (of(...kinds).length < count) {
          if (over) throw new Error(`it ended without ${count} of ${kinds}: ${account()}`);
          await Promise.race([once(child.stdout, "data"), exited]);
        }
      };
      await within(PATIENCE_MS, seen(), `${count} of ${kinds} from ${client.id}`).catch((error) => {
        throw new Error(`${error.message}\n${account()}`);
      });
    },
    /** Resolves when it has ended by itself, to what it has said. */
    async end() {
      await within(PATIENCE_MS, exited, `the end of ${client.id}`).catch((error) => {
        throw new Error(`${error.message}\n${account()}`);
      });
      return { messages: of("text", "binary"), open: of("open")[0], closed: of("closed").at(-1), failed: of("failed")[0],
        pongs: of("pong"), account: account() };
    },
    kill: () => child.kill("SIGKILL"),
  };
}
