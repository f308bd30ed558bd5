// Servers that triloop is not: they hold a browser in states that are over too soon otherwise.

import { createHash } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { WebSocketServer } from "ws";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

async function listen(t, onConnection) {
  const sockets = new Set();
  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  const drop = () => sockets.forEach((socket) => socket.destroy());
  t.after(() => (drop(), server.close()));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { url: `ws://127.0.0.1:${server.address().port}/ws`, drop };
}

/** Accepts the TCP connection and never answers the upgrade. */
export const mute = (t) => listen(t, () => {});

/** Answers whatever is asked with these bytes, and ends. */
export const answering = (t, bytes) => listen(t, (socket) => socket.once("data", () => socket.end(bytes)));

/** Answers the upgrade and then nothing, so that a close stays without a reply. */
export const deaf = (t) =>
  listen(t, (socket) =>
    socket.on("data", (data) => {
      const key = /^sec-websocket-key: *(\S+)/im.exec(data.toString("latin1"))?.[1];
      if (!key) return;
      const accept = createHash("sha1").update(key + GUID).digest("base64");
      socket.write(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
          `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
    }));

/** Sends the given messages to whoever connects. */
export async function greeter(t, ...messages) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  t.after(() => {
    server.clients.forEach((client) => client.terminate());
    server.close();
  });
  server.on("connection", (socket) => messages.forEach((message) => socket.send(message)));
  await once(server, "listening");
  return { url: `ws://127.0.0.1:${server.address().port}/ws` };
}
