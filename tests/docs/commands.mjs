// node commands.mjs: the pages with commands, in the order of the book. node commands.mjs PAGE: its commands, as one bash script.
//
// The blocks run one after the other. One under `<!-- until TEXT -->` goes on beside the others once it has printed
// TEXT, and gets SIGTERM at the end of the page; one under `<!-- fails -->` has to end with status 1. `./test.sh PART` is
// not run from inside a part: there has to be such a one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { PROJECT, pagesWithCommands } from "./pages.mjs";

const parts = execFileSync("./test.sh", ["--help"], { cwd: PROJECT, encoding: "utf8" });
const isPart = (name) => name === "all" || new RegExp(`^  ${name} `, "m").test(parts);
const TEST_RUN = /^(?:[A-Z_]+=\S+ )*\.\/test\.sh((?: [a-z-]+)*) *(?:#.*)?$/;

/** Lines that the whole run of tests stands for are left out, if it really does. */
function withoutTestRuns(code) {
  return code.split("\n").filter((line) => {
    const run = TEST_RUN.exec(line);
    if (!run) return true;
    for (const name of run[1].split(" ").filter(Boolean)) assert.ok(isPart(name), `test.sh has no part '${name}'`);
    return false;
  }).join("\n");
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

function stepOf(page, { code, line, comment }) {
  const where = `${page.file}:${line}`;
  const at = quoted(where);
  assert.ok(!/&&/.test(code), `${where}: of 'a && b' nobody notices that a has failed: take two lines`);
  const until = /^until (.+)$/.exec(comment ?? "")?.[1];
  const commands = withoutTestRuns(code);
  if (until) return `background ${at} ${quoted(until)} <<'COMMANDS'\n${commands}COMMANDS`;
  if (comment === "fails") return `fails ${at} <<'COMMANDS'\n${commands}COMMANDS`;
  return `step ${at}\n${commands}`;
}

const [wanted] = process.argv.slice(2);
if (wanted === undefined) {
  for (const { file } of pagesWithCommands()) console.log(file);
} else {
  const page = pagesWithCommands().find(({ file }) => file === wanted);
  const steps = page.blocks.filter(({ language }) => language === "sh").map((block) => stepOf(page, block));
  console.log(["source tests/docs/steps.sh", ...steps, "finish"].join("\n"));
}
