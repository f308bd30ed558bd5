// What every client is tried with: one table for all. A check throws, or returns what its cell of the page says; nothing
// is "yes".

import assert from "node:assert/strict";
import { certificates, options as tlsOptions } from "../e2e/certificates.mjs";
import { answering } from "../e2e/odd_server.mjs";
import { startProgram, startServer } from "../e2e/server.mjs";
import { eventually } from "../e2e/wait.mjs";
import { PATIENCE_MS, start } from "./client.mjs";
import { binaries, files, hundred, middling, small, texts, thousand, tooLarge } from "./messages.mjs";
import { NO_TEXT, injectingRelay } from "./relay.mjs";

const OWN_SERVER = process.env.TRILOOP_CLIENTS_SERVER;
const LONG_REASON = "x".repeat(123); // RFC 6455 section 5.5: 125 bytes, of which 2 are the code
const SLOW = "?delay=5ms"; // so that echoes are owed

// Without the server's own message every two seconds: a slow client would hear it between its echoes.
const echo = (t, ...args) => startServer(t, "--heartbeat", "0", "--compress-window", "15", ...args);
const own = (t, ...args) => startProgram(t, OWN_SERVER, ...args);
const at = (server, path) => new URL(path, server.wsUrl).href;
const inspect = async (server) => (await fetch(new URL("/inspect.json", server.url))).json();

function assertEchoes(run, sent) {
  run.messages.forEach(({ what, data }, i) => {
    assert.ok(i < sent.length, `it heard more than was said: ${run.account}`);
    assert.equal(what, sent[i].type, `message ${i}: ${run.account}`);
    assert.ok(data.equals(sent[i].bytes), `message ${i}, of ${sent[i].bytes.length} bytes, came as another one of ${data.length}`);
  });
  assert.equal(run.messages.length, sent.length, `echoes: ${run.account}`);
}

/** It ended with `code`, and cleanly, as far as it can tell. */
function assertClosed(client, run, code, reason) {
  assert.ok(run.closed, `it does not say how it ended: ${run.account}`);
  if (client.can.code) assert.equal(Number(run.closed.code), code, run.account);
  if (client.can.reason && reason !== undefined) assert.equal(run.closed.reason, reason, run.account);
  if (client.can.clean) assert.equal(run.closed.clean, "yes", run.account);
}

/** How the connection ended, in the server's log. */
async function serverSaw(server, ending) {
  await eventually(PATIENCE_MS, () => assert.match(server.stderr(), /closed by .*\n/));
  assert.match(server.stderr(), ending);
}

async function hearsItBack({ t, client }, server, sent, settings = {}) {
  const run = await start(t, client, server.wsUrl, { send: files(sent), receive: sent.length, close_code: 1000, ...settings }).end();
  assertEchoes(run, sent);
  assert.ok(!run.failed, run.account);
  await serverSaw(server, /closed by peer, \d+/);
  return run;
}

/** A hundred echoes are owed when the server ends the connection: all arrive, then the code. */
async function isOwed({ t, client }, url, code, settings = {}) {
  const run = await start(t, client, url, { send: files(hundred), ...settings }).end();
  assertEchoes(run, hundred);
  assertClosed(client, run, code);
}

/** What the server has seen of its request, with the names of its headers in small letters. */
async function asked({ t, client }, server, path, settings = {}) {
  const run = await start(t, client, at(server, path), { receive: 1, close_code: 1000, ...settings }).end();
  assert.equal(run.messages.length, 1, run.account);
  const said = JSON.parse(run.messages[0].data);
  said.headers = Object.fromEntries(Object.entries(said.headers).map(([name, value]) => [name.toLowerCase(), value]));
  return { ...said, opened: run.open?.text };
}

/** How it ended without ever having been open: its own words. */
async function fails(what, url, settings = {}) {
  const run = await start(what.t, what.client, url, { send: files(small), receive: 1, close_code: 1000, ...settings }).end();
  assert.ok(!run.open && run.messages.length === 0, `it takes this for a connection: ${run.account}`);
  assert.ok(run.failed || run.closed, `it says nothing of it: ${run.account}`);
  return run;
}

const talk = [
  { id: "binary", title: "binary, 0 to 10 MiB", run: async (one) => void (await hearsItBack(one, await echo(one.t), binaries)) },
  { id: "text", title: "text, 0 to 10 MiB, all of Unicode", run: async (one) => void (await hearsItBack(one, await echo(one.t), texts)) },
  { id: "pipelined", title: "1000 at once", run: async (one) => void (await hearsItBack(one, await echo(one.t), thousand)) },
  { id: "fragments", title: "sends fragments", needs: "fragments",
    run: async (one) => void (await hearsItBack(one, await echo(one.t), [...texts.slice(0, 6), ...thousand.slice(0, 20)], { fragment: 1000 })) },
  { id: "compress", title: "permessage-deflate", needs: "compress", async run(one) {
    for (const mode of one.client.can.compress) {
      const { headers } = await asked(one, await own(one.t, "--compress"), "/request", { compress: mode });
      assert.match(headers["sec-websocket-extensions"] ?? "", /permessage-deflate/, mode);
      for (const sent of [middling, thousand]) await hearsItBack(one, await echo(one.t, "--compress"), sent, { compress: mode });
    }
    return one.client.can.compress.join(", ");
  } },
  { id: "heartbeat", title: "answers pings", async run(one) {
    const server = await echo(one.t, "--ping-interval", "0.2", "--pong-timeout", "5");
    await hearsItBack(one, { ...server, wsUrl: `${server.wsUrl}?delay=1s` }, small);
  } },
  { id: "ping", title: "pings", needs: "ping", async run(one) {
    const { pongs, account } = await hearsItBack(one, await echo(one.t), small, { ping: "are you there" });
    assert.deepEqual(pongs.map(({ text }) => text), ["are you there"], account);
  } },
];

