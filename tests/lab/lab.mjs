// Causes one of the lab's scenarios, and tells what is to be seen.
//
//     node tests/lab/lab.mjs NAME [--port 7777] [--binary PROGRAM]
//
// On the server at that port of this machine, if there is one: so it can be watched on its page. Else a server is
// started for it.

import { parseArgs } from "node:util";
import { startServer } from "../faults/process.mjs";
import { scenarios } from "./scenarios.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { port: { type: "string", default: "7777" }, binary: { type: "string" } },
});

async function answers(url) {
  try {
    return (await fetch(new URL("/inspect.json", url))).ok;
  } catch {
    return false;
  }
}

async function main() {
  const [name] = positionals;
  const scenario = scenarios[name];
  if (!scenario || positionals.length !== 1) {
    const all = Object.entries(scenarios).map(([one, { lookFor }]) => `  ${one}\n      ${lookFor}`);
    console.error(`lab: give the name of a scenario:\n${all.join("\n")}`);
    process.exitCode = 2;
    return;
  }
  let url = new URL(`http://127.0.0.1:${values.port}/`);
  let server;
  if (!(await answers(url))) {
    console.log(`No server answers at port ${values.port}: one is started for this. --port says where yours is.`);
    server = await startServer(null, [], { binary: values.binary });
    url = new URL(`http://127.0.0.1:${server.port}/`);
  }
  try {
    console.log(`${url}\n${scenario.lookFor}\n`);
    await scenario.run(url, (line) => console.log(line));
    console.log("\nseen");
  } finally {
    await server?.stop();
  }
}

try {
  await main();
} catch (error) {
  console.error(`lab: ${error.message}`);
  process.exitCode = 1;
}
