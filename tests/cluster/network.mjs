// Where the machines of a cluster are: their addresses, their ports, and what a command needs before it to
// run there. Three ways to lay it out; the latter two can part a server from the engine.

import { execFileSync } from "node:child_process";
import { once } from "node:events";
import net from "node:net";
import { Relay } from "./relay.mjs";

const PORTS_TO_TRY = 200;

async function isFree(port, address) {
  const server = net.createServer().listen(port, address);
  try {
    await once(server, "listening");
    server.close();
    await once(server, "close");
    return true;
  } catch (error) {
    if (error.code === "EADDRINUSE" || error.code === "EACCES") return false;
    throw error;
  }
}

/** Throws where somebody else listens already. */
export async function mustBeFree(port, address) {
  if (!(await isFree(port, address))) throw new Error(`port ${port} of ${address} is taken; --port says another`);
}

/** For tests, which run beside each other: as far from the ports that one wants for others to be unlikely there. */
export const elsewhere = () => 2_000 + 20 * Math.floor(Math.random() * 900);

/** All on this machine's loopback, each at a port of its own, `offset` behind the usual one. */
export class Loopback {
  #given = new Set();

  constructor(offset = 0) {
    this.offset = offset;
  }

  add() {}
  address() {
    return "127.0.0.1";
  }
  within() {
    return [];
  }

  /**
   * The first one free from there on. Not one that the kernel chooses: those are also given to connections
   * that go out, so a machine that comes again might find its port taken by a member.
   */
  async port(name, wanted) {
    const first = wanted + this.offset;
    for (let port = first; port < first + PORTS_TO_TRY; port += 1) {
      if (this.#given.has(port) || !(await isFree(port, this.address(name)))) continue;
      this.#given.add(port);
      return port;
    }
    throw new Error(`no free port from ${first} to ${first + PORTS_TO_TRY - 1}`);
  }

  /** The places { address, port } of the engine's nodes, as `server` is to reach them. */
  async towards(server, engines) {
    return engines;
  }
  async close() {}
}

/** The same, with a relay between each server and each node of the engine, which can stop forwarding. */
export class RelayedLoopback extends Loopback {
  name = "loopback, with relays to the engine";
  #relays = new Map();

  async towards(server, engines) {
    const relays = await Promise.all(engines.map((engine) => Relay.open(engine, this.address(server))));
    this.#relays.set(server, relays);
    return relays.map(({ port }) => ({ address: this.address(server), port }));
  }

  part(server) {
    this.#relays.get(server).forEach((relay) => relay.stop());
  }
  rejoin(server) {
    this.#relays.get(server).forEach((relay) => relay.go());
  }
  async close() {
    for (const relays of this.#relays.values()) relays.forEach((relay) => relay.close());
  }
}

// Two networks, as behind a real proxy: what is in front of the servers, and the engine's.
const FRONT = { bridge: "front", prefix: "10.78.1" };
const ENGINE = { bridge: "engine", prefix: "10.78.2" };
const US = 254;

/**
 * A network namespace for each server and each node of the engine, joined by two bridges in the namespace
 * that this program runs in: cluster.sh makes that one, and removes all whose names begin with `tag`.
 */
export class Namespaces {
  name = "network namespaces";
  #hosts = new Map();

  constructor(tag) {
    this.tag = tag;
    execFileSync("ip", ["link", "set", "lo", "up"]);
    for (const { bridge, prefix } of [FRONT, ENGINE]) {
      execFileSync("ip", ["link", "add", "name", bridge, "type", "bridge"]);
      execFileSync("ip", ["address", "add", `${prefix}.${US}/24`, "dev", bridge]);
      execFileSync("ip", ["link", "set", bridge, "up"]);
    }
  }

  #namespace(name) {
    return `${this.tag}-${name}`;
  }

  /** `name` is server-N or nats-N. */
  add(name) {
    const [kind, number] = name.split("-");
    const host = kind === "server" ? Number(number) : 100 + Number(number);
    this.#hosts.set(name, { host, of: kind === "server" ? FRONT : ENGINE });
    const namespace = this.#namespace(name);
    execFileSync("ip", ["netns", "add", namespace]);
    execFileSync("ip", ["-n", namespace, "link", "set", "lo", "up"]);
    for (const { bridge, prefix } of kind === "server" ? [FRONT, ENGINE] : [ENGINE]) {
      const ours = this.#cable(name, bridge);
      execFileSync("ip", ["link", "add", "name", ours, "type", "veth", "peer", "name", bridge, "netns", namespace]);
      execFileSync("ip", ["link", "set", ours, "master", bridge, "up"]);
      execFileSync("ip", ["-n", namespace, "address", "add", `${prefix}.${host}/24`, "dev", bridge]);
      execFileSync("ip", ["-n", namespace, "link", "set", bridge, "up"]);
    }
  }

  address(name) {
    const place = this.#hosts.get(name);
    return place ? `${place.of.prefix}.${place.host}` : "127.0.0.1";
  }
  within(name) {
    return this.#hosts.has(name) ? ["ip", "netns", "exec", this.#namespace(name)] : [];
  }
  async port(name, wanted) {
    return wanted; // nobody else is there
  }
  async towards(server, engines) {
    return engines;
  }

  #cable(name, bridge) {
    return `${name}-${bridge}`;
  }

  // The cable stays in, and leads nowhere: packets vanish both ways, and nobody is told.
  part(server) {
    execFileSync("ip", ["link", "set", "dev", this.#cable(server, ENGINE.bridge), "nomaster"]);
  }
  rejoin(server) {
    execFileSync("ip", ["link", "set", "dev", this.#cable(server, ENGINE.bridge), "master", ENGINE.bridge]);
  }
  async close() {}
}
