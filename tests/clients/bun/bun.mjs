// Bun's WebSocket.
const { WS_SEND = "", WS_RECEIVE, WS_CLOSE_CODE, WS_CLOSE_REASON, WS_PROTOCOLS = "", WS_ORIGIN, WS_HEADERS = "",
  WS_COMPRESS, WS_CA, WS_PING } = Bun.env;
const say = (line, data = "") => process.stdout.write(Buffer.concat([Buffer.from(line + "\n"), Buffer.from(data)]));
const messages = await Promise.all(WS_SEND.split(" ").filter(Boolean)
  .map((name) => (name.endsWith(".bin") ? Bun.file(name).bytes() : Bun.file(name).text())));
const headers = Object.fromEntries(WS_HEADERS.split("\n").filter(Boolean).map((line) => line.split(": ")));
if (WS_ORIGIN) headers.Origin = WS_ORIGIN;
const socket = new WebSocket(Bun.argv[2], {
  protocols: WS_PROTOCOLS ? WS_PROTOCOLS.split(",") : [],
  headers,
  tls: WS_CA ? { ca: Bun.file(WS_CA) } : {},
  perMessageDeflate: WS_COMPRESS !== undefined,
});
socket.binaryType = "nodebuffer";
let toCome = WS_RECEIVE === undefined ? Infinity : Number(WS_RECEIVE) + (WS_PING === undefined ? 0 : 1);
const close = () => (WS_CLOSE_CODE ? socket.close(Number(WS_CLOSE_CODE), WS_CLOSE_REASON) : socket.close());
const oneLess = () => {
  if (--toCome <= 0) close();
};

socket.addEventListener("open", () => {
  say(`open ${socket.protocol}`);
  if (WS_PING !== undefined) socket.ping(WS_PING);
  for (const message of messages) socket.send(message);
  if (toCome === 0) close();
});
socket.addEventListener("message", ({ data }) => {
  const text = typeof data === "string", bytes = Buffer.from(data);
  say(`${text ? "text" : "binary"} ${bytes.length}`, bytes);
  oneLess();
});
socket.addEventListener("pong", ({ data }) => {
  say(`pong ${data}`);
  oneLess();
});
socket.addEventListener("error", ({ message }) => say(`failed ${message}`));
socket.addEventListener("close", ({ code, wasClean, reason }) =>
  say(`closed ${code} ${wasClean ? "yes" : "no"} ${reason}`));
