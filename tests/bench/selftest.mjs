// Can the load generator be believed? TRILOOP_LOAD and TRILOOP_BINARY name the programs.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpsServer } from "node:https";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { WebSocketServer } from "ws";
import { certificates, options as tlsOptions } from "../e2e/certificates.mjs";
import { launch, startServer } from "../faults/process.mjs";
import { residentByKind } from "./anatomy.mjs";
import { start } from "./contestants.mjs";
import { judge, judgeBaseline } from "./judge.mjs";
import { merged, readKept, runsOf, writeKept } from "./kept.mjs";
import { shares } from "./profile.mjs";
import { writeTables } from "./report.mjs";
import { allRows, isTls } from "./rows.mjs";
import { interval, outcomeOf, ratio } from "./statistics.mjs";

const LOAD = process.env.TRILOOP_LOAD;
assert.ok(LOAD, "TRILOOP_LOAD must name the load generator");
const TIMEOUT = { timeout: 60_000 };
const SHORT = ["--connections", "4", "--in-flight", "4", "--warmup", "0.05", "--seconds", "0.3"];

async function load(port, ...args) {
  const child = spawn(LOAD, ["--port", String(port), ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => { stdout += text; });
  child.stderr.setEncoding("utf8").on("data", (text) => { stderr += text; });
  const [code] = await once(child, "close");
  return { code, stderr, json: code === 0 ? JSON.parse(stdout) : undefined };
}

function assertMonotone({ p50, p90, p99, p99_9, max }) {
  const sorted = [p50, p90, p99, p99_9, max];
  assert.ok(p50 > 0);
  assert.deepEqual(sorted, [...sorted].sort((a, b) => a - b));
}

/** Echoes frames over length prefixes, as `alter` changes them; a frame that is null ends the stream. */
async function rawEcho(t, alter) {
  const sockets = new Set();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let kept = Buffer.alloc(0);
    let count = 0;
    socket.on("data", (data) => {
      kept = Buffer.concat([kept, data]);
      while (kept.length >= 4 && kept.length >= 4 + kept.readUInt32BE()) {
        const size = 4 + kept.readUInt32BE();
        const answer = alter(Buffer.from(kept.subarray(0, size)), count++);
        kept = kept.subarray(size);
        if (answer === null) return socket.end();
        socket.write(answer);
      }
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return server.address().port;
}

for (const mode of ["echo", "stalled", "flood"]) {
  test(`${mode} counts messages and percentiles in order`, TIMEOUT, async (t) => {
    const server = await startServer(t, []);
    const { code, stderr, json } = await load(server.port, "--mode", mode, "--pid", String(server.pid), ...SHORT);
    assert.equal(code, 0, stderr);
    assert.ok(json.messages > 0);
    assert.ok(json.least_messages_of_a_connection <= json.most_messages_of_a_connection);
    assert.ok(json.server.threads >= 12);
    assertMonotone(json.latency_us);
  });
}

for (const bytes of [1, 125, 126, 4096, 65_535, 65_536, 1 << 20]) {
  test(`messages of ${bytes} bytes come back, as text and as binary`, TIMEOUT, async (t) => {
    const server = await startServer(t, []);
    for (const kind of ["--text", "--binary"]) {
      const { code, stderr, json } = await load(server.port, kind, "--bytes", String(bytes), ...SHORT);
      assert.equal(code, 0, stderr);
      assert.ok(json.messages > 0);
    }
  });
}

test("churn counts connections", TIMEOUT, async (t) => {
  const server = await startServer(t, []);
  const { code, stderr, json } = await load(server.port, "--mode", "churn", ...SHORT);
  assert.equal(code, 0, stderr);
  assert.ok(json.connections > 0);
  assertMonotone(json.latency_us);
});

test("idle holds its connections, and each answers once", TIMEOUT, async (t) => {
  const server = await startServer(t, []);
  const { code, stderr, json } = await load(server.port, "--mode", "idle", "--pid", String(server.pid), ...SHORT);
  assert.equal(code, 0, stderr);
  assert.equal(json.latency_us.messages, 4);
  assert.ok(json.all_answered_in_seconds > 0);
});

test("heartbeats are no echoes, even between messages of their size", TIMEOUT, async (t) => {
  const server = await start([process.env.TRILOOP_BINARY, "--bind", "127.0.0.1", "--port", "0", "--heartbeat", "0.01"]);
  t.after(() => server.stop("SIGKILL"));
  const { code, stderr } = await load(server.port, "--text", "--bytes", "21", ...SHORT);
  assert.equal(code, 0, stderr);
});

test("an honest echo over length prefixes passes", TIMEOUT, async (t) => {
  const { code, stderr, json } = await load(await rawEcho(t, (frame) => frame), "--raw", ...SHORT);
  assert.equal(code, 0, stderr);
  assert.ok(json.messages > 0);
});

test("one wrong byte is noticed", TIMEOUT, async (t) => {
  const port = await rawEcho(t, (frame, count) => {
    if (count === 100) frame[frame.length - 1] ^= 1;
    return frame;
  });
  const { code, stderr } = await load(port, "--raw", ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /wrong echo/);
});

test("a lost message is noticed", TIMEOUT, async (t) => {
  const port = await rawEcho(t, (frame, count) => (count === 100 ? Buffer.alloc(0) : frame));
  const { code, stderr } = await load(port, "--raw", ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /wrong echo/);
});

test("a server that ends a connection is noticed", TIMEOUT, async (t) => {
  const port = await rawEcho(t, (frame, count) => (count === 100 ? null : frame));
  const { code, stderr } = await load(port, "--raw", ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /ended the connection|reset/);
});

test("a port where nobody listens is noticed", TIMEOUT, async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  const { code, stderr } = await load(port, ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /connect/);
});

test("a sample of the profile is counted by the stack it has", () => {
  const stack = (...frames) => frames.map((frame) => `\t    10a974 ${frame}`).join("\n");
  const kernel = ["do_syscall_64", "entry_SYSCALL_64_after_hwframe"];
  const found = shares([
    stack("finish_task_switch.isra.0", "__schedule", "schedule", "tcp_recvmsg", "__x64_sys_recvfrom", ...kernel),
    stack("tcp_sendmsg_locked", "__x64_sys_sendmsg", ...kernel, "sendmsg"),
    stack("_int_malloc", "triloop::Connection::read_loop+0x10"),
    stack("triloop::Connection::read_loop"),
  ].join("\n\n") + "\n\n");
  assert.equal(found["waking and switching threads"], 0.25);
  assert.equal(found.sending, 0.25);
  assert.equal(found["malloc and free"], 0.25);
  assert.equal(found["the program itself"], 0.25);
  assert.equal(found.receiving, 0);
  assert.throws(() => shares(""), /no samples/);
});

test("a mapping is counted by what it is", () => {
  const KIB = 1024;
  let next = 0x7f0000000000;
  const mapping = (permissions, name, size, resident, gap = 0) => {
    const begin = next + gap * KIB;
    next = begin + size * KIB;
    return `${begin.toString(16)}-${next.toString(16)} ${permissions} 00000000 00:00 0 ${name}\n` +
      `Size: ${size} kB\nRss:   ${resident} kB\nPss: 1 kB\n`;
  };
  const found = residentByKind([
    mapping("rw-p", "[heap]", 512, 1), mapping("rw-p", "", 512, 2),
    mapping("---p", "", 4, 0), mapping("rw-p", "", 512, 4),
    mapping("---p", "/lib/libc.so", 4, 0), mapping("r-xp", "/lib/libc.so", 64, 8), mapping("rw-p", "", 8, 16),
    mapping("---p", "", 60_000, 0), mapping("rw-p", "", 512, 32), // what malloc has not touched yet, and its next arena
    mapping("---p", "", 4, 0), mapping("rw-p", "", 512, 64, 4), // not right behind it
  ].join(""));
  assert.deepEqual(found, { "thread stacks": 4 * KIB, malloc: 115 * KIB, "program and libraries": 8 * KIB });
});

const COMPRESSED = ["--compress", "--text", "--payload", "json", "--bytes", "1024", ...SHORT];

/** Echoes compressed messages as node's ws does; `answer` of the 100th sends something else instead. */
async function compressingEcho(t, options, answer) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: options });
  await once(server, "listening");
  let count = 0;
  server.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => {
      if (answer && count++ === 100) answer(socket, data);
      else socket.send(data, { binary: isBinary });
    });
  });
  t.after(() => {
    server.clients.forEach((socket) => socket.terminate());
    server.close();
  });
  return server.address().port;
}

