// The server as a plain HTTP client sees it: the page, and an answer to whatever else is asked.

import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
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

async function request(server, method, path, headers = {}) {
  const call = http.request(new URL(path, server.url), { method, headers, agent: false });
  call.end();
  const [response] = await within(PATIENCE_MS, once(call, "response"), `${method} ${path}`);
  const chunks = [];
  for await (const chunk of response) chunks.push(chunk);
  const { statusCode: status, headers: answered } = response;
  return { status, headers: answered, body: Buffer.concat(chunks).toString() };
}

// As it is: a URL would take dots out of the path.
async function raw(server, path) {
  const socket = net.connect(server.port, "127.0.0.1");
  socket.end(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
  let answer = "";
  socket.setEncoding("latin1").on("data", (text) => (answer += text));
  await within(PATIENCE_MS, once(socket, "close"), `the answer to ${path}`);
  return { status: Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]), body: answer.split("\r\n\r\n").slice(1).join("") };
}

test("GET / serves the page as HTML with a content security policy", async (t) => {
  const server = await startServer(t);
  const { status, headers, body } = await request(server, "GET", "/");
  assert.equal(status, 200);
  assert.match(headers["content-type"], /^text\/html\b.*charset=utf-8/i);
  assert.match(body, /http-equiv="Content-Security-Policy" content="default-src 'none'/);
});

test("each file of the page is served as it is in web/, and a page without its .html, too", async (t) => {
  const server = await startServer(t);
  const types = { html: /^text\/html\b/, css: /^text\/css\b/, js: /^text\/javascript\b/ };
  for (const file of readdirSync(WEB)) {
    const [stem, ending] = file.split(".");
    const paths = [`/${file}`];
    if (ending === "html") paths.push(stem === "index" ? "/" : `/${stem}`);
    for (const path of paths) {
      const { status, headers, body } = await request(server, "GET", path);
      assert.equal(status, 200, path);
      assert.match(headers["content-type"], types[ending]);
      assert.ok(body === readFileSync(join(WEB, file), "utf8"), `${path} differs from web/${file}`);
    }
  }
});

test("the book's chapters and the sources that it links are served as text", async (t) => {
  const server = await startServer(t);
  const sources = ["docs/pattern.md", "src/pattern/reader.cpp", "include/triloop/bounded_queue.h", "src/net/liveness.cpp"];
  const readme = readFileSync(join(WEB, "../README.md"), "utf8");
  const read = readme.split(/^## /m).find((section) => section.startsWith("Read the code in this order"));
  const links = [...read.matchAll(/\]\(((?:src|include)\/[^)]+\.(?:h|cpp))\)/g)].map(([, path]) => path);
  assert.ok(links.length > 10, "the README's order of reading is found");
  for (const path of [...sources, ...links]) {
    const { status, headers, body } = await request(server, "GET", `/${path}`);
    assert.equal(status, 200, path);
    assert.match(headers["content-type"], /^text\/plain; charset=utf-8/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.ok(body === readFileSync(join(WEB, "..", path), "utf8"), path);
  }
});

test("a page may talk to its own server, and to WebSocket servers, and to nobody else", async (t) => {
  const server = await startServer(t);
  const { headers } = await request(server, "GET", "/chat");
  assert.match(headers["content-security-policy"], /default-src 'none';.* connect-src 'self' ws: wss:;/);
});

test("--web serves the page from another folder, also files that come later", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "triloop-e2e-"));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, "index.html"), "<!DOCTYPE html><title>another page</title>");
  const server = await startServer(t, "--web", folder);
  const get = (path) => request(server, "GET", path);
  assert.match((await get("/")).body, /another page/);
  assert.equal((await get("/page.js")).status, 404);
  writeFileSync(join(folder, "page.js"), "new");
  const { headers, body } = await get("/page.js");
  assert.equal(body, "new");
  assert.match(headers["content-type"], /^text\/javascript/);
  assert.equal((await get("/docs/pattern.md")).status, 200, "what is not of the page's comes from the program");
});

test("--web serves nothing but plain files of that folder", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "triloop-e2e-"));
  t.after(() => rmSync(folder, { recursive: true }));
  mkdirSync(join(folder, "web/deep"), { recursive: true });
  for (const file of ["secret.txt", "web/.hidden", "web/deep/page.js", "web/index.html"]) writeFileSync(join(folder, file), file);
  const server = await startServer(t, "--web", join(folder, "web"));
  for (const path of ["/../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt", "/..", "/.", "/.hidden", "/deep", "/deep/page.js",
    "//index.html", "/index.html/", "/index.html%00", "/*"]) {
    const { status, body } = await raw(server, path);
    assert.equal(status, 404, path);
    assert.doesNotMatch(body, /secret|hidden/);
  }
  assert.equal((await request(server, "POST", "/index.html")).status, 405);
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

test("/about.json says what the server is, and whether who asks may look at /inspect", async (t) => {
  const about = async (args, host = "localhost") => {
    const server = await startServer(t, ...args);
    const { headers, body } = await request(server, "GET", "/about.json", { Host: host });
    assert.equal(headers["cache-control"], "no-store");
    return JSON.parse(body);
  };
  const plain = await about(["--write-timeout", "2.5"]);
  assert.match(plain.says, /^It sends back/);
  assert.match(plain.version, /^\d+\.\d+\.\d+$/);
  delete plain.says, delete plain.version;
  assert.deepEqual(plain, { processor: "echo", inspect: "local", inspects_you: true, lab: true, chat: false, scheduler: false,
    tls: false, write_timeout: 2.5, ping_interval: 20, pong_timeout: 20, heartbeat: 2 });
  const rpc = await about(["--processor", "rpc"]);
  assert.deepEqual([rpc.processor, rpc.heartbeat, rpc.chat], ["rpc", 0, false]);
  assert.equal((await about([], "example.org")).inspects_you, false);
  assert.equal((await about(["--inspect", "any"], "example.org")).inspects_you, true);
  assert.equal((await about(["--inspect", "off"])).inspects_you, false);
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
