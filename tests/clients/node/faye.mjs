// faye-websocket, without its extensions (they are packages of their own).
import { readFileSync } from "node:fs";
import faye from "faye-websocket";

const { WS_SEND = "", WS_RECEIVE, WS_CLOSE_CODE, WS_CLOSE_REASON, WS_PROTOCOLS = "", WS_ORIGIN, WS_HEADERS = "", WS_CA,
  WS_PING } = process.env;
const say = (line, data = "") => process.stdout.write(Buffer.concat([Buffer.from(line + "\n"), Buffer.from(data)]));
const headers = Object.fromEntries(WS_HEADERS.split("\n").filter(Boolean).map((line) => line.split(": ")));
if (WS_ORIGIN) headers.Origin = WS_ORIGIN;
const socket = new faye.Client(process.argv[2], WS_PROTOCOLS ? WS_PROTOCOLS.split(",") : [], {
  headers,
  tls: WS_CA ? { ca: readFileSync(WS_CA) } : {},
});
let toCome = WS_RECEIVE === undefined ? Infinity : Number(WS_RECEIVE) + (WS_PING === undefined ? 0 : 1);
const close = () => socket.close(WS_CLOSE_CODE && Number(WS_CLOSE_CODE), WS_CLOSE_REASON);
const oneLess = () => {
  if (--toCome <= 0) close();
};

socket.on("open", () => {
  say(`open ${socket.protocol}`);
  if (WS_PING !== undefined) {
    socket.ping(WS_PING, () => {
      say(`pong ${WS_PING}`);
      oneLess();
    });
  }
  for (const file of WS_SEND.split(" ").filter(Boolean)) {
    const data = readFileSync(file);
    socket.send(file.endsWith(".bin") ? data : data.toString());
  }
  if (toCome === 0) close();
});
socket.on("message", ({ data }) => {
  const text = typeof data === "string", bytes = Buffer.from(data);
  say(`${text ? "text" : "binary"} ${bytes.length}`, bytes);
  oneLess();
});
socket.on("error", ({ message }) => say(`failed ${message}`));
socket.on("close", ({ code, reason }) => say(`closed ${code} - ${reason}`));
