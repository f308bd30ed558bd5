// The machines of a cluster: servers, the engine's nodes (NATS with JetStream), and HAProxy in front; each
// can be ended, and started again, by its name.

import { accessSync, constants, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launch } from "../faults/process.mjs";
import { haproxyConfiguration, natsConfiguration } from "./configuration.mjs";
import { Loopback, mustBeFree } from "./network.mjs";

const START_MS = 30_000;
const LEADER_MS = 60_000; // an election takes up to 9 s, and the first may be the second
const LOOK_EVERY_MS = 50;

const PATH = `${process.env.PATH}:/usr/sbin`; // where a user's own may not lead

const pause = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Looks again and again, until `look` gives something; it may throw what is not yet so. */
export async function until(milliseconds, what, look) {
  const deadline = performance.now() + milliseconds;
  for (;;) {
    let last;
    try {
      const found = await look();
      if (found) return found;
    } catch (error) {
      if (error.isFinal) throw error;
      last = error;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${milliseconds / 1000} s: ${what}${last ? ` (${last.message})` : ""}`);
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** { status, text } of a GET; throws where nobody answers. */
export async function get(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000), headers: { Connection: "close" } });
  return { status: response.status, text: await response.text() };
}

function mustBeInstalled(program) {
  const found = PATH.split(":").some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error(`there is no ${program} (the Debian package of that name)`);
}

/** One process of the cluster. While it runs it has a pid; each start is another process. */
class Machine {
  #process = null;
  #starts = 0;
  #serves = false; // and nobody has asked for its end

  /** `command` says how it is started, and `isReady` whether it serves; `ended` is told of ends nobody asked for. */
  constructor(name, { command, isReady, ended, log }) {
    this.name = name;
    this.command = command;
    this.environment = {};
    this.isReady = isReady;
    this.ended = ended;
    this.log = log;
  }

  get pid() {
    return this.#process?.pid;
  }
  isRunning() {
    return this.#process?.isRunning() ?? false;
  }

  /** Starts the process, and waits for nothing. */
  launch() {
    this.#starts += 1;
    this.#serves = false;
    // In a session of its own, as Ctrl+C is for who started it; and not without that one.
    this.#process = launch(["setsid", "setpriv", "--pdeathsig", "KILL", ...this.command], {
      environment: { PATH, ...this.environment },
      log: `${this.log}.${this.#starts}.log`,
    });
    const { pid, exited } = this.#process;
    exited.then(({ code, signal }) => {
      if (this.#serves) this.ended?.({ name: this.name, pid, how: signal ?? `exit status ${code}` });
    });
  }

  /** Resolves when it serves; throws where it ends instead. */
  async ready(milliseconds = START_MS) {
    await until(milliseconds, `${this.name} serves`, async () => {
      if (!this.isRunning()) {
        const { code, signal } = await this.#process.exited;
        const said = this.#process.stderr().trim().split("\n").slice(-3).join("\n");
        throw Object.assign(new Error(`${this.name} ended at once, ${signal ?? code}: ${said}`), { isFinal: true });
      }
      return this.isReady();
    });
    this.#serves = true;
  }

  async start() {
    this.launch();
    await this.ready();
  }

  /** Resolves when it has ended, with its exit status. */
  async kill(signal = "SIGKILL") {
    this.#serves = false;
    return this.#process?.stop(signal);
  }

  async restart(signal = "SIGTERM") {
    await this.kill(signal);
    await this.start();
  }
}

const numbered = (kind, count) => Array.from({ length: count }, (_, i) => `${kind}-${i + 1}`);

export class Cluster {
  #stopping = false;
  #machines = new Map();
  #places = new Map();
  #removeAtExit;

  /**
   * `servers` and `engines` are how many there are of each, `port` is HAProxy's (without one there is none).
   * `stores` says for nodes of the engine in which folder they keep what they have, `logs` where all processes'
   * standard error goes; both are else in a temporary folder, which goes with the cluster.
   * `say` is told of each step, and `ended` of each process that ends by itself.
   */
  constructor({ binary, servers = 3, engines = 3, port, serverOptions = [], network = new Loopback(), stores = {},
    logs, say = () => {}, ended }) {
    this.binary = binary;
    this.servers = numbered("server", servers);
    this.engines = numbered("nats", engines);
    this.port = port;
    this.serverOptions = serverOptions;
    this.network = network;
    this.stores = stores;
    this.say = say;
    this.ended = ended;
    this.directory = mkdtempSync(join(tmpdir(), "triloop-cluster-"));
    this.logs = logs ?? this.directory;
    mkdirSync(this.logs, { recursive: true });
    this.#removeAtExit = () => rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
    process.on("exit", this.#removeAtExit);
  }

  machine(name) {
    return this.#machines.get(name);
  }

  /** Starts what has ended. */
  async mend() {
    for (const machine of this.#machines.values()) if (!machine.isRunning()) await machine.start();
  }
  /** Where it listens: { name, address, port }. */
  place(name) {
    return this.#places.get(name);
  }

  #goesOn() {
    if (this.#stopping) throw new Error("stopped while it started");
  }

  #add(name, command, isReady) {
    const machine = new Machine(name, {
      command: [...this.network.within(name), ...command],
      isReady,
      ended: this.ended,
      log: join(this.logs, name),
    });
    this.#machines.set(name, machine);
    return machine;
  }

  #write(name, text) {
    const file = join(this.directory, `${name}.conf`);
    writeFileSync(file, text);
    return file;
  }

  /** Resolves when all of it serves. Whoever calls it calls stop(), whether or not it throws. */
  async start() {
    mustBeInstalled("nats-server");
    if (this.port) {
      mustBeInstalled("haproxy");
      await mustBeFree(this.port, "127.0.0.1");
    }
    await this.#startEngines();
    for (const name of this.servers) await this.#startServer(name);
    if (this.port) await this.#startProxy();
  }

  async #startEngines() {
    for (const [i, name] of this.engines.entries()) {
      this.network.add(name);
      this.#places.set(name, {
        name,
        address: this.network.address(name),
        port: await this.network.port(name, 4222 + i),
        monitoring: await this.network.port(name, 8222 + i),
        routing: await this.network.port(name, 6222 + i),
        store: this.stores[name] ?? join(this.directory, name),
      });
    }
    const places = this.engines.map((name) => this.place(name));
    const routes = places.map(({ address, routing }) => `${address}:${routing}`);
    for (const [i, place] of places.entries()) {
      this.#goesOn();
      const file = this.#write(place.name, natsConfiguration({ ...place, routes }));
      const monitoring = `http://${place.address}:${place.monitoring}`;
      const machine = this.#add(place.name, ["nats-server", "-c", file], async () =>
        (await get(`${monitoring}/healthz`)).status === 200);
      machine.launch();
      this.say(`NATS ${i + 1} of ${places.length}: pid ${machine.pid}, nats://${place.address}:${place.port}, ` +
        `what it has at ${monitoring}/jsz`);
    }
    if (places.length > 1) this.say("waits for the NATS servers to elect a leader");
    await Promise.all(places.map(({ name }) => this.machine(name).ready(LEADER_MS)));
  }

  async #startServer(name) {
    this.#goesOn();
    this.network.add(name);
    const address = this.network.address(name);
    const port = await this.network.port(name, 7778);
    this.#places.set(name, { name, address, port });
    const engines = await this.network.towards(name, this.engines.map((engine) => this.place(engine)));
    const machine = this.#add(name, [
      this.binary, "--bind", address, "--port", String(port), "--processor", "chat", "--quiet",
      "--cluster", engines.map((engine) => `nats://${engine.address}:${engine.port}`).join(","),
      ...this.serverOptions,
    ], async () => (await get(`http://${address}:${port}/readyz`)).status === 200);
    await machine.start();
    const number = this.servers.indexOf(name) + 1;
    this.say(`server ${number} of ${this.servers.length}: pid ${machine.pid}, http://${address}:${port}/`);
  }

  async #startProxy() {
    this.#goesOn();
    const servers = this.servers.map((name) => this.place(name));
    const file = this.#write("haproxy",
      haproxyConfiguration({ address: "127.0.0.1", port: this.port, servers }));
    const machine = this.#add("haproxy", ["haproxy", "-db", "-f", file], async () =>
      (await get(`http://127.0.0.1:${this.port}/healthz`)).status === 200);
    await machine.start();
    this.say(`HAProxy: pid ${machine.pid}, http://localhost:${this.port}/`);
  }

  /** The node that leads a stream of the engine; undefined while none does. */
  async leaderOf(stream) {
    for (const name of this.engines) {
      if (!this.machine(name).isRunning()) continue;
      const { address, monitoring } = this.place(name);
      const answer = await get(`http://${address}:${monitoring}/jsz?streams=true`).catch(() => undefined);
      const accounts = answer?.status === 200 ? JSON.parse(answer.text).account_details ?? [] : [];
      const found = accounts.flatMap((account) => account.stream_detail ?? []).find((one) => one.name === stream);
      // Of a single node nobody is elected.
      if (found) return this.engines.length > 1 ? found.cluster?.leader : name;
    }
    return undefined;
  }

  /** In order: who is in the chat is told that the server goes, while what stands before and behind it still is. */
  async stop() {
    this.#stopping = true;
    const running = (names) => names.map((name) => this.machine(name)).filter((one) => one?.isRunning());
    for (const names of [this.servers, ["haproxy"], this.engines]) {
      await Promise.all(running(names).map((machine) => machine.kill("SIGTERM").catch(() => machine.kill("SIGKILL"))));
    }
    await this.network.close();
    process.off("exit", this.#removeAtExit);
    this.#removeAtExit();
  }
}
