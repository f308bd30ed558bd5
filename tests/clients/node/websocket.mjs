// WebSocket-Node (npm: websocket), the client of events.
import { readFileSync } from "node:fs";
import WebSocketNode from "websocket";

const { WS_SEND = "", WS_RECEIVE, WS_CLOSE_CODE, WS_CLOSE_REASON, WS_PROTOCOLS = "", WS_ORIGIN, WS_HEADERS = "", WS_CA,
  WS_PING, WS_FRAGMENT } = process.env;
const say = (line, data = "") => process.stdout.write(Buffer.concat([Buffer.from(line + "\n"), Buffer.from(data)]));
const MOST = 64 << 20; // of a frame it takes 1 MiB otherwise, of a message 8 MiB
const client = new WebSocketNode.client({
  maxReceivedFrameSize: MOST,
  maxReceivedMessageSize: MOST,
  fragmentOutgoingMessages: WS_FRAGMENT !== undefined,
  fragmentationThreshold: Number(WS_FRAGMENT),
  tlsOptions: WS_CA ? { ca: readFileSync(WS_CA) } : {},
});
let toCome = WS_RECEIVE === undefined ? Infinity : Number(WS_RECEIVE) + (WS_PING === undefined ? 0 : 1);

client.on("connectFailed", (error) => say(`failed ${error.message.split("\n")[0]}`));
client.on("connect", (connection) => {
  const close = () => connection.close(WS_CLOSE_CODE && Number(WS_CLOSE_CODE), WS_CLOSE_REASON);
  const oneLess = () => {
    if (--toCome <= 0) close();
  };
  connection.on("message", ({ type, utf8Data, binaryData }) => {
    const data = type === "utf8" ? Buffer.from(utf8Data) : binaryData;
    say(`${type === "utf8" ? "text" : "binary"} ${data.length}`, data);
    oneLess();
  });
  connection.on("pong", (data) => {
    say(`pong ${data}`);
    oneLess();
  });
  connection.on("error", (error) => say(`failed ${error.message}`));
  connection.on("close", (code, reason) => say(`closed ${code} - ${reason}`));

  say(`open ${connection.protocol ?? ""}`);
  if (WS_PING !== undefined) connection.ping(WS_PING);
  for (const file of WS_SEND.split(" ").filter(Boolean)) {
    const data = readFileSync(file);
    if (file.endsWith(".bin")) connection.sendBytes(data);
    else connection.sendUTF(data);
  }
  if (toCome === 0) close();
});
const headers = Object.fromEntries(WS_HEADERS.split("\n").filter(Boolean).map((line) => line.split(": ")));
client.connect(process.argv[2], WS_PROTOCOLS ? WS_PROTOCOLS.split(",") : [], WS_ORIGIN, headers);
