// The code and the schedules of docs/wrong-queues.md and docs/tls.md, with a link to play each that is a level: written into the
// pages, or compared with them.
//
//     node tests/explore/wrong_ones.mjs --explorer PROGRAM [--write]

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

const ROOT = new URL("../../", import.meta.url);
const PAGES = [
  { page: "docs/wrong-queues.md", source: "tests/explore/wrong_queues.h", asks: "--wrong-queues" },
  { page: "docs/tls.md", source: "tests/explore/wrong_tls.h", asks: "--wrong-tls" },
];
const END = "// [end]";

const { values } = parseArgs({ options: { explorer: { type: "string" }, write: { type: "boolean", default: false } } });

/** The lines between `// [name]` and `// [end]`, to the left margin. */
function code(file, name) {
  const source = readFileSync(new URL(file, ROOT), "utf8");
  const begin = source.indexOf(`// [${name}]\n`);
  assert.ok(begin >= 0, `${file} has no part '${name}'`);
  const lines = source.slice(source.indexOf("\n", begin) + 1, source.indexOf(END, begin)).trimEnd().split("\n");
  const margin = Math.min(...lines.filter((line) => line !== "").map((line) => line.search(/\S/)));
  return lines.map((line) => line.slice(margin)).join("\n");
}

/** By name: what is broken, and the steps to it. */
function schedules(asks) {
  const output = execFileSync(values.explorer, [asks], { encoding: "utf8" });
  const found = new Map();
  for (const line of output.trimEnd().split("\n")) {
    const [name, ...rest] = line.split("\t");
    if (name) found.set(name, { failure: rest[0], steps: [] });
    else [...found.values()].at(-1).steps.push({ who: rest[0], what: rest[1] });
  }
  return found;
}

/**
 * That a thread starts, ends or is joined says nothing here: a column for each shows that it is there. Nor does it how the kernel
 * is made of the same primitives: that somebody waits for it is said, and what is sent and received.
 */
const matters = ({ what }) => !/^(starts |ends$|has joined |(locks|unlocks) the kernel|notifies (bytes|room) )/.test(what);
const shortened = ({ who, what }) => ({ who, what: what.replace(/^goes on, locks the kernel.*/, "goes on") });

/** A column for each thread, a line for each step. */
function table({ failure, steps }) {
  const threads = [...new Set(steps.map((step) => step.who))];
  const shown = steps.filter(matters).map(shortened);
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
const block = (shown, found, id) =>
  [fenced("cpp", shown), found && fenced("text", table(found)), id && tryIt(id)].filter(Boolean).join("\n\n");

/** The page with each `<!-- name -->` ... `<!-- end -->` filled in. */
function filled(text, { page, source, asks }) {
  const found = schedules(asks);
  const used = new Set();
  const right = text.replace(/<!-- ((?!fails).+?) -->\n[^]*?<!-- end -->/g, (_, name) => {
    used.add(name);
    return `<!-- ${name} -->\n${block(code(source, name), found.get(name), found.has(name) && ids.get(name))}\n<!-- end -->`;
  });
  for (const name of found.keys()) assert.ok(used.has(name), `${page} does not have '${name}'`);
  return right;
}

assert.ok(values.explorer, "--explorer must name the program");
const ids = levels();
for (const one of PAGES) {
  const file = new URL(one.page, ROOT);
  const page = readFileSync(file, "utf8");
  const right = filled(page, one);
  if (values.write) {
    writeFileSync(file, right);
  } else if (page !== right) {
    console.error(`${one.page} is not what the explorer prints: see --write`);
    process.exitCode = 1;
  } else {
    console.log(`1 passed: ${one.page}`);
  }
}
