// As much of a NATS client as the measurements need, and a cluster of engines on this machine.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../e2e/free_port.mjs";
import { eventually, within } from "../e2e/wait.mjs";

const PATIENCE_MS = 20_000;
const STEP_MS = 10;
const TICKS_PER_SECOND = 100; // of /proc/PID/stat
const CRLF = "\r\n";

/** One connection to an engine. `on(subject, heard)` calls heard(payload, replyTo) for each message. */
export class Nats {
  #socket;
  #rest = Buffer.alloc(0);
  #heard = new Map();
  #replies = new Map();
  #inbox = `_INBOX.${Math.random().toString(36).slice(2)}`;
  #next = 0;
  #pongs = [];

  static async open(port) {
    const nats = new Nats();
    nats.#socket = connect(port, "127.0.0.1");
    nats.#socket.setNoDelay(true);
    nats.#socket.on("data", (bytes) => nats.#take(bytes));
    nats.#socket.on("error", () => {}); // what was asked is not answered then, and that is noticed
    await within(PATIENCE_MS, once(nats.#socket, "connect"), "a connection to the engine");
    nats.#socket.write(`CONNECT {"verbose":false,"headers":true,"no_responders":true}${CRLF}`);
    nats.on(`${nats.#inbox}.*`, (payload, _, subject) => {
      nats.#replies.get(subject)?.(payload);
      nats.#replies.delete(subject);
    });
    await nats.flush();
    return nats;
  }

  on(subject, heard) {
    this.#heard.set(String(++this.#next), heard);
    this.#socket.write(`SUB ${subject} ${this.#next}${CRLF}`);
  }

  /** Resolves when all that was said so far has been taken. */
  flush() {
    const taken = new Promise((resolve) => { this.#pongs.push(resolve); });
    this.#socket.write(`PING${CRLF}`);
    return within(PATIENCE_MS, taken, "the engine's PONG");
  }

  /** Resolves to the answer, parsed. */
  async request(subject, payload, patienceMs = PATIENCE_MS) {
    const reply = `${this.#inbox}.${++this.#next}`;
    const answered = new Promise((resolve) => { this.#replies.set(reply, resolve); });
    this.#socket.write(`PUB ${subject} ${reply} ${Buffer.byteLength(payload)}${CRLF}${payload}${CRLF}`);
    const text = String(await within(patienceMs, answered, `an answer to ${subject}`));
    const answer = text ? JSON.parse(text) : { error: { description: "nobody is there" } };
    if (answer.error) throw new Error(`${subject}: ${answer.error.description}`);
    return answer;
  }

  close() { this.#socket.destroy(); }

  #take(bytes) {
    this.#rest = this.#rest.length ? Buffer.concat([this.#rest, bytes]) : bytes;
    for (let end; (end = this.#rest.indexOf(CRLF)) >= 0;) {
      const words = this.#rest.toString("latin1", 0, end).split(" ");
      const isMessage = words[0] === "MSG" || words[0] === "HMSG";
      const total = isMessage ? Number(words.at(-1)) : 0;
      const begin = end + CRLF.length;
      if (isMessage && this.#rest.length < begin + total + CRLF.length) return;
      if (words[0] === "PING") this.#socket.write(`PONG${CRLF}`);
      if (words[0] === "PONG") this.#pongs.shift()?.();
      if (isMessage) {
        const ofHeader = words[0] === "HMSG" ? Number(words.at(-2)) : 0;
        const withoutReply = words[0] === "HMSG" ? 5 : 4;
        const reply = words.length > withoutReply ? words[3] : undefined;
        this.#heard.get(words[2])?.(this.#rest.subarray(begin + ofHeader, begin + total), reply, words[1]);
      }
      this.#rest = this.#rest.subarray(isMessage ? begin + total + CRLF.length : begin);
    }
  }
}

// Who interrupts a measurement leaves no engine behind.
const running = new Set();
process.on("exit", () => running.forEach((engine) => engine.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

/** User and kernel time of a process, in seconds. */
export function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** `count` engines that are one cluster; one alone is none. Ends with stop(). */
export async function startEngines(count, { prefix = [] } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "scaling-engine-"));
  const ports = await Promise.all(Array.from({ length: count }, freePort));
  const routes = await Promise.all(Array.from({ length: count }, freePort));
  const clustered = (i) => (count === 1 ? [] : ["--cluster_name", "measured", "--cluster", `nats://127.0.0.1:${routes[i]}`,
    "--routes", routes.map((port) => `nats://127.0.0.1:${port}`).join(",")]);
  const [program, ...before] = [...prefix, "nats-server"];
  const engines = ports.map((port, i) => spawn(program, [...before, "--name", `engine-${i}`, "--addr", "127.0.0.1", "--port", String(port),
    "--jetstream", "--store_dir", join(folder, String(i)), ...clustered(i)], { stdio: "ignore" }));
  engines.forEach((engine) => running.add(engine.once("exit", () => running.delete(engine))));
  const stop = async () => {
    for (const engine of engines) {
      if (engine.exitCode !== null || engine.signalCode !== null) continue;
      engine.kill("SIGKILL");
      await once(engine, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    ports, stop,
    pids: engines.map(({ pid }) => pid),
    addresses: ports.map((port) => `nats://127.0.0.1:${port}`),
    cpuSeconds: () => engines.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0),
  };
}

/** Asks again until it is answered: a cluster needs a moment until it has a leader, and says nothing before. */
export const insist = (ask) => eventually(PATIENCE_MS, ask);

/** So many lines a second, without waiting for the one before. Resolves to their number when all are kept. `subject(i)`: of a line. */
export async function publishAt(nats, { rate, seconds, payload, subject }) {
  const since = performance.now();
  const kept = [];
  while (performance.now() - since < seconds * 1000) {
    const due = Math.floor(((performance.now() - since) / 1000) * rate);
    while (kept.length < due) kept.push(nats.request(subject(kept.length), payload));
    await sleep(STEP_MS);
  }
  await Promise.all(kept);
  return kept.length;
}
