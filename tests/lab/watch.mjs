// Watches one connection through GET /inspect.json, and remembers when it was first seen in which state.

import { within } from "../e2e/wait.mjs";

const LOOK_EVERY_MS = 20;
const PATIENCE_MS = 30_000;
const THREADS = ["reader", "processor", "writer"];

const inWords = (doing) => doing.replaceAll("_", " ");

/** What changed from one snapshot of a connection to the next, in words. */
function* changes(before, now) {
  for (const name of THREADS) {
    const [was, is] = [before?.threads[name], now.threads[name]];
    if (was?.doing === is.doing) continue;
    yield is.left ? `${name}: ended, as number ${is.left}` : `${name}: ${inWords(is.doing)}`;
  }
  for (const name of ["in", "out"]) {
    const was = before ? isFull(before, name) : false;
    if (was !== isFull(now, name)) yield `${name}-queue: ${was ? "has room again" : "full"}`;
  }
  for (const name of ["closing", "closed"]) {
    const fired = now.latch[name];
    if (fired && !before?.latch[name]) {
      yield `latch (${name}): fired by ${fired.by}, ${fired.code} ${JSON.stringify(fired.reason)}`;
    }
  }
}

/** Is there no room for one more message of the size of those in it? */
export function isFull(connection, name) {
  const { messages, bytes, max_messages: most, max_bytes: mostBytes } = connection.queues[name];
  return messages > 0 && (messages >= most || bytes + bytes / messages > mostBytes);
}

export const isDoing = (thread, doing) => ({ threads }) => threads[thread].doing === doing;
export const hasEnded = ({ state }) => state === "ended";
export const leavingOrder = ({ threads }) => THREADS.map((name) => threads[name].left);

export class Watch {
  /** `say` gets a line for each change of a thread, a queue or a latch. */
  constructor(url, localPort, say) {
    this.url = url;
    this.localPort = localPort;
    this.say = say;
    this.last = undefined;
    this.since = performance.now();
  }

  async look() {
    const response = await fetch(new URL("/inspect.json", this.url));
    if (!response.ok) throw new Error(`/inspect.json: ${response.status}`);
    const { connections } = await response.json();
    const found = connections.find(({ peer }) => peer.endsWith(`:${this.localPort}`));
    if (!found) return this.last;
    const seconds = ((performance.now() - this.since) / 1000).toFixed(2).padStart(6);
    for (const change of changes(this.last, found)) this.say(`${seconds} s  ${change}`);
    this.last = found;
    return found;
  }

  /** Resolves with the first snapshot of which `predicate` is true; it may take `longer`. */
  until(what, predicate, longer = 0) {
    const looking = async () => {
      for (;;) {
        const found = await this.look();
        if (found && predicate(found)) return found;
        await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
      }
    };
    return within(PATIENCE_MS + longer, looking(), what);
  }

  /** As until(), for states that come one after the other; each may still hold when the next comes. */
  async inOrder(states) {
    for (const [what, predicate] of states) await this.until(what, predicate);
  }
}
