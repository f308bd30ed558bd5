// A whole cluster on this machine, to look at and to break: servers, the engine's nodes, HAProxy in front.
//
//     node tests/cluster/run.mjs --binary PROGRAM [N] [--port 7777] [SERVER OPTIONS]

import { Cluster } from "./machines.mjs";

const MOST_SERVERS = 9;
const USAGE = `./run.sh cluster [N] [--port PORT] [SERVER OPTIONS]

N servers (from 1 to ${MOST_SERVERS}; 3) that share their rooms, three NATS servers, and HAProxy in front of all at PORT (7777).
The options are those of ./run.sh --help; each server gets them. Ctrl+C ends all, and leaves nothing behind.`;

/** Takes `name VALUE` or `name=VALUE` out of the arguments; what is left is the servers'. */
function take(args, name, otherwise) {
  const at = args.findIndex((one) => one === name || one.startsWith(`${name}=`));
  if (at < 0) return otherwise;
  const [first] = args.splice(at, 1);
  if (first !== name) return first.slice(name.length + 1);
  if (at >= args.length) throw new Error(`${name} wants a value`);
  return args.splice(at, 1)[0];
}

function readArguments(args) {
  const binary = take(args, "--binary");
  const port = Number(take(args, "--port", "7777"));
  const servers = /^\d+$/.test(args[0] ?? "") ? Number(args.shift()) : 3;
  if (!binary) throw new Error("--binary says which program is the server");
  if (!Number.isInteger(port) || port < 1 || port > 65535) throw new Error("--port wants a number from 1 to 65535");
  if (servers < 1 || servers > MOST_SERVERS) throw new Error(`from 1 to ${MOST_SERVERS} servers`);
  return { binary, port, servers, serverOptions: args };
}

// The first asks for an end in order, and the next for one at once: what was started ends with this program.
function askedToEnd() {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve();
      });
    }
  });
}

async function main() {
  const args = process.argv.slice(2);
  if (args.includes("--help") || args.includes("-h")) return console.log(USAGE);
  const options = readArguments(args);
  const asked = askedToEnd();
  const cluster = new Cluster({
    ...options,
    say: (line) => console.log(line),
    ended: ({ name, pid, how }) => console.log(`${name}, pid ${pid}, has ended: ${how}. The others go on.`),
  });
  try {
    const started = await Promise.race([cluster.start().then(() => true), asked]);
    if (started) {
      console.log(`open http://localhost:${options.port}/chat in a browser, or in several; ` +
        "to see what an ending does: kill -9 PID");
      await asked;
    }
    console.log("ends: servers, HAProxy, NATS");
  } finally {
    await cluster.stop();
  }
}

try {
  await main();
} catch (error) {
  console.error(`cluster: ${error.message}`);
  process.exitCode = 1;
}
