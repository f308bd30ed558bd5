// The program speaks TLS with clients that nobody here wrote: node, python, curl, openssl, Chromium.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer, get as httpsGet } from "node:https";
import { join } from "node:path";
import { test } from "node:test";
import { WebSocketServer } from "ws";
import { certificates, options, shown } from "./certificates.mjs";
import { launchBrowser } from "./page.mjs";
import { openPeer } from "./peer.mjs";
import { run } from "./run.mjs";
import { startServer } from "./server.mjs";
import { eventually, within } from "./wait.mjs";
import { echoOverWss } from "./wss_page.mjs";

const PATIENCE_MS = 20_000;
const MiB = 1 << 20;
const QUIET = ["--heartbeat", "0", "--log-level", "debug"];

/** A server with a certificate of its own, and what a client needs to believe it. */
async function start(t, ...args) {
  const made = certificates(t);
  const own = made.issue("server");
  const server = await startServer(t, ...options(own), ...QUIET, ...args);
  return { made, own, server, trust: { ca: own.cert } };
}

const client = (server, args, input) =>
  run("openssl", ["s_client", "-connect", `127.0.0.1:${server.port}`, ...args], input);

/** openssl, kept open: `say` types a line. */
function openssl(t, server, args) {
  const child = spawn("openssl", ["s_client", "-connect", `127.0.0.1:${server.port}`, ...args]);
  t.after(() => child.kill("SIGKILL"));
  let text = "";
  child.stdout.on("data", (data) => (text += data));
  child.stderr.on("data", (data) => (text += data));
  child.stdin.on("error", () => {});
  return {
    say: (line) => child.stdin.write(`${line}\n`),
    awaits: (pattern) => eventually(PATIENCE_MS, () => assert.match(text, pattern)),
    text: () => text,
  };
}

const REQUEST = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

async function status(port, path, trust) {
  const request = httpsGet({ host: "127.0.0.1", port, path, agent: false, ...trust });
  const [response] = await within(PATIENCE_MS, once(request, "response"), `an answer to ${path}`);
  response.resume();
  return response.statusCode;
}

test("node: an echo, one of 1 MiB, and a clean end; SIGTERM says 1001", async (t) => {
  const { server, trust } = await start(t);
  assert.match(server.url, /^https:/);
  const peer = await openPeer(t, server.wsUrl, trust);
  peer.socket.send("hello");
  assert.equal((await peer.next()).text, "hello");
  const large = Buffer.alloc(MiB, "0123456789abcdefg");
  peer.socket.send(large);
  assert.ok((await peer.next()).data.equals(large));
  peer.socket.close(3001, "enough");
  assert.deepEqual(await peer.closed(), { code: 3001, reason: "enough" });
  const other = await openPeer(t, server.wsUrl, trust);
  assert.equal((await server.stop()).code, 0);
  assert.equal((await other.closed()).code, 1001);
  assert.match(server.stderr(), /\[\d+\] closed by peer, 3001 "enough"\n/);
});

test("--listen: tls: speaks it, and tcp: beside it does not", async (t) => {
  const made = certificates(t);
  const own = made.issue("server");
  const server = await startServer(t, ...options(own), ...QUIET, "--listen", "tls:127.0.0.1:0", "--listen", "tcp:127.0.0.1:0");
  const [secure, plain] = [...server.stdout().matchAll(/^listening on (\S+)$/gm)].map(([, url]) => new URL(url));
  assert.deepEqual([secure.protocol, plain.protocol], ["https:", "http:"]);
  for (const [url, trust] of [[secure, { ca: own.cert }], [plain, {}]]) {
    const peer = await openPeer(t, `${url.href.replace("http", "ws")}ws`, trust);
    peer.socket.send("hello");
    assert.equal((await peer.next()).text, "hello");
  }
});