for (const [what, options] of Object.entries({
  "with the window of earlier messages": { threshold: 0 },
  "without it": { threshold: 0, serverNoContextTakeover: true },
  "with a small window": { threshold: 0, serverMaxWindowBits: 9 },
  "that is not worth it, and so is plain": { threshold: 1 << 20 },
})) {
  test(`an honest echo passes that is compressed ${what}`, TIMEOUT, async (t) => {
    const { code, stderr, json } = await load(await compressingEcho(t, options), ...COMPRESSED);
    assert.equal(code, 0, stderr);
    assert.ok(json.messages > 0);
  });
}

test("one wrong byte in a compressed stream is noticed", TIMEOUT, async (t) => {
  const port = await compressingEcho(t, { threshold: 0 }, (socket, data) => {
    data[data.length >> 1] ^= 1;
    socket.send(data.toString("latin1"));
  });
  const { code, stderr } = await load(port, ...COMPRESSED);
  assert.equal(code, 1);
  assert.match(stderr, /wrong echo/);
});

test("one wrong byte of a large echo is noticed, if messages are looked at one by one", TIMEOUT, async (t) => {
  const port = await compressingEcho(t, false, (socket, data) => {
    data[data.length - 1] ^= 1;
    socket.send(data);
  });
  const { code, stderr } = await load(port, "--by-message", "--bytes", "70000", ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /wrong echo: other bytes/);
});

