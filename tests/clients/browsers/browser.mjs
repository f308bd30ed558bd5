// A page's WebSocket in one of the browsers: node browser.mjs chromium URL. The page gets the messages from a server of
// this program, and tells it what it hears.
import { readFileSync, statSync } from "node:fs";
import { once } from "node:events";
import http from "node:http";
import { launch } from "../../e2e/engines.mjs";

const [engine, url] = process.argv.slice(2);
const { WS_SEND = "", WS_RECEIVE, WS_CLOSE_CODE, WS_CLOSE_REASON, WS_PROTOCOLS } = process.env;
const files = WS_SEND.split(" ").filter(Boolean);
const wish = { url, toCome: WS_RECEIVE && Number(WS_RECEIVE), code: WS_CLOSE_CODE && Number(WS_CLOSE_CODE),
  reason: WS_CLOSE_REASON, protocols: WS_PROTOCOLS?.split(",") ?? [],
  messages: files.map((file) => ({ binary: file.endsWith(".bin"), size: statSync(file).size })) };
const page = `<!DOCTYPE html><title>client</title><script>(${script})(${JSON.stringify(wish)})</script>`;

/** The page's script. */
async function script({ url, toCome = Infinity, code, reason, protocols, messages }) {
  const all = await (await fetch("/messages")).arrayBuffer();
  const records = [];
  let telling = Promise.resolve();
  const post = (path, body) => fetch(path, { method: "POST", body });
  const tell = () => records.length > 0 && post("/records", new Blob(records.splice(0)));
  const say = (line, data = "") => {
    records.push(`${line}\n`, data);
    telling = telling.then(tell);
  };
  const socket = new WebSocket(url, protocols);
  socket.binaryType = "arraybuffer";
  const close = () => (code ? socket.close(code, reason) : socket.close());
  socket.onopen = () => {
    say(`open ${socket.protocol}`);
    let at = 0;
    for (const { binary, size } of messages) {
      const bytes = all.slice(at, (at += size));
      socket.send(binary ? bytes : new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes));
    }
    if (toCome === 0) close();
  };
  socket.onmessage = ({ data }) => {
    const text = typeof data === "string", bytes = text ? new TextEncoder().encode(data) : data;
    say(`${text ? "text" : "binary"} ${bytes.byteLength}`, bytes);
    if (--toCome <= 0) close();
  };
  socket.onerror = () => say("failed without a word");
  socket.onclose = ({ code, wasClean, reason }) => {
    say(`closed ${code} ${wasClean ? "yes" : "no"} ${reason}`);
    telling.then(() => post("/over"));
  };
}

const server = http.createServer((request, response) => {
  if (request.url === "/") response.setHeader("Content-Type", "text/html").end(page);
  else if (request.url === "/messages") response.end(Buffer.concat(files.map((file) => readFileSync(file))));
  else request.on("end", () => response.end()).pipe(process.stdout, { end: false });
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const over = new Promise((resolve) => server.on("request", ({ url }) => url === "/over" && resolve()));
const browser = await launch(engine);
await browser.open(`http://127.0.0.1:${server.address().port}/`);
await over;
await browser.close();
server.close();
