// The server as a plain HTTP client sees it: the page, and an answer to whatever else is asked.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test as nodeTest } from "node:test";
import { fileURLToPath } from "node:url";
import { startServer } from "./server.mjs";
import { within } from "./wait.mjs";

const PATIENCE_MS = 15_000;
const WEB = fileURLToPath(new URL("../../web/", import.meta.url));

const test = (name, body) => nodeTest(name, { timeout: 60_000 }, body);

async function request(server, method, path) {
  const call = http.request(new URL(path, server.url), { method, agent: false });
  call.end();
  const [response] = await within(PATIENCE_MS, once(call, "response"), `${method} ${path}`);
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const { statusCode: status, headers } = response;
  return { status, headers, body: Buffer.concat(chunks).toString() };
}

test("GET / serves the page as HTML with a content security policy", async (t) => {
  const server = await startServer(t);
  const { status, headers, body } = await request(server, "GET", "/");
  assert.equal(status, 200);
  assert.match(headers["content-type"], /^text\/html\b.*charset=utf-8/i);
  assert.match(body, /http-equiv="Content-Security-Policy" content="default-src 'none'/);
});

test("each file of the page is served as it is in web/", async (t) => {
  const server = await startServer(t);
  const types = { html: /^text\/html\b/, css: /^text\/css\b/, js: /^(text|application)\/javascript\b/ };
  const ofChat = (file) => file.startsWith("chat."); // served with --processor chat
  for (const file of readdirSync(WEB).filter((name) => !ofChat(name))) {
    const path = file === "index.html" ? "/" : `/${file}`;
    const type = types[file.split(".").pop()];
    const { status, headers, body } = await request(server, "GET", path);
    assert.equal(status, 200, path);
    assert.match(headers["content-type"], type);
    assert.ok(body === readFileSync(join(WEB, file), "utf8"), `${path} differs from web/${file}`);
  }
});

test("--web serves the page from another folder", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "triloop-e2e-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "index.html"), "<!DOCTYPE html><title>another page</title>");
  const server = await startServer(t, "--web", folder);
  assert.match((await request(server, "GET", "/")).body, /another page/);
});

test("HEAD / tells the length of the page and sends no body", async (t) => {
  const server = await startServer(t);
  const page = await request(server, "GET", "/");
  const socket = net.connect(server.port, "127.0.0.1");
  t.after(() => socket.destroy());
  socket.end("HEAD / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  let answer = "";
  socket.setEncoding("latin1").on("data", (text) => (answer += text));
  await within(PATIENCE_MS, once(socket, "close"), "the answer to HEAD ends");
  const [head, ...body] = answer.split("\r\n\r\n");
  assert.match(head, /^HTTP\/1\.1 200 /);
  assert.equal(/^content-length: *(\d+)/im.exec(head)?.[1], `${Buffer.byteLength(page.body)}`);
  assert.equal(body.join(""), "");
});

test("an unknown path is answered with 404", async (t) => {
  const server = await startServer(t);
  for (const path of ["/nowhere", "/page.css/", "/..%2fREADME.md", "/index.htm"]) {
    assert.equal((await request(server, "GET", path)).status, 404, path);
  }
});

test("POST / is answered with 405 and the methods that are allowed", async (t) => {
  const server = await startServer(t);
  const { status, headers } = await request(server, "POST", "/");
  assert.equal(status, 405);
  assert.match(headers.allow ?? "", /\bGET\b/);
});

test("GET /ws without an upgrade is answered with 426", async (t) => {
  const server = await startServer(t);
  const { status, headers } = await request(server, "GET", "/ws");
  assert.equal(status, 426);
  assert.match(headers.upgrade ?? "", /websocket/i);
});
