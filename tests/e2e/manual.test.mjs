// What is written about the program names the options that the program has.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

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

test("the README's table has a line for each option of --help, and for no other", () => {
  const own = options.filter((option) => option !== "--help" && option !== "--version");
  assert.deepEqual(all(/^\| `(--[a-z-]+)/gm, read("README.md")), own);
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
  assert.deepEqual(complete(["--quiet", "--max-c"]), ["--max-connections"]);
});

test("bash completes the values of options that have a choice, and only those", () => {
  assert.deepEqual(complete(["--inspect", ""]), ["any", "local", "off"]);
  assert.deepEqual(complete(["--inspect", "=", "l"]), ["local"]);
  assert.deepEqual(complete(["--inspect", "="]), ["any", "local", "off"]);
  assert.deepEqual(complete(["--log-level", ""]), ["debug", "error", "info", "off", "warn"]);
  assert.deepEqual(complete(["--web", "we"]), ["web"]);
  assert.deepEqual(complete(["--config", "READ"]), ["README.md"]);
  assert.deepEqual(complete(["--port", ""]), []);
  assert.deepEqual(complete(["--heartbeat", ""]), []);
  assert.deepEqual(complete(["--compress", "--qui"]), ["--quiet"]);
});

test("docs/install.md shows the files of docs/examples/own_server as they are", () => {
  const page = read("docs/install.md");
  for (const file of ["CMakeLists.txt", "main.cpp"]) {
    const path = `docs/examples/own_server/${file}`;
    assert.equal(page.split(`<!-- ${path} -->\n\`\`\``)[1].split("```")[0].replace(/^.*\n/, ""), read(path));
  }
});

test("the newest release in CHANGELOG.md is the version that the program says it is", () => {
  const [, newest] = /^## \[(\d+\.\d+\.\d+)\]/m.exec(read("CHANGELOG.md"));
  assert.equal(program("--version").split("\n")[0], `triloop ${newest}`);
});
