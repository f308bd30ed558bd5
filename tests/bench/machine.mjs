// On what it was measured.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { cpus, loadavg, release, totalmem } from "node:os";

const PACKAGES = ["golang-go", "golang-github-gorilla-websocket-dev", "libboost-dev", "libwebsocketpp-dev", "libasio-dev",
  "python3-websockets", "zlib1g-dev", "libssl3", "haproxy", "nginx"];

function firstLine(command, ...args) {
  try {
    return execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).split("\n")[0];
  } catch {
    return "not found";
  }
}

function compilerOf(build) {
  const cache = readFileSync(`${build}/CMakeCache.txt`, "utf8");
  const compiler = /^CMAKE_CXX_COMPILER:\w+=(.*)$/m.exec(cache)?.[1] ?? "c++";
  return firstLine(compiler, "--version");
}

const wsVersion = () =>
  JSON.parse(readFileSync(new URL("node_modules/ws/package.json", import.meta.url), "utf8")).version;

export function machineFacts(build) {
  return {
    date: new Date().toISOString().slice(0, 10),
    cpu: cpus()[0].model,
    cores: cpus().length,
    memoryBytes: totalmem(),
    kernel: release(),
    load: loadavg()[0],
    compiler: compilerOf(build),
    go: firstLine("go", "version"),
    node: `node ${process.version} with ws ${wsVersion()}`,
    packages: Object.fromEntries(PACKAGES.map((name) => [name, firstLine("dpkg-query", "-W", "-f=${Version}", name)])),
  };
}
