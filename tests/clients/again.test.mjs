// Clients that come back by themselves: whether they do, behind what a server does, and how soon. Who is known to come back
// comes back, and who is known not to does not; the seconds are told, and nothing hangs on them.
//
//     TRILOOP_BINARY=build/dev/triloop node --test tests/clients/again.test.mjs
//
// TRILOOP_AGAIN_RESULTS: the file for what was seen, as JSON. CLIENTS=dial,rxjs: only these, which have to be installed.
// CHECKS=kill: only these.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { cases, programs, versionHere } from "./again.mjs";

const RUNS = 3;

const named = (list) => list?.split(",").filter(Boolean);
const wanted = named(process.env.CLIENTS), asked = named(process.env.CHECKS);
const help = execFileSync(process.env.TRILOOP_BINARY, ["--help"], { encoding: "utf8" });
const seen = [];

const secondsOf = ({ seconds = Infinity }) => seconds;
const median = (runs) => [...runs].sort((a, b) => secondsOf(a) - secondsOf(b))[Math.floor(runs.length / 2)];
const inWords = ({ seconds, never, code }) => `${never ? `not in ${never} s` : `${seconds.toFixed(2)} s`} behind ${code}`;

async function tried(t, program, one) {
  const comesBack = program.comesBack[one.id];
  const runs = [];
  while (runs.length < (comesBack ? RUNS : 1)) runs.push(await one.run({ t, program, comesBack }));
  const account = runs.map(inWords).join(", ");
  t.diagnostic(account);
  if (comesBack === true) assert.ok(!runs.some(({ never }) => never), account);
  if (comesBack === false) assert.ok(runs.every(({ never }) => never), `it is known not to come back, and its entry has to say so: ${account}`);
  return median(runs);
}

// They wait more than they compute.
describe("clients that come back by themselves", { concurrency: 4 }, () => {
  for (const program of programs) {
    const { id, name, language } = program;
    if (wanted && !wanted.includes(id)) continue;
    const version = versionHere(program);
    if (!version) {
      test(id, { skip: wanted ? false : "it is not installed" }, () => assert.fail("it is not installed"));
      continue;
    }
    describe(`${id} ${version}`, { concurrency: 2 }, () => {
      const result = { id, name, version, language, cases: {} };
      seen.push(result);
      for (const one of cases) {
        if (asked && !asked.includes(one.id)) continue;
        const skip = one.needs && !help.includes(one.needs) ? `this server has no ${one.needs}` : false;
        test(`${id}: ${one.title}`, { skip, timeout: 600_000 }, async (t) => {
          result.cases[one.id] = await tried(t, program, one);
        });
      }
    });
  }
});

const inOrder = (cells) => Object.fromEntries(cases.filter(({ id }) => id in cells).map(({ id }) => [id, cells[id]]));

after(() => {
  const results = seen.map((result) => ({ ...result, cases: inOrder(result.cases) }));
  if (process.env.TRILOOP_AGAIN_RESULTS) writeFileSync(process.env.TRILOOP_AGAIN_RESULTS, `${JSON.stringify(results, null, 2)}\n`);
});