const ends = [
  { id: "close", title: "closes with a code and 123 bytes", needs: "close", async run(one) {
    const server = await echo(one.t);
    const run = await hearsItBack(one, server, small, { close_code: 3001, close_reason: LONG_REASON });
    // Some do not wait for the answer: the server's log has that behind the reason.
    await serverSaw(server, new RegExp(`closed by peer, 3001 "${LONG_REASON}"(\n|; cut short by network)`));
    if (one.client.can.code) assert.equal(Number(run.closed?.code), 3001, run.account);
  } },
  { id: "plain-close", title: "closes without a code", needs: "emptyClose", async run(one) {
    const server = await echo(one.t);
    await start(one.t, one.client, server.wsUrl, { send: files(small), receive: 1 }).end();
    await serverSaw(server, /closed by peer, 1005/);
  } },
  { id: "1001", title: "1001, the server stops", async run(one) {
    const server = await own(one.t);
    const client = start(one.t, one.client, at(server, "/owed/stop"), { send: files(hundred) });
    await client.until(1, "text");
    const stopped = server.stop();
    const run = await client.end();
    assertEchoes({ ...run, messages: run.messages.slice(1) }, hundred);
    assertClosed(one.client, run, 1001, "server stopping");
    assert.deepEqual(await stopped, { code: 0, signal: null });
  } },
  { id: "1007", title: "1007", async run(one) {
    const server = await echo(one.t);
    const port = await injectingRelay(one.t, server.port, hundred.length, NO_TEXT);
    await isOwed(one, `ws://127.0.0.1:${port}/ws${SLOW}`, 1007);
  } },
  { id: "1009", title: "1009", async run(one) {
    const server = await echo(one.t, "--max-message", "1000000");
    const run = await start(one.t, one.client, `${server.wsUrl}${SLOW}`, { send: files([...hundred, tooLarge]) }).end();
    assertEchoes(run, hundred);
    assertClosed(one.client, run, 1009);
  } },
  { id: "1011", title: "1011", run: async (one) => isOwed(one, at(await own(one.t), "/owed/throw"), 1011) },
  { id: "4000", title: "a processor's own", run: async (one) => isOwed(one, at(await own(one.t), "/owed/4000"), 4000) },
  { id: "killed", title: "is killed", async run(one) {
    const server = await echo(one.t);
    const client = start(one.t, one.client, server.wsUrl, { send: files(thousand) });
    await client.until(1, "text");
    client.kill();
    await eventually(PATIENCE_MS, async () => {
      const { connections } = await inspect(server);
      assert.deepEqual(connections.filter(({ number }) => number !== null).map(({ state }) => state), ["ended"]);
    });
    await serverSaw(server, /closed by network, 1006/);
  } },
];

const door = [
  { id: "subprotocol", title: "subprotocol", needs: "protocols", async run(one) {
    const said = await asked(one, await own(one.t), "/request", { protocols: "other,second,favourite" });
    assert.equal(said.subprotocol, "favourite");
    assert.equal(said.opened, "favourite");
  } },
  { id: "no-subprotocol", title: "none in common", needs: "protocols", async run(one) {
    const server = await own(one.t);
    const run = await start(one.t, one.client, at(server, "/request"), { protocols: "other", receive: 1, close_code: 1000 }).end();
    return run.messages.length === 1 ? "goes on" : "fails";
  } },
  { id: "request", title: "query, header, cookie", needs: "headers", async run(one) {
    const said = await asked(one, await own(one.t), "/request?a=1&b=%C3%A9", { headers: ["X-Token: a b", "Cookie: c=d; e=f"] });
    assert.equal(said.query, "a=1&b=%C3%A9");
    assert.equal(said.headers["x-token"], "a b");
    assert.equal(said.headers.cookie, "c=d; e=f");
  } },
  { id: "origin", title: "Origin", needs: "origin", async run(one) {
    const { headers } = await asked(one, await own(one.t), "/request", { origin: "https://example.org" });
    assert.equal(headers.origin, "https://example.org");
  } },
  { id: "404", title: "404", async run(one) {
    const run = await fails(one, at(await echo(one.t), "/nothing"));
    return /404|not found/i.test(run.failed?.text ?? "") ? "says so" : "fails";
  } },
  { id: "redirect", title: "a redirect", async run(one) {
    const server = await echo(one.t);
    const { url } = await answering(one.t, `HTTP/1.1 302 Found\r\nLocation: ${server.wsUrl.replace("ws:", "http:")}\r\n` +
      "Content-Length: 0\r\nConnection: close\r\n\r\n");
    const run = await start(one.t, one.client, url, { send: files(small), receive: 1, close_code: 1000 }).end();
    if (run.messages.length === 1) return "follows";
    assert.ok(run.failed || run.closed, `it says nothing of it: ${run.account}`);
    return "fails";
  } },
  { id: "tls", title: "TLS", needs: "tls", async run(one) {
    const made = certificates(one.t), authority = made.issue("authority");
    const secure = tlsOptions(made.issue("server", authority)); // not its own authority: rustls takes no such server
    const server = await echo(one.t, ...secure);
    const local = { ...server, wsUrl: `wss://localhost:${server.port}/ws` };
    await hearsItBack(one, local, [...middling, ...thousand], { ca: authority.chain });
    const owing = await own(one.t, ...secure);
    await isOwed(one, `wss://localhost:${owing.port}/owed/4000`, 4000, { ca: authority.chain });
    await fails(one, local.wsUrl); // whose certificate nobody has told it to trust
  } },
];

export const tables = { talk, ends, door };
export const checks = Object.values(tables).flat();
