// Every block of code in the documentation is code: it compiles, parses, is run, or is the file that it says it is.
//
// C++ is compiled as it stands if it is a whole file; inside tests/docs/contexts/NAME.cpp if the comment above it
// says `<!-- in NAME -->`; and else has to stand word for word in a source, which is compiled there.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { PROJECT, files, pages, pagesWithCommands, read } from "./pages.mjs";

const run = promisify(execFile);
const OUTPUT = path.join(PROJECT, "build/docs");
const COMPILER = (process.env.CMAKE_CXX_COMPILER_LAUNCHER ?? "").split(" ").concat("g++").filter(Boolean);
const FLAGS = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-Iinclude", `-I${process.env.TRILOOP_GENERATED}`];
mkdirSync(OUTPUT, { recursive: true });

const onTheLeft = (text) => `\n${text.trimEnd().split("\n").map((line) => line.trim()).join("\n")}\n`;
const sources = files.filter((file) => /\.(cpp|h|go)$/.test(file)).map((file) => onTheLeft(read(file)));

const at = (page, block) => `${page.file}:${block.line}`;

/** The block in its context; the compiler then speaks of the page's lines. */
function inContext(page, { code, line, comment }) {
  const name = /^in (\S+)$/.exec(comment ?? "")?.[1];
  if (!name) return `#line ${line + 1} "${page.file}"\n${code}`;
  const parts = read(`tests/docs/contexts/${name}.cpp`).split(/^ *\/\/ BLOCK\n/m);
  assert.equal(parts.length, 2, `tests/docs/contexts/${name}.cpp has one line '// BLOCK'`);
  return `${parts[0]}#line ${line + 1} "${page.file}"\n${code}${parts[1]}`;
}

async function compiles(page, block) {
  const text = inContext(page, block);
  const source = path.join(OUTPUT, `${at(page, block).replace(/\W/g, "_")}.cpp`);
  writeFileSync(source, text);
  const own = /#include [<"](?!triloop\/)\w+(\/\w+)*\.h/.test(text) ? ["-Isrc"] : [];
  const [program, ...args] = [...COMPILER, ...FLAGS, ...own, "-c", source, "-o", source.replace(/cpp$/, "o")];
  await run(program, args, { cwd: PROJECT });
}

const isWhole = ({ code }) => /^#include/m.test(code);
const standsInASource = ({ code }) => sources.some((source) => source.includes(onTheLeft(code)));

const checks = {
  async cpp(page, block) {
    if (/^in /.test(block.comment ?? "") || isWhole(block)) return compiles(page, block);
    assert.ok(standsInASource(block), "stands in no source, and says no context to compile it in");
  },

  // Of the Go design, which `./test.sh bench` builds.
  go(page, block) {
    assert.ok(standsInASource(block), "stands in no source");
  },

  // Whole projects are built by tests/consumers; a few lines for somebody's own are tried by CMake alone.
  async cmake(page, block) {
    const folder = path.join(OUTPUT, at(page, block).replace(/\W/g, "_"));
    mkdirSync(folder, { recursive: true });
    const before = "cmake_minimum_required(VERSION 3.22)\nproject(mine LANGUAGES CXX)\n" +
      'file(CREATE_LINK "$ENV{TRILOOP_SOURCE}" "${CMAKE_CURRENT_SOURCE_DIR}/triloop" SYMBOLIC)\n' +
      'file(WRITE mine.cpp "int main() {}")\nadd_executable(mine mine.cpp)\n';
    const whole = /^project\(/m.test(block.code);
    writeFileSync(path.join(folder, "CMakeLists.txt"), whole ? block.code : before + block.code);
    assert.ok(!whole, "a whole project shows a file of docs/examples");
    await run("cmake", ["-S", folder, "-B", path.join(folder, "build"), "-G", "Ninja"],
      { env: { ...process.env, TRILOOP_SOURCE: PROJECT } });
  },

  json: (page, { code }) => void JSON.parse(code),
  text: () => {},
  // What commands do is seen by commands.sh, which runs those of the README and of the book.
  sh: (page) => assert.ok(pagesWithCommands().includes(page), "nobody runs it: the contents page does not lead there"),
  mermaid: () => {}, // mermaid.test.mjs draws it
};

/** Is it said to be a file, and is it that? */
function isFile({ code, comment }) {
  if (!comment || !files.includes(comment)) return false;
  assert.equal(code, read(comment), `it is not ${comment} any more`);
  return true;
}

async function check(page, block) {
  assert.notEqual(block.language, "", "a block that does not say its language; plain text is 'text'");
  if (isFile(block)) return;
  assert.ok(checks[block.language], `nothing here understands '${block.language}', and it is no file: <!-- FILE -->`);
  await checks[block.language](page, block);
}

test("code in the documentation", { concurrency: os.cpus().length }, async (t) => {
  const all = pages.flatMap((page) => page.blocks.map((block) => [page, block]));
  assert.ok(all.filter(([, { language }]) => language === "cpp").length > 50, "where has all the code gone?");
  await Promise.all(all.map(([page, block]) => t.test(`${at(page, block)} ${block.language}`, () => check(page, block))));
});
