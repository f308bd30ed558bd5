// An engine that wants to know who comes: TLS both ways, a user and a password.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { freePort } from "../e2e/free_port.mjs";
import { openPeer } from "../e2e/peer.mjs";
import { startServer } from "../e2e/server.mjs";
import { insist } from "../scaling/nats.mjs";

let folder;
let port;
let engine;

const openssl = (...args) => execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });

/** NAME.pem and NAME.key, signed by the authority `by`, or by itself. */
function certify(name, by, extension) {
  writeFileSync(join(folder, `${name}.ext`), extension);
  openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", `${name}.key`, "-subj", `/CN=${name}`, "-out", `${name}.csr`);
  const signed = by ? ["-CA", `${by}.pem`, "-CAkey", `${by}.key`, "-CAcreateserial"] : ["-signkey", `${name}.key`];
  openssl("x509", "-req", "-in", `${name}.csr`, ...signed, "-days", "2", "-extfile", `${name}.ext`, "-out", `${name}.pem`);
}

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "triloop-secure-"));
  for (const authority of ["ca", "other"]) certify(authority, undefined, "basicConstraints=critical,CA:true\n");
  certify("engine", "ca", "subjectAltName=IP:127.0.0.1\n");
  certify("client", "ca", "subjectAltName=DNS:triloop\n");
  port = await freePort();
  const configuration = join(folder, "nats.conf");
  writeFileSync(configuration, `listen: "127.0.0.1:${port}"
jetstream { store_dir: "${join(folder, "store")}" }
authorization { user: triloop, password: secret }
tls { cert_file: "${folder}/engine.pem", key_file: "${folder}/engine.key", ca_file: "${folder}/ca.pem", verify: true }
`);
  engine = spawn("nats-server", ["-c", configuration], { stdio: "ignore" });
  await insist(async () => {
    const socket = net.connect(port, "127.0.0.1");
    await once(socket, "connect");
    socket.destroy();
  });
});
after(async () => {
  engine.kill("SIGKILL");
  await once(engine, "exit");
  rmSync(folder, { recursive: true, force: true });
});

const file = (name) => join(folder, name);
const start = (t, user, ...options) =>
  startServer(t, "--quiet", "--processor", "chat", "--cluster", `tls://${user}@127.0.0.1:${port}`, ...options);
const own = () => ["--cluster-certificate", file("client.pem"), "--cluster-key", file("client.key")];

test("who shows certificate, user and password is let in, and knows with whom it speaks", async (t) => {
  const server = await start(t, "triloop:secret", "--cluster-ca", file("ca.pem"), ...own());
  const ann = await openPeer(t, `${server.wsUrl}?room=lobby&name=ann`);
  assert.equal(JSON.parse((await ann.next()).text).type, "welcome");
});

for (const [what, user, options] of [
  ["another authority's engine", "triloop:secret", () => ["--cluster-ca", file("other.pem"), ...own()]],
  ["a wrong password", "triloop:wrong", () => ["--cluster-ca", file("ca.pem"), ...own()]],
]) {
  test(`${what}: it does not start, says why, and tells the log no password`, async (t) => {
    const said = await start(t, user, ...options()).then(() => "it started", (error) => error.message);
    assert.match(said, /the engine cannot be reached/);
    assert.doesNotMatch(said, /secret|wrong/);
  });
}