/** A text frame with the bit of a compressed one, and this in it. */
const compressedFrame = (payload) => Buffer.concat([Buffer.from([0xc1, 126, payload.length >> 8, payload.length & 0xff]), payload]);

for (const [what, payload, message] of [
  ["what cannot be expanded", Buffer.alloc(200, 0xff), /cannot be expanded/],
  ["what expands to more than was sent", deflateRawSync(Buffer.alloc(4096, "a")), /wrong echo/],
]) {
  test(`${what} is noticed`, TIMEOUT, async (t) => {
    const port = await compressingEcho(t, { threshold: 0 }, (socket) => socket._socket.write(compressedFrame(payload)));
    const { code, stderr } = await load(port, ...COMPRESSED);
    assert.equal(code, 1);
    assert.match(stderr, message);
  });
}

test("a server that does not agree to compression is noticed", TIMEOUT, async (t) => {
  const { code, stderr } = await load(await compressingEcho(t, false), ...COMPRESSED);
  assert.equal(code, 1);
  assert.match(stderr, /no permessage-deflate/);
});

test("text of each script is valid UTF-8 of the size that was asked for", TIMEOUT, async (t) => {
  const server = await startServer(t, []); // refuses what is none
  for (const payload of ["letters", "json", "chinese", "russian", "emoji"]) {
    for (const bytes of ["5", "6", "7", "64", "65536"]) {
      const { code, stderr, json } = await load(server.port, "--text", "--payload", payload, "--bytes", bytes, ...SHORT);
      assert.equal(code, 0, `${payload} ${bytes}: ${stderr}`);
      assert.ok(json.messages > 0);
    }
  }
});

