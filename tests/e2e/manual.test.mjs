// What is written about the program names the options that the program has.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { launchProgram } from "./server.mjs";

const project = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const read = (path) => readFileSync(project(path), "utf8");
const program = (...args) =>
  execFileSync(process.env.TRILOOP_BINARY, args, { encoding: "utf8", timeout: 15_000 });

const all = (pattern, text) => [...text.matchAll(pattern)].map((match) => match[1]).sort();
const options = all(/^ +(?:-h,)?(--[a-z-]+)/gm, program("--help"));

test("the manual page has an entry for each option of --help, and for no other", () => {
  const page = read("docs/man/triloop.1").replaceAll("\\-", "-");
  assert.deepEqual(all(/^\.TP\n\.\S+ (?:-h ", " )?(--[a-z-]+)/gm, page), options);
});

test("the manual page of triloop dial has an entry for each option of its --help, and for no other", () => {
  const page = read("docs/man/triloop-dial.1").replaceAll("\\-", "-");
  const named = all(/^ +(?:-h,)?(--[a-z-]+)/gm, program("dial", "--help"));
  assert.deepEqual(all(/^\.TP\n\.\S+ (?:-h ", " )?(--[a-z-]+)/gm, page), named);
  assert.deepEqual(complete(["dial", ""]), named);
  assert.deepEqual(complete(["dial", "--cou"]), ["--count"]);
  assert.deepEqual(complete(["di"]), ["dial"]);
});

