// undici's WebSocket, which node has as a global too.
import diagnostics from "node:diagnostics_channel";
import { readFileSync } from "node:fs";
import { Agent, WebSocket, ping } from "undici";

const { WS_SEND = "", WS_RECEIVE, WS_CLOSE_CODE, WS_CLOSE_REASON, WS_PROTOCOLS = "", WS_ORIGIN, WS_HEADERS = "", WS_CA,
  WS_PING } = process.env;
const say = (line, data = "", said) =>
  process.stdout.write(Buffer.concat([Buffer.from(line + "\n"), Buffer.from(data)]), said);
const headers = Object.fromEntries(WS_HEADERS.split("\n").filter(Boolean).map((line) => line.split(": ")));
if (WS_ORIGIN) headers.Origin = WS_ORIGIN;
const socket = new WebSocket(process.argv[2], {
  protocols: WS_PROTOCOLS ? WS_PROTOCOLS.split(",") : [],
  headers,
  dispatcher: new Agent({ connect: { ca: WS_CA && readFileSync(WS_CA) } }),
});
socket.binaryType = "arraybuffer";
let toCome = WS_RECEIVE === undefined ? Infinity : Number(WS_RECEIVE) + (WS_PING === undefined ? 0 : 1);
const close = () => (WS_CLOSE_CODE ? socket.close(Number(WS_CLOSE_CODE), WS_CLOSE_REASON) : socket.close());
const oneLess = () => {
  if (--toCome <= 0) close();
};

socket.addEventListener("open", () => {
  say(`open ${socket.protocol}`);
  if (WS_PING !== undefined) ping(socket, Buffer.from(WS_PING));
  for (const file of WS_SEND.split(" ").filter(Boolean)) {
    const data = readFileSync(file);
    socket.send(file.endsWith(".bin") ? data : data.toString());
  }
  if (toCome === 0) close();
});
socket.addEventListener("message", ({ data }) => {
  const text = typeof data === "string", bytes = Buffer.from(data);
  say(`${text ? "text" : "binary"} ${bytes.length}`, bytes);
  oneLess();
});
diagnostics.subscribe("undici:websocket:pong", ({ payload }) => {
  say(`pong ${payload}`);
  oneLess();
});
socket.addEventListener("error", ({ message, error }) => say(`failed ${message} ${error?.cause ?? ""}`));
socket.addEventListener("close", ({ code, wasClean, reason }) => {
  // It keeps the stream after a handshake that failed, and that would keep the process.
  say(`closed ${code} ${wasClean ? "yes" : "no"} ${reason}`, "", () => process.exit());
});