test("however the generator receives and sends, messages come back", TIMEOUT, async (t) => {
  const server = await startServer(t, []);
  for (const how of [["--receive-bytes", "1024"], ["--send-bytes", "1000"], ["--socket-buffer", "8192"], ["--in-bunches"], ["--by-message"]]) {
    for (const bytes of ["100", "70000"]) {
      const { code, stderr, json } = await load(server.port, ...how, "--bytes", bytes, ...SHORT);
      assert.equal(code, 0, `${how}: ${stderr}`);
      assert.ok(json.messages > 0);
    }
  }
});

/** Echoes through TLS; `answer` of the 100th message sends something else instead. `sockets`: what was agreed on. */
async function tlsEcho(t, answer) {
  const own = certificates(t).issue("server");
  const server = createHttpsServer({ cert: own.cert, key: own.keyText });
  const sockets = [];
  server.on("secureConnection", (socket) => sockets.push([socket.getProtocol(), socket.getCipher().standardName]));
  const webSockets = new WebSocketServer({ server, perMessageDeflate: false });
  let count = 0;
  webSockets.on("connection", (socket) => {
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => {
      if (answer && count++ === 100) answer(socket, data);
      else socket.send(data, { binary: isBinary });
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => {
    webSockets.clients.forEach((socket) => socket.terminate());
    server.close();
  });
  return { port: server.address().port, sockets };
}

test("through TLS an honest echo passes, and it is 1.3 with the one cipher", TIMEOUT, async (t) => {
  const { port, sockets } = await tlsEcho(t);
  const { code, stderr, json } = await load(port, "--tls", ...SHORT);
  assert.equal(code, 0, stderr);
  assert.ok(json.messages > 0);
  assert.deepEqual(sockets, Array(4).fill(["TLSv1.3", "TLS_AES_128_GCM_SHA256"]));
});

test("one wrong byte through TLS is noticed", TIMEOUT, async (t) => {
  const { port } = await tlsEcho(t, (socket, data) => {
    data[data.length - 1] ^= 1;
    socket.send(data);
  });
  const { code, stderr } = await load(port, "--tls", ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /wrong echo: other bytes/);
});

test("a server that ends a connection with TLS is noticed", TIMEOUT, async (t) => {
  const { port } = await tlsEcho(t, (socket) => socket._socket.end());
  const { code, stderr } = await load(port, "--tls", ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /ended the connection|reset/);
});

test("a server that does not speak TLS is noticed", TIMEOUT, async (t) => {
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const { code, stderr } = await load(server.address().port, "--tls", ...SHORT);
  assert.equal(code, 1);
  assert.match(stderr, /TLS: wrong version number/);
});

test("through TLS messages come back, however large they are, and however the generator receives and sends", TIMEOUT, async (t) => {
  const own = certificates(t).issue("server");
  const server = await start([process.env.TRILOOP_BINARY, "--bind", "127.0.0.1", "--port", "0", "--quiet", ...tlsOptions(own)]);
  t.after(() => server.stop("SIGKILL"));
  for (const how of [[], ["--mode", "churn"], ["--receive-bytes", "1024"], ["--send-bytes", "1000"], ["--socket-buffer", "8192"], ["--by-message"]]) {
    for (const bytes of ["1", "300000"]) {
      const { code, stderr, json } = await load(server.port, "--tls", ...how, "--bytes", bytes, ...SHORT);
      assert.equal(code, 0, `${how} ${bytes}: ${stderr}`);
      assert.ok((json.messages ?? json.connections) > 0, `${how} ${bytes}`);
    }
  }
});

test("what several processes need is summed", TIMEOUT, async (t) => {
  const server = await startServer(t, []);
  const others = [1, 2, 3].map(() => launch(["sleep", "1h"])); // a thread each
  t.after(() => Promise.all(others.map((other) => other.stop("SIGKILL"))));
  const { code, stderr, json } = await load(server.port, ...others.flatMap(({ pid }) => ["--pid", String(pid)]), ...SHORT);
  assert.equal(code, 0, stderr);
  assert.equal(json.server.threads, 3);
});

test("page faults of a server are counted: each new page is one", TIMEOUT, async (t) => {
  const server = await start([process.execPath, "-e", `
    const kept = [];
    require("net").createServer((socket) => socket.on("data", (data) => {
      kept.push(Buffer.alloc(400 * 4096, 1));
      socket.write(data);
    })).listen(0, "127.0.0.1", function () { console.log("listening on http://127.0.0.1:" + this.address().port + "/"); });
  `]);
  t.after(() => server.stop("SIGKILL"));
  const { code, stderr, json } = await load(server.port, "--raw", "--pid", String(server.pid), "--connections", "1",
    "--in-flight", "1", "--warmup", "0.05", "--seconds", "0.2");
  assert.equal(code, 0, stderr);
  assert.ok(json.server.page_faults_per_message > 100, String(json.server.page_faults_per_message));
  assert.ok(json.server.cpu_us_per_message > 0);
});

test("the interval of seven numbers leaves out what one round could have disturbed", () => {
  assert.deepEqual(interval([1, 2, 3, 4, 5, 6, 7]), { low: 2, high: 6 }); // as R: wilcox.test(1:7, conf.int = TRUE)
  assert.equal(interval([1, 2, 3, 4, 5]), undefined);
  const disturbed = interval([1, 1.01, 1.02, 0.99, 0.98, 1, 100]);
  assert.ok(disturbed.low > 0.97 && disturbed.high < 100, JSON.stringify(disturbed));
});

test("a target is reached, not reached or open by where its interval is", () => {
  const value = { low: 1.1, high: 1.3, count: 7 };
  assert.equal(outcomeOf(value, { least: 1.1 }), "reached");
  assert.equal(outcomeOf(value, { least: 1.2 }), "open");
  assert.equal(outcomeOf(value, { least: 1.4 }), "not reached");
  assert.equal(outcomeOf(value, { most: 1.3 }), "reached");
  assert.equal(outcomeOf(value, { most: 1.2 }), "open");
  assert.equal(outcomeOf(value, { most: 1 }), "not reached");
  assert.equal(outcomeOf({ ...value, count: 6 }, { least: 1 }), "open");
  assert.equal(outcomeOf(undefined, { least: 1 }), "not run");
});

const ratesOf = (...rates) => rates.map((rate) => ({ messages_per_second: rate }));
const SEVEN = [100, 101, 102, 103, 104, 105, 106];
const target = { row: "r", figure: "rate", peer: "uwebsockets", least: 0.4 };

test("ratios are of the same round, and their interval is on a scale of ratios", () => {
  const value = ratio(ratesOf(1, 40, 200), ratesOf(2, 20, 200), (run) => run.messages_per_second);
  assert.deepEqual([value.least, value.median, value.most], [0.5, 1, 2]);
  const seven = ratio(ratesOf(...SEVEN), ratesOf(...SEVEN.map((rate) => 2 * rate)), (run) => run.messages_per_second);
  assert.ok(Math.abs(seven.low - 0.5) < 1e-9 && Math.abs(seven.high - 0.5) < 1e-9);
});

test("no row asks of a server what it cannot do", () => {
  for (const { name, servers, load } of allRows()) {
    const isOfWebSocket = load.text || load.compress || load["by-message"] || load.mode !== "echo";
    assert.ok(!(isOfWebSocket && servers.includes("floor")), name);
  }
});

test("a row is worse than an older build only if its whole interval is", () => {
  const judged = (...rates) => judgeBaseline(
    { results: { r: { triloop: ratesOf(...rates), baseline: ratesOf(...rates.map(() => 100)) } } },
    [{ name: "r", kind: "echo" }])[0].isWorse;
  assert.equal(judged(90, 91, 92, 93, 94, 95, 96), true);
  assert.equal(judged(90, 91, 92, 99, 100, 101, 102), false);
  assert.equal(judged(99, 99, 100, 100, 101, 101, 102), false);
});

test("rows with TLS have tables of their own, and a run of one kind leaves those of the other", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "tables-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const page = join(folder, "page.md");
  const of = (name) => `<!-- ${name}:begin -->\nthose of ${name}\n<!-- ${name}:end -->\n`;
  const machine = { date: "2020-01-01", load: 0, packages: { haproxy: "2.6", "zlib1g-dev": "1.2" } };
  const write = (isWanted) => {
    const rows = allRows().filter(isWanted);
    const runs = (row) => Object.fromEntries(row.servers.map((name) => [name, ratesOf(...SEVEN)]));
    writeFileSync(page, `before\n${of("bench")}between\n${of("bench-tls")}behind\n`);
    const targets = rows.map(({ name }) => ({ row: name, what: "messages/s", least: 1, outcome: "open" }));
    writeTables(page, { machine, results: Object.fromEntries(rows.map((row) => [row.name, runs(row)])), targets,
      profiles: {}, memory: {}, skipped: {}, failed: {} }, rows, []);
    return /^before\n(.*)between\n(.*)behind\n$/s.exec(readFileSync(page, "utf8")).slice(1);
  };
  const [plain, secured] = [({ name }) => name === "64x1 64 B", isTls];
  const [others, its] = write(secured);
  assert.equal(others, of("bench"));
  assert.match(its, /haproxy 2\.6/);
  assert.match(its, /\| 64x1 64 B TLS, messages\/s \| 103 \| 103 \| 103 \| 103 \|/);
  const [own, left] = write(plain);
  assert.equal(left, of("bench-tls"));
  assert.match(own, /\| 64x1 64 B, messages\/s \| 103 \|/);
  for (const tables of write((row) => plain(row) || secured(row))) assert.doesNotMatch(tables, /those of/);
  assert.equal(write((row) => plain(row) || secured(row))[0], own);
});

test("figures of uWebSockets are kept, with their date, until there are new ones", (t) => {
  const folder = mkdtempSync(join(tmpdir(), "kept-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "kept.json");
  const runWith = (factor) => ({ triloop: ratesOf(...SEVEN), uwebsockets: ratesOf(...SEVEN.map((rate) => factor * rate)) });
  writeKept(path, merged(readKept(path), { machine: { date: "2020-01-01" }, results: { r: runWith(2), s: runWith(2) } }));

  // The next run has none, and a triloop of twice the speed, which is no pair with what was kept.
  const without = { results: { r: { triloop: ratesOf(...SEVEN.map((rate) => 2 * rate)) } }, kept: readKept(path) };
  const kept = judge(target, without);
  assert.equal(kept.date, "2020-01-01");
  assert.equal(kept.outcome, "reached");
  assert.ok(Math.abs(kept.value.median - 0.5) < 1e-9);
  assert.equal(runsOf(without, "r", "triloop").date, undefined);
  assert.equal(runsOf(without, "s", "triloop"), undefined, "a row that was not run has no figures but those of uWebSockets");
  assert.deepEqual(merged(without.kept, { machine: { date: "2020-02-02" }, results: without.results }), without.kept);

  // The one after that has, in one row.
  const results = { r: runWith(4) };
  const after = { results, kept: merged(readKept(path), { machine: { date: "2020-03-03" }, results }) };
  assert.equal(judge(target, after).outcome, "not reached");
  assert.equal(judge(target, after).date, undefined);
  assert.deepEqual([after.kept.r.date, after.kept.s.date], ["2020-03-03", "2020-01-01"]);
  assert.match(readFileSync(path, "utf8"), /2020-01-01/);
});
