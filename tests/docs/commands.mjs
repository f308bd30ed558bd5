// node commands.mjs: the pages with commands, in the order of the book. node commands.mjs PAGE: its commands, as one bash script.
//
// The blocks run one after the other. One under `<!-- until TEXT -->` goes on beside the others once it has printed
// TEXT, and gets SIGTERM at the end of the page. `./test.sh PART` is not run from inside a part: there has to be such a one.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { PROJECT, chapters, pages } from "./pages.mjs";

const parts = execFileSync("./test.sh", ["--help"], { cwd: PROJECT, encoding: "utf8" });
const isPart = (name) => new RegExp(`^  ${name} `, "m").test(parts);
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
  const at = quoted(`${page.file}:${line}`);
  const until = /^until (.+)$/.exec(comment ?? "")?.[1];
  const commands = withoutTestRuns(code);
  return until ? `background ${at} ${quoted(until)} <<'COMMANDS'\n${commands}COMMANDS` : `step ${at}\n${commands}`;
}

const commandsOf = (page) => page.blocks.filter(({ language }) => language === "sh");
const readme = pages.filter(({ file }) => file === "README.md");
const withCommands = [...readme, ...chapters()].filter((page) => commandsOf(page).length > 0);

const [wanted] = process.argv.slice(2);
if (wanted === undefined) {
  for (const { file } of withCommands) console.log(file);
} else {
  const page = withCommands.find(({ file }) => file === wanted);
  console.log(["source tests/docs/steps.sh", ...commandsOf(page).map((block) => stepOf(page, block)), "finish"].join("\n"));
}
