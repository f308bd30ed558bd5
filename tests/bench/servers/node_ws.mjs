// node's ws: one thread for all connections, as a program with it begins.

import { createServer } from "node:http";
import { parseArgs } from "node:util";
import { WebSocketServer } from "ws";

const { values } = parseArgs({
  options: { port: { type: "string", default: "0" }, compress: { type: "boolean", default: false } },
});
const MOST_MESSAGE_BYTES = 64 << 20;

const http = createServer();
const server = new WebSocketServer({
  server: http,
  maxPayload: MOST_MESSAGE_BYTES,
  perMessageDeflate: values.compress && { threshold: 0 }, // messages of any size, as the others
});
server.on("connection", (socket) => {
  socket.on("error", () => {});
  socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
});
process.on("SIGTERM", () => process.exit(0));
http.listen({ port: Number(values.port), host: "127.0.0.1", backlog: 4096 }, () =>
  console.log(`listening on http://127.0.0.1:${http.address().port}/`));
