// The code and the schedules of docs/wrong-queues.md, with a link to play each: written into the page, or compared with it.
//
//     node tests/explore/wrong_queues.mjs --explorer PROGRAM [--write]

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const SOURCE = new URL("wrong_queues.h", import.meta.url);
const PAGE = new URL("../../docs/wrong-queues.md", import.meta.url);
const END = "// [end]";

const { values } = parseArgs({ options: { explorer: { type: "string" }, write: { type: "boolean", default: false } } });

/** The lines between `// [name]` and `// [end]`, to the left margin. */
function code(name) {
  const source = readFileSync(SOURCE, "utf8");
  const begin = source.indexOf(`// [${name}]\n`);
  assert.ok(begin >= 0, `${SOURCE} has no part '${name}'`);
  const lines = source.slice(source.indexOf("\n", begin) + 1, source.indexOf(END, begin)).trimEnd().split("\n");
  const margin = Math.min(...lines.filter((line) => line !== "").map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(margin)).join("\n");
}

/** By name: what is broken, and the steps to it. */
function schedules() {
  const output = execFileSync(values.explorer, ["--wrong-queues"], { encoding: "utf8" });
  const found = new Map();
  for (const line of output.trimEnd().split("\n")) {
    const [name, ...rest] = line.split("\t");
    if (name) found.set(name, { failure: rest[0], steps: [] });
    else [...found.values()].at(-1).steps.push({ who: rest[0], what: rest[1] });
  }
  return found;
}

/** That a thread starts, ends or is joined says nothing here: a column for each shows that it is there. */
const matters = ({ what }) => !/^(starts |ends$|has joined )/.test(what);

/** A column for each thread, a line for each step. */
function table({ failure, steps }) {
  const threads = [...new Set(steps.map((step) => step.who))];
  const shown = steps.filter(matters);
  const widths = threads.map((who) =>
    Math.max(who.length, ...shown.filter((step) => step.who === who).map((step) => step.what.length)));
  const line = (number, cells) =>
    [number.padStart(2), ...cells.map((cell, i) => cell.padEnd(widths[i]))].join("  ").trimEnd();
  return [
    line("", threads),
    ...shown.map((step, i) => line(String(i + 1), threads.map((who) => (who === step.who ? step.what : "")))),
    "",
    failure,
  ].join("\n");
}

/** By name: the id of the level that plays it. */
function levels() {
  const lines = execFileSync(values.explorer, ["--list"], { encoding: "utf8" }).split("\n");
  return new Map(lines.map((line) => /^([a-z-]+): (.+)$/.exec(line)).filter(Boolean).map(([, id, name]) => [name, id]));
}

const tryIt = (id) => `[Try it](../web/play.html#${id}:): you are the scheduler.`;

const fenced = (language, text) => `\`\`\`${language}\n${text}\n\`\`\``;
const block = (name, found, id) =>
  found ? `${fenced("cpp", code(name))}\n\n${fenced("text", table(found))}\n\n${tryIt(id)}` : fenced("cpp", code(name));

/** The page with each `<!-- name -->` ... `<!-- end -->` filled in. */
function filled(page) {
  const found = schedules();
  const ids = levels();
  const used = new Set();
  const text = page.replace(/<!-- (.+?) -->\n[^]*?<!-- end -->/g, (_, name) => {
    used.add(name);
    return `<!-- ${name} -->\n${block(name, found.get(name), ids.get(name))}\n<!-- end -->`;
  });
  for (const name of found.keys()) assert.ok(used.has(name), `the page does not have '${name}'`);
  return text;
}

assert.ok(values.explorer, "--explorer must name the program");
const page = readFileSync(PAGE, "utf8");
const right = filled(page);
if (values.write) {
  writeFileSync(PAGE, right);
} else if (page !== right) {
  console.error("docs/wrong-queues.md is not what the explorer prints: see --write");
  process.exitCode = 1;
} else {
  console.log("1 passed: docs/wrong-queues.md");
}
