// crowd.mjs URL CLIENTS TIMES COMMAND...: a crowd (tests/e2e/crowd.mjs) talks while the command is run
// so many times, each time when it is in full swing again.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Crowd } from "../e2e/crowd.mjs";

const [url, clients, times, ...command] = process.argv.slice(2);
const crowd = new Crowd(url, Number(clients));
for (let time = 0; time < Number(times); time += 1) {
  const before = crowd.connects;
  await crowd.until(() => crowd.connects >= before + crowd.size);
  await promisify(execFile)(command[0], command.slice(1));
}
const counts = await crowd.home();
console.log(JSON.stringify(counts));
assert.ok(counts.sentAway > 0, "nobody noticed");
