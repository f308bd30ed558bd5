// node's ws.
import { readFileSync, writeSync } from "node:fs";
import WebSocket from "ws";

const { WS_SEND = "", WS_RECEIVE, WS_CLOSE_CODE, WS_CLOSE_REASON, WS_PROTOCOLS = "", WS_ORIGIN, WS_HEADERS = "", WS_COMPRESS,
  WS_CA, WS_PING, WS_FRAGMENT } = process.env;
const say = (line, data = "") => writeSync(1, Buffer.concat([Buffer.from(line + "\n"), Buffer.from(data)]));
const deflate = {
  on: true,
  "no-context": { clientNoContextTakeover: true, serverNoContextTakeover: true, threshold: 0 },
};
const socket = new WebSocket(process.argv[2], WS_PROTOCOLS ? WS_PROTOCOLS.split(",") : [], {
  origin: WS_ORIGIN,
  headers: Object.fromEntries(WS_HEADERS.split("\n").filter(Boolean).map((line) => line.split(": "))),
  perMessageDeflate: deflate[WS_COMPRESS] ?? false,
  ca: WS_CA && readFileSync(WS_CA),
});
let toCome = WS_RECEIVE === undefined ? Infinity : Number(WS_RECEIVE) + (WS_PING === undefined ? 0 : 1);
const oneLess = () => {
  if (--toCome <= 0) close();
};
const close = () => socket.close(WS_CLOSE_CODE && Number(WS_CLOSE_CODE), WS_CLOSE_REASON);

function sendInFragments(data, binary, size) {
  for (let at = 0; at < data.length || at === 0; at += size) {
    socket.send(data.subarray(at, at + size), { binary, fin: at + size >= data.length });
  }
}

socket.on("open", () => {
  say(`open ${socket.protocol}`);
  if (WS_PING !== undefined) socket.ping(WS_PING);
  for (const file of WS_SEND.split(" ").filter(Boolean)) {
    const data = readFileSync(file), binary = file.endsWith(".bin");
    if (WS_FRAGMENT) sendInFragments(data, binary, Number(WS_FRAGMENT));
    else socket.send(data, { binary });
  }
  if (toCome === 0) close();
});
socket.on("message", (data, binary) => {
  say(`${binary ? "binary" : "text"} ${data.length}`, data);
  oneLess();
});
socket.on("pong", (data) => {
  say(`pong ${data}`);
  oneLess();
});
socket.on("error", (error) => say(`failed ${error.message}`));
socket.on("close", (code, reason) => say(`closed ${code} - ${reason}`));
