// An echo server on node's `ws`, as its README shows it, with an orderly end.

import { createRequire } from "node:module";

const { WebSocketServer } = createRequire(new URL("../e2e/package.json", import.meta.url))("ws");

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, path: "/ws" });
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, binary) => socket.send(data, { binary }));
});
server.on("listening", () => console.log(`listening on http://127.0.0.1:${server.address().port}/`));
process.on("SIGTERM", () => {
  server.clients.forEach((socket) => socket.close(1001));
  server.close(() => process.exit(0));
});
