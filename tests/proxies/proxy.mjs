// Starts nginx and HAProxy with the files that docs/operations.md shows, changed in nothing but what
// cannot be here: port 443, the certificate's place, the server's port. Needs no root. The bench uses it, too.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import tls from "node:tls";
import { freePort } from "../e2e/free_port.mjs";
import { eventually } from "../e2e/wait.mjs";
import { launch } from "../faults/process.mjs";
import { RawPeer } from "../faults/raw_peer.mjs";

const PATIENCE_MS = 20_000;
const NAME = "chat.example.org";

export const example = (name) =>
  readFileSync(new URL(`../../docs/examples/proxies/${name}`, import.meta.url), "utf8");

const scratch = mkdtempSync(join(tmpdir(), "triloop-proxies-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

export const certificate = join(scratch, "certificate.pem");
export const key = join(scratch, "key.pem");
execFileSync("openssl", [
  "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
  "-subj", `/CN=${NAME}`, "-addext", `subjectAltName=DNS:${NAME}`, "-keyout", key, "-out", certificate,
], { stdio: "ignore" });
const both = join(scratch, "both.pem");
writeFileSync(both, readFileSync(certificate, "utf8") + readFileSync(key, "utf8"));

/** What a client needs to trust the proxy, and to ask for it by its name. */
export const trust = { ca: readFileSync(certificate), servername: NAME };

/** `text` with each of `changes` made; each must be there, and once only. */
function change(text, changes) {
  for (const [from, to] of changes) {
    assert.equal(text.split(from).length, 2, `'${from}' must be there once`);
    text = text.replace(from, () => to);
  }
  return text;
}

const makes = {
  nginx: {
    configuration: (port, upstream, changes) => change(example("nginx.conf"), [
      ["listen 443 ssl", `listen 127.0.0.1:${port} ssl`],
      ["127.0.0.1:7777", `127.0.0.1:${upstream}`],
      [`/etc/ssl/certs/${NAME}.pem`, certificate],
      [`/etc/ssl/private/${NAME}.key`, key],
      ...changes,
    ]),
    // One process, so that none is left when this one is killed; or a master and its workers, which it ends.
    whole: (site, folder, workers) =>
      `${example("nginx_main.conf")}
      ${workers ? `worker_processes ${workers}` : "master_process off"};
      daemon off; pid ${folder}/nginx.pid; error_log stderr;
      http {
        access_log off;
        ${["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
          .map((kind) => `${kind}_temp_path ${folder}/${kind};`).join(" ")}
        ${site}
      }\n`,
    command: (file, folder) => ["nginx", "-e", "stderr", "-p", folder, "-c", file],
    idle: "proxy_read_timeout 60s",
    each: "limit_conn each_address 100",
    second: (port) => ["server 127.0.0.1:", `server 127.0.0.1:${port} max_fails=0;\n  server 127.0.0.1:`],
    tooMany: 503,
    nobodyThere: 502,
    processes: (workers) => 1 + (workers ?? 0),
  },
  haproxy: {
    configuration: (port, upstream, changes) => change(example("haproxy.cfg"), [
      ["bind :443 ssl", `bind 127.0.0.1:${port} ssl`],
      ["127.0.0.1:7777", `127.0.0.1:${upstream}`],
      [`/etc/haproxy/${NAME}.pem`, both],
      ...changes,
    ]),
    whole: (site) => `global\n  log stderr format raw local0 warning\n${site}`,
    command: (file) => ["haproxy", "-db", "-f", file],
    idle: "timeout tunnel 60s",
    each: "sc_conn_cur(0) gt 100",
    second: (port) => ["server first", `server second 127.0.0.1:${port} check\n  server first`],
    tooMany: 429,
    nobodyThere: 503,
    processes: () => 1, // threads are all that it has, one for each core
  },
};

const { configuration, ...rest } = makes.haproxy;
/** HAProxy again, which passes TCP on, and says for whom in a PROXY header. */
makes.haproxy_tcp = {
  ...rest,
  configuration: (port, upstream, changes) => change(example("haproxy_tcp.cfg"), [
    ["bind :443 ssl", `bind 127.0.0.1:${port} ssl`],
    ["127.0.0.1:7777", `127.0.0.1:${upstream}`],
    [`/etc/haproxy/${NAME}.pem`, both],
    ...changes,
  ]),
};

/** nginx again, likewise. */
makes.nginx_stream = {
  ...makes.nginx,
  configuration: (port, upstream, changes) => change(example("nginx_stream.conf"), [
    ["listen 443 ssl", `listen 127.0.0.1:${port} ssl`],
    ["127.0.0.1:7777", `127.0.0.1:${upstream}`],
    [`/etc/ssl/certs/${NAME}.pem`, certificate],
    [`/etc/ssl/private/${NAME}.key`, key],
    ...changes,
  ]),
  whole: (stream, folder) =>
    `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
    ${example("nginx_main.conf")}
    daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr;
    ${stream}\n`,
};

/** Those that look at HTTP. */
export const names = ["nginx", "haproxy"];

/** The process, and those that it has started. */
const family = (pid) => [pid, ...readdirSync(`/proc/${pid}/task`).flatMap((task) =>
  readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").split(" ").filter(Boolean).map(Number))];

/**
 * Resolves when the proxy `name` takes connections for the server at port `upstream`; whoever calls stops it. Options:
 * `idle` and `each` set the numbers of the two limits, `second` is the port of another server, `more` are further changes
 * of the file, pairs. `workers`: as many as a machine with so many cores would have. `pids`: all its processes.
 */
export async function launchProxy(name, upstream, { idle, each, second, more = [], workers } = {}) {
  const make = makes[name];
  const changes = [...more];
  if (idle) changes.push([make.idle, make.idle.replace("60s", idle)]);
  if (each) changes.push([make.each, make.each.replace("100", each)]);
  if (second) changes.push(make.second(second));
  const port = await freePort();
  const folder = mkdtempSync(join(scratch, `${name}-`));
  const file = join(folder, "configuration");
  writeFileSync(file, make.whole(make.configuration(port, upstream, changes), folder, workers));
  const proxy = launch(make.command(file, folder), {
    environment: { PATH: `${process.env.PATH}:/usr/sbin` } }); // where a user's own may not lead
  let pids = [];
  try {
    await eventually(PATIENCE_MS, async () => {
      if (!proxy.isRunning()) return; // said below
      const socket = net.connect(port, "127.0.0.1");
      await once(socket, "connect");
      socket.destroy();
      pids = family(proxy.pid);
      assert.equal(pids.length, make.processes(workers));
    });
    assert.ok(proxy.isRunning(), `${name} ended: ${proxy.stderr()}`);
  } catch (error) {
    await proxy.stop("SIGKILL");
    throw error;
  }
  return Object.assign(proxy, {
    port,
    pids,
    url: (path = "/ws") => `wss://127.0.0.1:${port}${path}`,
    tooMany: make.tooMany,
    nobodyThere: make.nobodyThere,
  });
}

/** The same, for the test `t`. */
export async function startProxy(t, ...what) {
  const proxy = await launchProxy(...what);
  t.after(() => proxy.stop("SIGKILL"));
  return proxy;
}

/** A client that can misbehave, on an open WebSocket through TLS. */
export async function openRawPeer(proxy) {
  const socket = tls.connect({ port: proxy.port, host: "127.0.0.1", ...trust });
  const peer = new RawPeer(socket);
  await Promise.race([once(socket, "secureConnect"), peer.over]);
  peer.shakeHands();
  assert.equal(await peer.answered, 101);
  return peer;
}
