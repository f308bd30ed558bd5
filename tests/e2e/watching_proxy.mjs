// Stands between a page and its server, and puts one script before all others: it keeps what the
// console and the page's policy complain about, for an engine that cannot be asked for its console.

import { once } from "node:events";
import http from "node:http";
import net from "node:net";

const WATCH = `"use strict";
window.problemsSeen = [];
for (const name of ["error", "warn"]) {
  const say = console[name];
  console[name] = (...what) => (window.problemsSeen.push(what.join(" ")), say.apply(console, what));
}
addEventListener("error", ({ message }) => window.problemsSeen.push(String(message)), true);
addEventListener("unhandledrejection", ({ reason }) => window.problemsSeen.push(String(reason)));
addEventListener("securitypolicyviolation", (event) =>
  window.problemsSeen.push("CSP: " + event.violatedDirective + " forbids " + event.blockedURI));
`;

/** Gives the address under which `url`, and all beside it, can be seen with that script. */
export async function watchingProxy(t, url) {
  const { hostname, port } = new URL(url);
  const sockets = new Set();
  const proxy = http.createServer(async (request, response) => {
    if (request.url === "/watch.js") {
      return void response.setHeader("content-type", "text/javascript").end(WATCH);
    }
    const answer = await fetch(new URL(request.url, url));
    const headers = ["content-type", "content-security-policy", "x-content-type-options"];
    for (const name of headers) {
      if (answer.headers.get(name)) response.setHeader(name, answer.headers.get(name));
    }
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status);
    response.end(answer.headers.get("content-type")?.startsWith("text/html")
      ? body.toString().replace("<head>", '<head><script src="/watch.js"></script>')
      : body);
  });
  proxy.on("upgrade", (request, client, head) => {
    const server = net.connect(Number(port), hostname);
    const lines = request.rawHeaders.map((text, i) => text + (i % 2 ? "\r\n" : ": ")).join("");
    server.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines}\r\n`);
    server.write(head);
    for (const [from, to] of [[client, server], [server, client]]) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => (sockets.delete(from), to.destroy()));
    }
  });
  proxy.listen(0, "127.0.0.1");
  await once(proxy, "listening");
  t.after(() => {
    sockets.forEach((socket) => socket.destroy());
    proxy.closeAllConnections();
    proxy.close();
  });
  return `http://127.0.0.1:${proxy.address().port}/`;
}
