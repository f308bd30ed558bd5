// docs/examples/admission: who is let in by a cookie, a token and a ticket, and who is not.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { once } from "node:events";
import { test } from "node:test";
import WebSocket from "ws";
import { openPeer } from "./peer.mjs";
import { launchProgram } from "./server.mjs";
import { within } from "./wait.mjs";

const KEY = "the key of this test";
const PATIENCE_MS = 15_000;

const start = (t, ...args) =>
  launchProgram(t, process.env.TRILOOP_ADMISSION_SERVER, ["0", ...args], { EXAMPLE_KEY: KEY });

/** The cookie as the server signs it. */
function session(name, secondsLeft, key = KEY) {
  const text = `${name}.${Math.floor(Date.now() / 1000) + secondsLeft}`;
  return `session=${text}.${createHmac("sha256", key).update(text).digest("hex")}`;
}

/** The status, headers and body with which an upgrade is refused. */
async function refusal(t, url, options = {}) {
  const socket = new WebSocket(url, options);
  t.after(() => socket.terminate());
  socket.on("error", () => {});
  const [, response] = await within(PATIENCE_MS, once(socket, "unexpected-response"), `a refusal by ${url}`);
  let body = "";
  for await (const part of response) body += part;
  return { status: response.statusCode, headers: response.headers, body };
}

async function isGreeted(t, url, name, options = {}) {
  const peer = await openPeer(t, url, options);
  assert.equal((await peer.next()).text, `hello, ${name}`);
  return peer;
}

async function logIn(server, name) {
  const response = await fetch(`${server.url}login?name=${name}`);
  assert.equal(response.status, 200);
  return response.headers.get("set-cookie");
}

test("a cookie that the server has signed lets in by its name, and is renewed", async (t) => {
  const server = await start(t);
  const url = `ws://127.0.0.1:${server.port}/cookie`;
  const given = await logIn(server, "ann");
  assert.match(given, /^session=ann\.\d+\.[0-9a-f]{64}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/);
  const headers = { Cookie: `theme=dark; ${given.split(";")[0]}; lang=en` };
  await isGreeted(t, url, "ann", { headers });
  const socket = new WebSocket(url, { headers: { Cookie: session("bob", 5) } });
  t.after(() => socket.terminate());
  const [response] = await within(PATIENCE_MS, once(socket, "upgrade"), "an upgrade");
  assert.match(response.headers["set-cookie"][0], /^session=bob\./);
});

test("a cookie that is forged, changed, too old or not there is 403", async (t) => {
  const server = await start(t);
  const url = `ws://127.0.0.1:${server.port}/cookie`;
  const good = session("ann", 60);
  const wrong = [
    session("ann", 60, "another key"), good.replace("ann", "bob"), good.slice(0, -1), `${good}0`, session("ann", 0),
    "session=", "session=.", "session=..", "session=ann", `x${good}`, "",
  ];
  for (const cookie of wrong) {
    const { status, body } = await refusal(t, url, { headers: { Cookie: cookie } });
    assert.equal(status, 403, cookie);
    assert.equal(body, "403: log in first\n");
  }
});

test("the trap of a cookie: another site's page sends it along, and is refused for its origin", async (t) => {
  const server = await start(t);
  const url = `ws://127.0.0.1:${server.port}/cookie`;
  const headers = { Cookie: session("ann", 60) };
  const { status, body } = await refusal(t, url, { headers, origin: "https://evil.example" });
  assert.equal(status, 403);
  assert.match(body, /origin/);
  await isGreeted(t, url, "ann", { headers, origin: server.url.slice(0, -1) });
});

test("a bearer token lets in whom it belongs to; without one it is 401, which says what is wanted", async (t) => {
  const server = await start(t);
  const url = `ws://127.0.0.1:${server.port}/token`;
  await isGreeted(t, url, "robot", { headers: { Authorization: "Bearer the-robot-s-token" } });
  for (const Authorization of ["Bearer wrong", "Bearer ", "Basic the-robot-s-token", "the-robot-s-token", ""]) {
    const { status, headers } = await refusal(t, url, { headers: { Authorization } });
    assert.equal(status, 401, Authorization);
    assert.equal(headers["www-authenticate"], 'Bearer realm="example"');
  }
  // The trap: `new WebSocket(url)` of a browser has no place for a header.
  assert.equal((await refusal(t, url)).status, 401);
});

test("a ticket lets in once, and only who has logged in gets one", async (t) => {
  const server = await start(t);
  const get = (Cookie) => fetch(`${server.url}ticket`, { headers: { Cookie } });
  assert.equal((await get(session("ann", 60, "another key"))).status, 403);
  const answer = await get(session("ann", 60));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("cache-control"), "no-store");
  const url = `ws://127.0.0.1:${server.port}/by-ticket?ticket=${(await answer.text()).trim()}`;
  await isGreeted(t, url, "ann");
  const { status, body } = await refusal(t, url); // as somebody does who has read it in a log
  assert.equal(status, 403);
  assert.equal(body, "403: a new ticket, please\n");
  assert.equal((await refusal(t, `ws://127.0.0.1:${server.port}/by-ticket`)).status, 403);
  await server.stop();
  assert.ok(!`${server.stdout()}${server.stderr()}`.includes("ticket="), "the ticket is in the log");
});

test("of many who come with one ticket at once one is let in", async (t) => {
  const server = await start(t);
  const answer = await fetch(`${server.url}ticket`, { headers: { Cookie: session("ann", 60) } });
  const url = `ws://127.0.0.1:${server.port}/by-ticket?ticket=${(await answer.text()).trim()}`;
  const results = await Promise.all(Array.from({ length: 20 }, async () => {
    const socket = new WebSocket(url);
    t.after(() => socket.terminate());
    socket.on("error", () => {});
    return within(PATIENCE_MS, Promise.race([
      once(socket, "open").then(() => "in"),
      once(socket, "unexpected-response").then(([, { statusCode }]) => statusCode),
    ]), "an answer");
  }));
  assert.deepEqual(results.sort(), [...Array(19).fill(403), "in"]);
});

test("a ticket that is too old lets nobody in", async (t) => {
  const server = await start(t, "0");
  const answer = await fetch(`${server.url}ticket`, { headers: { Cookie: session("ann", 60) } });
  const url = `ws://127.0.0.1:${server.port}/by-ticket?ticket=${(await answer.text()).trim()}`;
  assert.equal((await refusal(t, url)).status, 403);
});
