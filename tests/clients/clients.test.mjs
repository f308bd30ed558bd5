// Every client that is installed, with every check; and docs/clients.md says what was seen. TRILOOP_CLIENTS_PAGE: where to write it anew.
//
//     TRILOOP_BINARY=build/dev/triloop TRILOOP_CLIENTS_SERVER=build/dev/tests/clients_server node --test tests/clients/clients.test.mjs
//
// CLIENTS=ws,aiohttp: only these, and each has to be there. CHECKS=text,1001: only these.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { checks } from "./checks.mjs";
import { build, clients } from "./clients.mjs";
import { missing, writePage } from "./page.mjs";

const named = (list) => list?.split(",").filter(Boolean);
const wanted = named(process.env.CLIENTS), asked = named(process.env.CHECKS);
const seen = new Map(); // of each client its cells

const PAGE = fileURLToPath(new URL("../../docs/clients.md", import.meta.url));
// What again.test.mjs has seen, if it ran before.
const again = () => process.env.TRILOOP_AGAIN_RESULTS && JSON.parse(readFileSync(process.env.TRILOOP_AGAIN_RESULTS, "utf8"));

/**
 * What its cell says: the check's own words; of what the client is known to do otherwise, that. What it does at times is said in either
 * case: the page does not depend on the run.
 */
async function cellOf(one, check) {
  const { client } = one;
  if (check.needs && !client.can[check.needs]) return "-";
  const known = client.except[check.id];
  const cell = known?.sometimes ? `at times ${known.is}` : known?.is;
  try {
    const said = (await check.run(one)) ?? "yes";
    if (known && !known.sometimes) throw new Error(`${client.id} is known for "${known.is}", and is right now: about.mjs has to say so`);
    return cell ?? said;
  } catch (error) {
    if (!known || !known.seen.test(error.message)) throw error;
    return cell;
  }
}

for (const client of await clients()) {
  if (wanted && !wanted.includes(client.id)) continue;
  if (!client.version) {
    test(client.id, { skip: wanted ? false : "it is not installed" }, () => assert.fail("it is not installed"));
    continue;
  }
  describe(`${client.id} ${client.version}`, { concurrency: 2 }, () => {
    let built;
    const cells = {};
    seen.set(client, cells);
    for (const check of checks) {
      if (asked && !asked.includes(check.id)) continue;
      test(`${client.id}: ${check.title}`, { timeout: 300_000 }, async (t) => {
        built ??= build(client);
        cells[check.id] = await cellOf({ t, client: built }, check);
        t.diagnostic(cells[check.id]);
      });
    }
  });
}

// At the end, with all that has been seen. Of a choice nothing is written: a page is of one run.
const file = process.env.TRILOOP_CLIENTS_PAGE;
if (!asked) {
  test("clients: the page says what each does", () => {
    if (file && !wanted) return writePage(file, seen, again());
    for (const [client, cells] of seen) assert.deepEqual(missing(PAGE, client, cells), [], "this is not on docs/clients.md");
  });
}
