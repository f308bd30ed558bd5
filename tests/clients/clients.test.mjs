// Every client that is installed, with every check. Writes what it has seen to docs/clients.md if TRILOOP_CLIENTS_PAGE says where.
//
//     TRILOOP_BINARY=build/dev/triloop TRILOOP_CLIENTS_SERVER=build/dev/tests/clients_server node --test tests/clients/clients.test.mjs
//
// CLIENTS=ws,aiohttp: only these, and each has to be there. CHECKS=text,1001: only these.

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { checks } from "./checks.mjs";
import { build, clients } from "./clients.mjs";
import { writePage } from "./page.mjs";

const named = (list) => list?.split(",").filter(Boolean);
const wanted = named(process.env.CLIENTS), asked = named(process.env.CHECKS);
const seen = new Map(); // of each client its cells

/** What its cell says: the check's own words; of what the client is known to do otherwise, that. */
async function cellOf(one, check) {
  const { client } = one;
  if (check.needs && !client.can[check.needs]) return "-";
  const known = client.except[check.id];
  try {
    const said = (await check.run(one)) ?? "yes";
    if (known && !known.sometimes) throw new Error(`${client.id} is known for "${known.is}", and is right now: about.mjs has to say so`);
    return known ? `mostly: ${known.is}` : said;
  } catch (error) {
    if (!known || !known.seen.test(error.message)) throw error;
    return known.is;
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

after(() => {
  if (process.env.TRILOOP_CLIENTS_PAGE) writePage(process.env.TRILOOP_CLIENTS_PAGE, seen);
});