test("a stream that is cut without close_notify is an abort", async (t) => {
  const { server, trust } = await start(t);
  const peer = await openPeer(t, server.wsUrl, trust);
  peer.socket._socket._parent?.end(); // node keeps the socket under TLS there
  peer.socket._socket._handle?.close?.();
  await eventually(PATIENCE_MS, () => assert.match(server.stderr(), /\[\d+\] closed by network, 1006 "/));
});

test("python: an echo of every size, and a clean end", async (t) => {
  const { server, own } = await start(t);
  const program = `
import asyncio, ssl, websockets
async def main():
    trust = ssl.create_default_context(cafile="${own.chain}")
    async with websockets.connect("wss://localhost:${server.port}/ws", ssl=trust, max_size=None) as peer:
        for size in (1, 125, 126, 16384, 65536, 1 << 20):
            await peer.send(bytes(range(256)) * (size // 256) + b"x" * (size % 256))
            print(size, len(await peer.recv()))
    print("closed", peer.close_code)
asyncio.run(main())`;
  const { out, err } = await run("/usr/bin/python3", ["-c", program]);
  assert.equal(out, "1 1\n125 125\n126 126\n16384 16384\n65536 65536\n1048576 1048576\nclosed 1000\n", err);
});

test("curl gets the page, and who speaks plain HTTP is told so", async (t) => {
  const { server, own } = await start(t);
  const page = await run("curl", ["-sS", "--cacert", own.chain, `https://localhost:${server.port}/about.json`]);
  assert.equal(JSON.parse(page.out).tls, true);
  const plain = await run("curl", ["-sS", "-w", "%{http_code}", `http://127.0.0.1:${server.port}/`]);
  assert.match(plain.out, /^400: this port speaks TLS: .*\n400$/);
  await eventually(PATIENCE_MS, () => assert.match(server.stderr(), /no request: TLS: http request/));
});

test("what is too old, or speaks HTTP/2 alone, gets an alert", async (t) => {
  const { server } = await start(t);
  assert.match((await client(server, ["-tls1_1"])).all, /protocol version|no protocols available/);
  assert.match((await client(server, ["-alpn", "h2"])).all, /no application protocol/);
  assert.match((await client(server, ["-alpn", "h2,http/1.1"])).all, /ALPN protocol: http\/1\.1/);
  assert.match((await client(server, ["-tls1_2", "-cipher", "AES128-SHA"])).all, /handshake failure/);
});

test("--tls-min 1.3 speaks TLS 1.3 alone", async (t) => {
  const { server } = await start(t, "--tls-min", "1.3");
  assert.match((await client(server, ["-tls1_2"])).all, /protocol version/);
  assert.match((await client(server, ["-tls1_3"])).all, /New, TLSv1\.3/);
});

test("a session is resumed, and no early data are taken", async (t) => {
  const { server, made } = await start(t);
  const session = join(made.folder, "session");
  const data = join(made.folder, "early");
  writeFileSync(data, REQUEST);
  const first = openssl(t, server, ["-sess_out", session, "-ign_eof"]);
  first.say(REQUEST);
  await first.awaits(/closed/);
  assert.match(first.text(), /Max Early Data: 0/);
  assert.match((await client(server, ["-sess_in", session])).all, /Reused, TLSv1\.3/);
  const early = await client(server, ["-sess_in", session, "-early_data", data]);
  assert.match(early.all, /Early data was (not sent|rejected)/);
});

test("renegotiation is refused", async (t) => {
  const { server } = await start(t);
  const peer = openssl(t, server, ["-tls1_2"]);
  await peer.awaits(/New, TLSv1\.2/);
  peer.say("R");
  await peer.awaits(/RENEGOTIATING/);
  await eventually(PATIENCE_MS, () => assert.match(peer.text(), /no renegotiation/));
});

test("key updates in a flood are answered, and the request behind them, too", async (t) => {
  const { server } = await start(t, "--handshake-timeout", "100");
  const peer = openssl(t, server, ["-tls1_3"]);
  await peer.awaits(/New, TLSv1\.3/);
  for (let i = 1; i <= 100; i += 1) { // of several lines at once it would look at the first alone
    peer.say("K");
    await eventually(PATIENCE_MS, () => assert.equal(peer.text().split("KEYUPDATE").length, i + 1));
  }
  peer.say(REQUEST);
  await peer.awaits(/HTTP\/1\.1 200 OK/);
});

test("with --tls-client-ca only who has a certificate comes in", async (t) => {
  const made = certificates(t);
  const [own, ca, other] = ["server", "ca", "other"].map((name) => made.issue(name));
  const server = await startServer(t, ...options(own), ...QUIET, "--tls-client-ca", ca.chain);
  const trust = { ca: own.cert };
  const as = (who) => ({ ...trust, cert: who.cert, key: who.keyText });
  assert.equal(await status(server.port, "/healthz", as(made.issue("alice", ca))), 200);
  const peer = await openPeer(t, server.wsUrl, as(made.issue("bob", ca)));
  peer.socket.send("hello");
  assert.equal((await peer.next()).text, "hello");
  await assert.rejects(status(server.port, "/healthz", trust));
  await assert.rejects(status(server.port, "/healthz", as(made.issue("mallory", other))));
  await eventually(PATIENCE_MS, () => assert.match(server.stderr(), /peer did not return a certificate/));
  await eventually(PATIENCE_MS, () => assert.match(server.stderr(), /the certificate is not believed: unable to get local issuer/));
});

test("SIGHUP reads certificate and key again, and who is connected stays", async (t) => {
  const { made, own, server } = await start(t);
  const peer = await openPeer(t, server.wsUrl, { rejectUnauthorized: false });
  let sent = 0, got = 0, stop = false;
  peer.socket.on("message", (data) => {
    assert.equal(data.toString(), String(got));
    got += 1;
    if (!stop) peer.socket.send(String((sent += 1)));
  });
  for (let i = 0; i < 16; i += 1) peer.socket.send(String(i));
  sent = 15;
  assert.equal(await shown(server.port), "server");
  for (const name of ["renewed", "once more"]) {
    const next = made.issue(name);
    const before = got;
    renameSync(next.key, own.key);
    renameSync(next.chain, own.chain);
    process.kill(server.pid, "SIGHUP");
    await eventually(PATIENCE_MS, async () => assert.equal(await shown(server.port), name));
    await eventually(PATIENCE_MS, () => assert.ok(got > before + 100));
  }
  assert.match(server.stderr(), /TLS: the certificates were read again\n/);
  stop = true;
  await eventually(PATIENCE_MS, () => assert.equal(got, sent + 1));
  peer.socket.close(1000);
  assert.equal((await peer.closed()).code, 1000);
});

test("a bad file at SIGHUP is one line, and the old certificate stays", async (t) => {
  const { made, own, server } = await start(t);
  const kept = join(made.folder, "kept");
  copyFileSync(own.key, kept);
  writeFileSync(own.key, "no key\n");
  process.kill(server.pid, "SIGHUP");
  await eventually(PATIENCE_MS, () =>
    assert.match(server.stderr(), / error TLS stays as it was: cannot use the key .*\n/));
  assert.equal(await shown(server.port), "server");
  copyFileSync(made.issue("other").key, own.key); // of another certificate
  process.kill(server.pid, "SIGHUP");
  await eventually(PATIENCE_MS, () => assert.match(server.stderr(), /stays as it was: .*mismatch/));
  copyFileSync(kept, own.key);
  process.kill(server.pid, "SIGHUP");
  await eventually(PATIENCE_MS, () => assert.match(server.stderr(), /read again/));
  assert.equal(await shown(server.port), "server");
});

test("options of TLS that do not fit together are one line and status 2", async (t) => {
  const own = certificates(t).issue("server");
  const refused = [
    ["--tls-certificate", own.chain],
    ["--tls-key", own.key],
    ["--tls-certificate", own.chain, "--tls-key", "/no/such/file"],
    ["--tls-certificate", own.key, "--tls-key", own.key],
    ["--tls-client-ca", own.chain],
    ["--tls-min", "1.3"],
    ["--tls-min", "1.1", ...options(own)],
    [...options(own), "--tls-client-ca", own.key],
  ];
  for (const args of refused) {
    const { status: code, out, err } = await run(process.env.TRILOOP_BINARY, ["--port", "0", ...args]);
    assert.equal(code, 2, args.join(" "));
    assert.equal(out, "");
    assert.match(err, /^triloop: [^\n]+\(see triloop --help\)\n$/);
  }
});

test("Chromium opens the page, and its wss", async (t) => {
  const { server } = await start(t);
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage({ ignoreHTTPSErrors: true });
  await page.goto(server.url.replace("127.0.0.1", "localhost"));
  const answer = await echoOverWss(page, 1000);
  assert.deepEqual(answer, { data: "from a browser", code: 1000, wasClean: true });
});

// ---- triloop dial ----

/** Runs `triloop dial` with that input to its end. */
const dial = (input, ...args) => run(process.env.TRILOOP_BINARY, ["dial", ...args], input);

/** node's ws over node's https: what a client asked for, by its servername. */
async function nodeServer(t, own) {
  const asked = [];
  const https = createServer({ cert: own.cert, key: own.keyText, SNICallback: (name, done) => {
    asked.push(name);
    done(null);
  } });
  const sockets = new WebSocketServer({ server: https });
  sockets.on("connection", (socket) => socket.on("message", (data, binary) => socket.send(data, { binary })));
  await new Promise((resolve) => https.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    sockets.clients.forEach((socket) => socket.terminate());
    https.closeAllConnections();
    https.close();
  });
  return { port: https.address().port, asked };
}

test("dial: node's ws echoes over TLS, is asked for by its name, and ends cleanly", async (t) => {
  const own = certificates(t).issue("server");
  const { port, asked } = await nodeServer(t, own);
  const lines = Array.from({ length: 300 }, (_, i) => "abc".repeat(i * 7) + i);
  const { status, out, err } = await dial(`${lines.join("\n")}\n`, "--ca", own.chain, "--count", "300", `wss://localhost:${port}/`);
  assert.deepEqual([status, err], [0, ""]);
  assert.deepEqual(out.split("\n").slice(0, -1), lines);
  assert.deepEqual(asked, ["localhost"]);
});

test("dial: who is not believed gets no connection and no message, unless --insecure, which says so", async (t) => {
  const { server } = await start(t);
  const url = server.wsUrl;
  const refused = await dial("secret\n", "--count", "1", url);
  assert.deepEqual([refused.status, refused.out], [1, ""]);
  assert.equal(refused.err, "triloop: cannot open the stream: the certificate is not believed: self-signed certificate\n");
  const insecure = await dial("hello\n", "--count", "1", "--insecure", url);
  assert.deepEqual([insecure.status, insecure.out], [0, "hello\n"]);
  assert.match(insecure.err, /^triloop: --insecure: nobody has looked at who answers, and who may read this\n$/);
  assert.doesNotMatch(server.stdout(), /secret/);
});

test("dial: it shows the certificate that it is given to a server that asks", async (t) => {
  const made = certificates(t);
  const [own, mine] = [made.issue("server"), made.issue("client")];
  const server = await startServer(t, ...options(own), ...QUIET, "--tls-client-ca", mine.chain);
  const trust = ["--ca", own.chain, "--count", "1"];
  const with_ = await dial("hello\n", ...trust, "--certificate", mine.chain, "--key", mine.key, server.wsUrl);
  assert.deepEqual([with_.status, with_.out, with_.err], [0, "hello\n", ""]);
  const without = await dial("hello\n", ...trust, server.wsUrl);
  assert.equal(without.status, 1);
  assert.match(without.err, /certificate required/);
  const half = await dial("", "--certificate", mine.chain, server.wsUrl);
  assert.equal(half.status, 2);
  assert.match(half.err, /--certificate requires --key/);
});

test("dial: wss to a port without TLS, and ws to one with it, end at once and say why", async (t) => {
  const { server } = await start(t);
  const plain = await startServer(t, ...QUIET);
  const wrong = await dial("", plain.wsUrl.replace("ws:", "wss:"));
  assert.equal(wrong.status, 1);
  assert.match(wrong.err, /^triloop: cannot open the stream: /);
  const other = await dial("", server.wsUrl.replace("wss:", "ws:"));
  assert.equal(other.status, 1);
  assert.match(other.err, /the server answered 400: 400: this port speaks TLS/);
});