// "--port PORT:INT in [0 - 65535]=7777 (Env:TRILOOP_PORT)"; a flag has no "=". An empty list is no default.
const defaults = Object.fromEntries(
  [...program("--help").matchAll(/^ +(--[a-z-]+)(.*?)\(Env:/gm)].map(([, name, rest]) => {
    const value = /=([^=]*?)(?: \.\.\.)? *$/.exec(rest)?.[1];
    return [name, value === "[]" ? undefined : value];
  }));

test("docs/operations.md has a line for each option of --help, and for no other, with its default", () => {
  const own = options.filter((option) => option !== "--help" && option !== "--version");
  const page = read("docs/operations.md");
  assert.deepEqual(all(/^\| `(--[a-z-]+)/gm, page), own);
  assert.deepEqual(Object.keys(defaults).sort(), own);
  const shown = Object.fromEntries([...page.matchAll(/^\| `(--[a-z-]+)` \| (?:`(.*?)`|\((?:any|none|off)\)) \|/gm)]
    .map(([, name, value]) => [name, value]));
  assert.deepEqual(shown, defaults);
});

test("the command line wins over the file, and the file over the environment", async (t) => {
  const file = ["--config", project("docs/examples/operations/triloop.ini")];
  const environment = { TRILOOP_PORT: "0", TRILOOP_BIND: "127.0.0.2" };
  const binds = async (...args) => {
    const { url } = await launchProgram(t, process.env.TRILOOP_BINARY, args, environment);
    return new URL(url).hostname;
  };
  assert.equal(await binds("--quiet"), "127.0.0.2");
  assert.equal(await binds(...file, "--port", "0"), "127.0.0.1");
  assert.equal(await binds(...file, "--port", "0", "--bind", "127.0.0.3"), "127.0.0.3");
});

/** What follows `begin` in a public header up to the end of that class; without comments and bodies. */
function publicPart(header, begin) {
  const [, rest] = read(`include/triloop/${header}.h`).split(`${begin} {\n`);
  let text = rest.split("\n};")[0].split("\n private:")[0].replace(/\/\/.*$/gm, "");
  for (let outer; outer !== text;) [outer, text] = [text, text.replace(/\{[^{}]*\}/g, ";")];
  return text;
}

const functionsOf = (text) =>
  [...new Set(all(/^ {2}(?=\S)[^\n=;(]*?\b([a-z]\w*)\(/gm, text))].filter((name) => name !== "operator");
const membersOf = (text) => all(/^ {2}(?!using )[\w:<>, ]+ (\w+)(?: = [^;\n]*)?;/gm, text);
const valuesOf = (text) => all(/^ {2}(k\w+),/gm, text);

test("the manual page of the library has an entry for each public call, member and result", () => {
  const page = read("docs/man/triloop.3").replaceAll("\\-", "-");
  const classes = [
    ["Server", "server", "class Server", functionsOf, "snapshot"],
    ["Verdict", "verdict", "class Verdict", functionsOf, "refusal"],
    ["Connection", "connection", "class Connection", functionsOf, "round_trip"],
    ["ConnectionHandle", "handle", "class ConnectionHandle", functionsOf, "is_over"],
    ["Latch", "latch", "class Latch", functionsOf, "wait_until"],
    ["BoundedQueue<T>", "bounded_queue", "class BoundedQueue", functionsOf, "pop_batch"],
    ["PathOptions", "options", "struct PathOptions", membersOf, "allowed_origins"],
    ["Options", "options", "struct Options : PathOptions", membersOf, "spare_threads"],
    ["ClientOptions", "client_options", "struct ClientOptions : PathOptions", membersOf, "subprotocols"],
    ["ReconnectOptions", "client_options", "struct ReconnectOptions", membersOf, "max_retries"],
    ["ConnectionEnd", "connection_end", "struct ConnectionEnd", membersOf, "unsent"],
    ["Client", "client", "class Client", functionsOf, "wait_for"],
    ["ConnectError", "connect_error", "class TRILOOP_EXPORT ConnectError : public std::runtime_error", functionsOf, "status"],
    ["Request", "request", "struct Request", membersOf, "rest"],
    ["Request", "request", "struct Request", functionsOf, "parameter"],
    ["Response", "request", "struct Response", membersOf, "status"],
    ["Message", "message", "struct Message", membersOf, "data"],
    ["Message", "message", "struct Message", functionsOf, "binary"],
    ["ReadResult", "message", "enum class ReadResult", valuesOf, "kEnd"],
    ["WriteResult", "message", "enum class WriteResult", valuesOf, "kOver"],
  ];
  for (const [name, header, begin, namesOf, one] of classes) {
    const names = namesOf(publicPart(header, begin));
    assert.ok(names.includes(one), `${name}: only ${names} are found`);
    const entries = page.split(`.SS triloop::${name}\n`)[1]?.split("\n.SS ")[0] ?? "";
    const entry = namesOf === functionsOf ? /\w+(?=\()/g : /\w+(?=[,;"]|$)/g;
    const named = new Set(entries.match(/^\.B .*$/gm)?.flatMap((line) => line.match(entry)));
    assert.deepEqual(names.filter((each) => !named.has(each)), [], `not in triloop(3): of ${name}`);
  }
});

/** What bash offers at the end of `line` after sourcing the completion. */
function complete(line) {
  const script = `
    source "$1"; shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _triloop "$1" "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const words = [process.env.TRILOOP_BINARY, ...line];
  const out = execFileSync("bash", ["-c", script, "bash", project("cmake/completion.bash"), ...words], {
    encoding: "utf8", cwd: project("."), timeout: 15_000 });
  return out.split("\n").filter((word) => word !== "").sort();
}

test("bash completes every option of --help, and no other", () => {
  assert.deepEqual(complete([""]), options);
  assert.deepEqual(complete(["--quiet", "--max-c"]), ["--max-connections", "--max-connections-per-address"]);
});

test("bash completes the values of options that have a choice, and only those", () => {
  assert.deepEqual(complete(["--inspect", ""]), ["any", "local", "off"]);
  assert.deepEqual(complete(["--inspect", "=", "l"]), ["local"]);
  assert.deepEqual(complete(["--inspect", "="]), ["any", "local", "off"]);
  assert.deepEqual(complete(["--log-level", ""]), ["debug", "error", "info", "off", "warn"]);
  assert.deepEqual(complete(["--web", "we"]), ["web"]);
  const [, processors] = /--processor NAME:\{([^}]+)\}/.exec(program("--help"));
  assert.deepEqual(complete(["--processor", ""]), processors.split(","));
  assert.deepEqual(complete(["--processor", "p"]), ["parallel", "proxy"]);
  assert.deepEqual(complete(["--slow-member", ""]), ["disconnect", "skip"]);
  for (const option of ["--config", "--database", "--scheduler", "--trace"]) {
    assert.deepEqual(complete([option, "READ"]), ["README.md"], option);
  }
  assert.deepEqual(complete(["--upstream", ""]), []);
  assert.deepEqual(complete(["--port", ""]), []);
  assert.deepEqual(complete(["--heartbeat", ""]), []);
  assert.deepEqual(complete(["--compress", "--qui"]), ["--quiet"]);
});

test("the newest release in CHANGELOG.md is the version that the program says it is", () => {
  const [, newest] = /^## \[(\d+\.\d+\.\d+)\]/m.exec(read("CHANGELOG.md"));
  assert.equal(program("--version").split("\n")[0], `triloop ${newest}`);
});
