// Hands out web/ as it is, and the snapshots that a test makes up. So the page can be shown states
// that a real server is seldom in, and 500 connections.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import { WebSocketServer } from "ws";

const WEB = new URL("../../web/", import.meta.url);
const TYPES = { html: "text/html", css: "text/css", js: "text/javascript" };
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; " +
  "connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

function serveFile(request, response, about) {
  if (request.url === "/about.json") {
    response.writeHead(200, { "Content-Type": "application/json" });
    return response.end(JSON.stringify(about));
  }
  const path = request.url.split("?")[0];
  const file = path === "/" ? "index.html" : path.slice(1);
  try {
    const body = readFileSync(new URL(file, WEB));
    const type = `${TYPES[file.split(".").pop()]}; charset=utf-8`;
    response.writeHead(200, { "Content-Type": type, "Content-Security-Policy": POLICY });
    response.end(body);
  } catch {
    response.writeHead(404).end();
  }
}

/**
 * `inspectors` are the sockets at /inspect, `others` have { path, socket, received } for the rest,
 * which are echoed, or not even read from the start if `reads` is false. With `refuses` set,
 * /inspect gets 403. `answers` says what it answers to the lab's !peer, true for yes. `about` is what the server says of itself, null for one that says nothing.
 */
export async function snapshotServer(t) {
  const sockets = new WebSocketServer({ noServer: true });
  const server = http.createServer((request, response) => serveFile(request, response, mock.about));
  const mock = { about: null, inspectors: new Set(), others: [], reads: true, refuses: false, answers: null, tries: 0, latest: null };

  function onInspect(socket) {
    mock.inspectors.add(socket);
    socket.on("close", () => mock.inspectors.delete(socket));
    if (mock.latest) socket.send(mock.latest);
  }

  function onOther(socket, path) {
    const peer = { path, socket, received: [] };
    mock.others.push(peer);
    if (!mock.reads && !path.includes("tab=ask-")) socket.pause();
    socket.on("message", (data, binary) => {
      const text = data.toString();
      peer.received.push(text);
      const [command, , tab] = text.split(" ");
      if (mock.answers && command === "!peer") return socket.send(mock.answers === true ? `!peer ${tab}` : mock.answers);
      socket.send(data, { binary });
    });
  }

  server.on("upgrade", (request, raw, head) => {
    const inspects = request.url.split("?")[0] === "/inspect";
    if (inspects) mock.tries += 1;
    if (inspects && mock.refuses) return raw.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    sockets.handleUpgrade(request, raw, head, (socket) =>
      inspects ? onInspect(socket) : onOther(socket, request.url));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    sockets.clients.forEach((client) => client.terminate());
    server.closeAllConnections();
    server.close();
  });

  mock.port = server.address().port;
  mock.url = `http://127.0.0.1:${mock.port}/`;
  mock.send = (snapshot) => {
    mock.latest = JSON.stringify(snapshot);
    mock.inspectors.forEach((socket) => socket.send(mock.latest));
  };
  mock.drop = () => mock.inspectors.forEach((socket) => socket.terminate());
  return mock;
}

const thread = (doing, seconds = {}, left = null) => ({ doing, seconds, left });
const queue = (messages = 0, bytes = 0) =>
  ({ messages, bytes, max_messages: 1000, max_bytes: 4194304 });

/** An idle open connection in the form of docs/inspect.md, with whatever `changes` it. */
export function connection(id, changes = {}) {
  return {
    id,
    peer: `127.0.0.1:${40000 + id}`,
    path: "/ws",
    state: "open",
    age: 1,
    threads: {
      reader: thread("reading_socket", { reading_socket: 1, waiting_for_room: 0, working: 0 }),
      processor: thread("waiting_for_message", { waiting_for_message: 1, waiting_for_room: 0, working: 0 }),
      writer: thread("waiting_for_message", { waiting_for_message: 1, writing_socket: 0, working: 0 }),
    },
    queues: { in: queue(), out: queue() },
    latch: { closing: null, closed: null },
    received: { messages: 0, bytes: 0 },
    sent: { messages: 0, bytes: 0 },
    ...changes,
  };
}

/** A connection whose threads have left in the order of `names`, closed by `event`. */
export const ended = (id, names, event) =>
  connection(id, {
    state: "ended",
    threads: Object.fromEntries(names.map((name, i) => [name, thread("ended", {}, i + 1)])),
    latch: { closing: event, closed: event },
  });

export const snapshot = (time, ...connections) =>
  ({ time, accepted: connections.length, connections });

export { queue, thread };
