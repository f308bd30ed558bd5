// What sslscan and testssl.sh find in the program: nothing to complain of, but what is accepted below.
//
//     TRILOOP_BINARY=build/dev/triloop TLS_EXTENT=named node --test tests/tls/scanners.test.mjs

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { certificates, options } from "../e2e/certificates.mjs";
import { startServer } from "../e2e/server.mjs";

const run = (command, args, settings) => new Promise((resolve) => {
  execFile(command, args, { maxBuffer: 1 << 26, ...settings }, (error, out, err) => resolve({ error, out, err }));
});

// id of testssl.sh: why that is no fault of the program's. (Of the certificate, which the test makes, nothing.)
const ACCEPTED = {};

async function start(t) {
  const made = certificates(t);
  const ca = made.issue("ca");
  const server = await startServer(t, ...options(made.issue("server", ca)), "--quiet");
  return { made, ca, server };
}

test("sslscan finds TLS 1.2 and 1.3, forward secrecy and AEAD, and nothing else", { timeout: 120_000 }, async (t) => {
  const { server } = await start(t);
  const { out } = await run("sslscan", ["--no-colour", `localhost:${server.port}`]);
  for (const old of ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"]) assert.match(out, new RegExp(`${old} +disabled`));
  for (const spoken of ["TLSv1.2", "TLSv1.3"]) {
    assert.match(out, new RegExp(`${spoken} +enabled`));
    assert.match(out, new RegExp(`${spoken} not vulnerable to heartbleed`));
  }
  const ciphers = [...out.matchAll(/^(?:Preferred|Accepted) +(\S+) +\d+ bits +(\S+)/gm)];
  assert.ok(ciphers.length >= 5, out);
  for (const [, version, name] of ciphers) {
    assert.match(name, version === "TLSv1.3" ? /^TLS_(AES|CHACHA20)_/ : /^ECDHE-\S+-(GCM-SHA\d+|CHACHA20-POLY1305)$/);
  }
  assert.match(out, /Session renegotiation not supported/);
  assert.match(out, /Server supports TLS Fallback SCSV/);
});

test("testssl.sh finds nothing above low, but what is accepted", {
  timeout: 900_000,
  skip: process.env.TLS_EXTENT === "named" ? false : "some minutes: only when the part is named",
}, async (t) => {
  const { made, ca, server } = await start(t);
  const report = join(made.folder, "report.json");
  const { out } = await run("testssl", ["--quiet", "--color", "0", "--warnings", "off", "--ip", "127.0.0.1",
    "--add-ca", ca.chain, "--jsonfile", report, `localhost:${server.port}`], { cwd: made.folder });
  const found = JSON.parse(readFileSync(report, "utf8"));
  assert.ok(found.length > 100, out);
  const complaints = found.filter(({ severity }) => /MEDIUM|HIGH|CRITICAL|FATAL/.test(severity));
  assert.deepEqual(complaints.filter(({ id }) => !(id in ACCEPTED)), []);
  assert.deepEqual(Object.keys(ACCEPTED).filter((id) => !complaints.some((each) => each.id === id)), [], "accepted, and not found");
});
