// talk.mjs URL COUNT MESSAGE...: sends each message, and prints the first COUNT that come back.
// Without a library, for trying the pages beside it; so a message has at most 125 bytes.

import http from "node:http";

const [url, count, ...messages] = process.argv.slice(2);
const KEY = "dGhlIHNhbXBsZSBub25jZQ=="; // the one of RFC 6455
const headers = { Connection: "Upgrade", Upgrade: "websocket", "Sec-WebSocket-Version": 13, "Sec-WebSocket-Key": KEY };
const CLOSE = 8;
const TEXT = 1;
const PATIENCE_MS = 20_000;

// Whole, and masked with zeros: docs/protocol.md has the picture.
const frame = (opcode, payload) =>
  Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0]), payload]);

/** Takes one whole frame of the server's off the front of `bytes`, if it is there. */
function parse(bytes) {
  if (bytes.length < 2) return null;
  const [first, size] = bytes;
  const head = { 126: 4, 127: 10 }[size] ?? 2;
  if (bytes.length < head) return null;
  const length = head === 2 ? size : head === 4 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < head + length) return null;
  return { opcode: first & 0x0f, payload: bytes.subarray(head, head + length), rest: bytes.subarray(head + length) };
}

function leave(status, last) {
  if (last) console.error(last);
  process.exitCode = status;
  clearTimeout(patience);
}
const patience = setTimeout(() => {
  console.error("nothing more comes");
  process.exit(1);
}, PATIENCE_MS);

const request = http.get(url.replace(/^ws/, "http"), { headers });
request.on("error", (error) => leave(1, error.message));
request.on("response", ({ statusCode }) => leave(1, `HTTP ${statusCode}`));
request.on("upgrade", (response, socket, early) => {
  let bytes = early;
  let wanted = Number(count);
  const take = () => {
    for (let one = parse(bytes); one; one = parse(bytes)) {
      bytes = one.rest;
      if (one.opcode === CLOSE && wanted > 0) {
        leave(1, `closed: ${one.payload.readUInt16BE(0)} ${one.payload.subarray(2)}`);
      }
      if (one.opcode <= 2 && wanted > 0) {
        console.log(one.payload.toString());
        if (--wanted === 0) socket.end(frame(CLOSE, Buffer.from([3, 0xe8]))); // 1000
      }
    }
  };
  socket.on("data", (more) => {
    bytes = Buffer.concat([bytes, more]);
    take();
  });
  socket.on("error", (error) => leave(1, error.message));
  socket.on("end", () => {
    socket.end();
    leave(wanted === 0 ? 0 : 1);
  });
  for (const message of messages) socket.write(frame(TEXT, Buffer.from(message)));
  take();
});
