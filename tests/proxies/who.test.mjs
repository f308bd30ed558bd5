// Who is there, with a proxy in front that says so, as docs/operations.md sets it up: what the server
// knows of a client, and what a client can pretend.
//
//     TRILOOP_BINARY=build/release/triloop node --test tests/proxies/who.test.mjs

import assert from "node:assert/strict";
import https from "node:https";
import { once } from "node:events";
import { test } from "node:test";
import { openPeer } from "../e2e/peer.mjs";
import { eventually, within } from "../e2e/wait.mjs";
import { startServer } from "../faults/process.mjs";
import { startProxy, trust } from "./proxy.mjs";

const PATIENCE_MS = 20_000;
const limits = { timeout: 60_000 };

/** The answer to GET, through the proxy. */
async function get(proxy, path, headers = {}) {
  const request = https.get({ host: "127.0.0.1", port: proxy.port, path, headers, agent: false, ...trust });
  const [response] = await within(PATIENCE_MS, once(request, "response"), `an answer to ${path}`);
  response.resume();
  return response.statusCode;
}

const open = (t, proxy, options = {}) =>
  openPeer(t, proxy.url(), { ...trust, ...options, headers: { Host: "chat.example.org", ...options.headers } });

/** The status with which the handshake is refused. */
async function refused(t, proxy, headers) {
  const error = await open(t, proxy, { headers }).then(() => null, (reason) => reason);
  return Number(/server response: (\d+)/.exec(error?.message)?.[1]);
}

/** Whom the server takes its peers for, by its log, which comes behind what the peers see. */
async function taken(server, count) {
  const all = () => [...server.stderr().matchAll(/\] open: (\S+) \/ws/g)].map((match) => match[1]);
  await eventually(PATIENCE_MS, () => assert.equal(all().length, count));
  return all();
}

for (const [name, how, more] of [
  ["haproxy_tcp", "send-proxy-v2", []],
  ["haproxy_tcp", "send-proxy", [["send-proxy-v2", "send-proxy"]]],
  ["nginx_stream", "proxy_protocol on", []],
]) {
  test(`${name}, ${how}: the server knows the client's address and port`, limits, async (t) => {
    const server = await startServer(t, ["--proxy-protocol-from", "127.0.0.1"]);
    const proxy = await startProxy(t, name, server.port, { more });
    const peer = await open(t, proxy, { localAddress: "127.0.0.9" });
    peer.socket.send("hello");
    assert.equal((await peer.next()).text, "hello");
    assert.deepEqual(await taken(server, 1), [`127.0.0.9:${peer.socket._socket.localPort}`]);
    assert.equal(await get(proxy, "/"), 200);
  });
}

test("haproxy, send-proxy-v2: /inspect is for nobody who comes through it", limits, async (t) => {
  const server = await startServer(t, ["--proxy-protocol-from", "127.0.0.1"]);
  const proxy = await startProxy(t, "haproxy_tcp", server.port);
  for (const Host of ["chat.example.org", "localhost", "127.0.0.1"]) {
    assert.equal(await get(proxy, "/inspect.json", { Host }), 403, Host);
  }
});

for (const name of ["haproxy_tcp", "nginx_stream"]) {
  test(`${name}: a server that was not told of its PROXY header answers 400`, limits, async (t) => {
    const server = await startServer(t, []);
    const proxy = await startProxy(t, name, server.port);
    assert.equal(await refused(t, proxy), 400);
  });
}

for (const [name, header, more] of [
  ["nginx", "X-Forwarded-For", []],
  ["nginx", "Forwarded", [
    ["proxy_set_header X-Forwarded-For $remote_addr;", 'proxy_set_header Forwarded "for=$remote_addr";'],
    ['proxy_set_header Forwarded "";', 'proxy_set_header X-Forwarded-For "";'],
  ]],
  ["nginx", "X-Forwarded-For, appended to what is there", [
    ["X-Forwarded-For $remote_addr", "X-Forwarded-For $proxy_add_x_forwarded_for"]]],
  ["haproxy", "X-Forwarded-For", []],
  ["haproxy", "X-Forwarded-For by option forwardfor", [
    ["http-request set-header X-Forwarded-For %[src]", "option forwardfor"]]],
]) {
  test(`${name}, ${header}: the server knows the client, which cannot say otherwise`, limits, async (t) => {
    const server = await startServer(t, ["--forwarded-from", "127.0.0.1"]);
    const proxy = await startProxy(t, name, server.port, { more });
    const lies = [{}, { "X-Forwarded-For": "198.51.100.7" }, { "X-Forwarded-For": "nonsense" },
      { Forwarded: "for=198.51.100.7" }, { Forwarded: 'for="' }];
    for (const headers of lies) {
      const peer = await open(t, proxy, { localAddress: "127.0.0.9", headers });
      peer.socket.send("hello");
      assert.equal((await peer.next()).text, "hello");
    }
    assert.deepEqual(await taken(server, lies.length), lies.map(() => "127.0.0.9"));
  });
}

test("nginx: a Forwarded of the client's that the proxy lets pass is refused if it names another", limits, async (t) => {
  const server = await startServer(t, ["--forwarded-from", "127.0.0.1"]);
  const more = [['proxy_set_header Forwarded "";', ""]];
  const proxy = await startProxy(t, "nginx", server.port, { more });
  assert.equal(await refused(t, proxy, { Forwarded: "for=198.51.100.7" }), 400);
  await open(t, proxy, { headers: { Forwarded: "for=127.0.0.1" } });
  await open(t, proxy);
});

test("haproxy: limits are those of each client, not of the proxy", limits, async (t) => {
  const server = await startServer(t, ["--forwarded-from", "127.0.0.1", "--max-connections-per-address", "2"]);
  const proxy = await startProxy(t, "haproxy", server.port);
  const from = (localAddress) => open(t, proxy, { localAddress });
  const first = await from("127.0.0.9");
  await from("127.0.0.9");
  await assert.rejects(from("127.0.0.9"), /429/);
  await from("127.0.0.8");
  first.socket.close();
  await first.closed();
  await eventually(PATIENCE_MS, () => from("127.0.0.9"));
});
