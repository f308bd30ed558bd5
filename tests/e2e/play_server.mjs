// A server that plays scenarios as the protocol of /scheduler has it: one line of JSON for each move. It
// answers from the graph of a level, so that nothing has to be built for it.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname } from "node:path";
import { WebSocketServer } from "ws";
import { eventually } from "./wait.mjs";

const WEB = new URL("../../web/", import.meta.url);
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

async function levels() {
  const window = {};
  new Function("window", await readFile(new URL("levels.js", WEB), "utf8"))(window);
  return window.triloop.levels;
}

/** The level without nodes, at the place that the choices lead to; {error} if they lead nowhere. */
function answer(level, choices) {
  let node = level.nodes[0];
  const start = [...level.start];
  for (const sign of choices) {
    const option = node.o[parseInt(sign, 36)];
    if (!option) return { error: `no choice ${sign} here` };
    start.push(...option[3]);
    node = level.nodes[option[2]];
  }
  const options = node.o.map(([thread, kind, , events]) => [thread, kind, null, events]);
  return { ...level, id: undefined, nodes: undefined, start, node: { ...node, o: options } };
}

async function serveFile(request, response) {
  const name = new URL(request.url, "http://here").pathname.slice(1) || "play.html";
  if (name === "about.json") return response.end(JSON.stringify({ scheduler: true }));
  try {
    const text = await readFile(new URL(name, WEB));
    response.setHeader("content-type", TYPES[extname(name)] ?? "text/plain");
    response.end(text);
  } catch {
    response.statusCode = 404;
    response.end();
  }
}

/**
 * Serves web/ and /scheduler on a free port. `left()`: when nobody is connected any more. `hold()`: answers
 * stay here until `release()`.
 */
export async function startScheduler(t) {
  const known = await levels();
  const questions = [];
  let held = null;
  const http = createServer(serveFile);
  const sockets = new WebSocketServer({ server: http, path: "/scheduler" });
  sockets.on("connection", (socket) => socket.on("message", (data) => {
    const question = JSON.parse(data);
    questions.push(question);
    const level = known.find(({ scenario }) => scenario === question.scenario);
    const scenarios = known.map(({ scenario, kind }) => ({ name: scenario, group: kind }));
    const text = JSON.stringify(question.list ? { scenarios } : answer(level, question.choices));
    if (held) held.push(() => socket.send(text));
    else socket.send(text);
  }));
  await new Promise((resolve) => http.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    sockets.clients.forEach((socket) => socket.terminate());
    http.closeAllConnections();
    http.close();
  };
  t.after(stop);
  const hangUp = (code, reason) => sockets.clients.forEach((socket) => socket.close(code, reason));
  const visitors = () => sockets.clients.size;
  const left = () => eventually(10_000, () => assert.equal(visitors(), 0));
  const say = (text) => sockets.clients.forEach((socket) => socket.send(text));
  const hold = () => (held = []);
  const release = () => {
    held.forEach((send) => send());
    held = null;
  };
  const asked = (choices) => eventually(10_000, () => assert.equal(questions.at(-1)?.choices, choices));
  return { url: `http://127.0.0.1:${http.address().port}/play.html`, questions, hangUp, stop, visitors, left, say, hold, release, asked };
}
