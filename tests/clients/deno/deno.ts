// Deno's WebSocket.
const { WS_SEND = "", WS_RECEIVE, WS_CLOSE_CODE, WS_CLOSE_REASON, WS_PROTOCOLS = "", WS_ORIGIN, WS_HEADERS = "",
  WS_CA } = Deno.env.toObject();
const encode = (text: string) => new TextEncoder().encode(text);

function say(line: string, data = new Uint8Array()) {
  for (let bytes of [encode(line + "\n"), data]) {
    while (bytes.length > 0) bytes = bytes.subarray(Deno.stdout.writeSync(bytes));
  }
}

const headers = new Headers(WS_HEADERS.split("\n").filter(Boolean).map((line) => line.split(": ") as [string, string]));
if (WS_ORIGIN) headers.set("Origin", WS_ORIGIN);
const socket = new WebSocket(Deno.args[0], {
  protocols: WS_PROTOCOLS ? WS_PROTOCOLS.split(",") : [],
  headers,
  client: WS_CA ? Deno.createHttpClient({ caCerts: [Deno.readTextFileSync(WS_CA)] }) : undefined,
});
socket.binaryType = "arraybuffer";
let toCome = Number(WS_RECEIVE ?? Infinity);
const close = () => (WS_CLOSE_CODE ? socket.close(Number(WS_CLOSE_CODE), WS_CLOSE_REASON) : socket.close());

socket.onopen = () => {
  say(`open ${socket.protocol}`);
  for (const file of WS_SEND.split(" ").filter(Boolean)) {
    socket.send(file.endsWith(".bin") ? Deno.readFileSync(file) : Deno.readTextFileSync(file));
  }
  if (toCome === 0) close();
};
socket.onmessage = ({ data }) => {
  const text = typeof data === "string", bytes = text ? encode(data) : new Uint8Array(data);
  say(`${text ? "text" : "binary"} ${bytes.length}`, bytes);
  if (--toCome <= 0) close();
};
socket.onerror = (event) => say(`failed ${(event as ErrorEvent).message}`);
socket.onclose = ({ code, wasClean, reason }) => say(`closed ${code} ${wasClean ? "yes" : "no"} ${reason}`);
