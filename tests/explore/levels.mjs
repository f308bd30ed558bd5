// The levels of the scheduler page: graph, printed schedules, share strings and docs/wrong-queues.md agree, and what --play and
// --export do.
//
//     node tests/explore/levels.mjs --explorer PROGRAM

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { pathOf, printed, read, shortest, wayWith } from "./level_graph.mjs";

const ROOT = new URL("../../", import.meta.url);
const STORED = new URL("web/levels.js", ROOT);
const WRITE = "cmake --build --preset dev --target levels";
const { values } = parseArgs({ options: { explorer: { type: "string" } } });
assert.ok(values.explorer, "--explorer must name the program");

function explorer(args, input = "") {
  const { status, stdout, stderr } = spawnSync(values.explorer, args, { input, encoding: "utf8", maxBuffer: 1 << 28 });
  return { status, stdout, stderr };
}
const folder = mkdtempSync(join(tmpdir(), "levels-"));
assert.equal(explorer(["--levels", join(folder, "levels.js")]).status, 0);
const written = readFileSync(join(folder, "levels.js"), "utf8");
const levels = read(written);
const wrong = levels.filter(({ kind }) => kind === "wrong");

/** The steps and the failure that are printed for a share string. */
function replayed(link, scenario = []) {
  const { status, stdout } = explorer([...scenario, "--replay", link]);
  const lines = stdout.trimEnd().split("\n");
  const failure = lines.find((line) => line.startsWith("  FAILED: "))?.slice("  FAILED: ".length) ?? "";
  const steps = lines.filter((line) => /^ {4}\S/.test(line) && !/^ {4}\w {2}/.test(line)).map((line) => line.slice(4).replace(/ {2,}/, " "));
  return { status, failure, steps };
}

/** By name: the steps that docs/wrong-queues.md prints, and the failure below them. */
function pageSchedules() {
  const page = readFileSync(new URL("docs/wrong-queues.md", ROOT), "utf8");
  const found = new Map();
  for (const [, name, part] of page.matchAll(/<!-- ((?!end)[^>]+) -->\n([^]*?)<!-- end -->/g)) {
    const text = /```text\n([^]*?)\n```/.exec(part)?.[1];
    if (text === undefined) continue;
    const [head, ...rows] = text.split("\n");
    const columns = [...head.matchAll(/\S+(?: \S+)*/g)].map((match) => ({ who: match[0], at: match.index }));
    const steps = rows.filter((row) => /^ *\d+ {2}/.test(row)).map((row) => {
      const at = row.search(/(?<=^ *\d+ +)[^\d ]/);
      return `${columns.findLast((column) => column.at <= at).who} ${row.slice(at)}`;
    });
    found.set(name, { steps, failure: rows.at(-1) });
  }
  return found;
}

const tests = [];
const test = (name, run) => tests.push({ name, run });

test("web/levels.js is what the explorer writes now", () => {
  assert.ok(readFileSync(STORED, "utf8") === written, `web/levels.js is stale: ${WRITE}`);
  assert.ok(written.length < 400_000, `web/levels.js has ${written.length} bytes`);
});

test("a node is an end, or has two options that nobody needs luck for", () => {
  for (const level of levels) {
    level.nodes.forEach((node, number) => {
      const options = node.o.filter(([, kind]) => kind !== 2).length;
      assert.ok(node.e === 0 ? options >= 2 : node.o.length === 0, `${level.id}: node ${number}`);
      assert.equal(node.t.length, level.threads.length);
    });
  }
});

test("a wait ends for no reason at most once in a path", () => {
  for (const level of levels) {
    const seen = new Set();
    const follow = (number, woken) => {
      if (seen.has(`${number} ${woken}`)) return;
      seen.add(`${number} ${woken}`);
      for (const [, kind, to] of level.nodes[number].o) {
        assert.ok(kind !== 2 || !woken, `${level.id}: node ${number} has a second one`);
        follow(to, woken || kind === 2);
      }
    };
    follow(0, false);
  }
});

test("a wrong level can be broken, a right one cannot, with a wait that ends for no reason neither", () => {
  assert.ok(wrong.length >= 10);
  for (const level of levels) {
    const broken = level.nodes.some(({ e }) => e === 2);
    assert.equal(broken, level.kind === "wrong", level.id);
    if (broken) assert.ok(shortest(level), `${level.id} needs a wait that ends for no reason`);
    if (broken) assert.ok(level.nodes.some(({ e }) => e === 1) || level.id === "", `${level.id} cannot end well`);
  }
});

test("the shortest failure of a wrong queue has exactly the steps that docs/wrong-queues.md prints", () => {
  const page = pageSchedules();
  assert.equal(page.size, 5);
  for (const [name, { steps, failure }] of page) {
    const level = levels.find(({ scenario }) => scenario === name);
    assert.ok(level, `no level for '${name}'`);
    assert.equal(shortest(level).steps.length, steps.length, `${name}: the page has a longer one`);
    const way = wayWith(level, steps);
    assert.ok(way, `${name}: no way through the graph has these steps`);
    assert.equal(way.failure, failure);
  }
});

test("--replay of a share string prints the steps of the graph", () => {
  for (const level of wrong) {
    const way = shortest(level);
    const { status, failure, steps } = replayed(`${level.id}:${way.choices}`);
    assert.equal(status, 1, level.id);
    assert.equal(failure, way.failure);
    assert.deepEqual(steps, way.all, level.id);
    assert.deepEqual(replayed(way.choices, ["--scenario", level.id]).steps, way.all);
  }
});

test("--replay says who can be chosen where the choices end", () => {
  const { stdout, status } = explorer(["--replay", "close-wakes-one:11"]);
  assert.equal(status, 0);
  assert.match(stdout, /and now:\n {4}0 {2}consumer 1 is woken\n {4}1 {2}consumer 2 is woken\n$/);
  assert.equal(explorer(["--replay", "close-wakes-one:9"]).status, 2);
  assert.equal(explorer(["--replay", "no-such-level:1"]).status, 2);
});

test("what is cut down holds without its mistake", () => {
  for (const name of ["pongs past the bound", "joins before the close", "all stages are told"]) {
    const { status, stdout } = explorer(["--scenario", name, "--preemptions", "3"]);
    assert.equal(status, 0, stdout);
  }
});

const play = (lines) => explorer(["--play"], lines.map((line) => `${line}\n`).join(""));
const answers = (lines) => play(lines).stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
const ask = (scenario, choices) => JSON.stringify({ scenario, choices });

test("--play answers as --replay prints, and as the graph has it", () => {
  for (const level of wrong.slice(0, 5)) {
    const { choices } = shortest(level);
    const prefixes = [...Array(choices.length + 1).keys()].map((length) => choices.slice(0, length));
    answers(prefixes.map((prefix) => ask(level.scenario, prefix))).forEach((answer, at) => {
      const { node, steps } = pathOf(level, prefixes[at]);
      assert.deepEqual(answer.start.flatMap((event) => printed(answer, event)), steps, `${level.id}:${prefixes[at]}`);
      assert.deepEqual(answer.node.o.map(([thread, kind]) => [thread, kind]), node.o.map(([thread, kind]) => [thread, kind]));
      assert.equal(answer.node.e, node.e);
    });
  }
});

test("--play plays a whole connection to its end, and --replay of the same choices prints the same", () => {
  const scenario = "connection: abort anywhere";
  let choices = "", last = null;
  for (let i = 0; i < 400; ++i) {
    [last] = answers([ask(scenario, choices)]);
    assert.ok(!last.error, last.error);
    if (last.node.e !== 0) break;
    const options = last.node.o.filter(([, kind]) => kind === 0 || kind === 1).length;
    choices += ((i * 7) % Math.max(1, options)).toString(36);
  }
  assert.equal(last.node.e, 1);
  assert.ok(last.sources.some(({ file }) => file === "src/pattern/ending.cpp"));
  const { steps } = replayed(choices, ["--scenario", scenario]);
  assert.deepEqual(last.start.flatMap((event) => printed(last, event)), steps);
});

test("--play lists what it plays", () => {
  const [{ scenarios }] = answers(['{"list":true}']);
  for (const name of ["connection: abort anywhere", "close wakes one", "two producers, two consumers, one place"]) {
    assert.ok(scenarios.some((scenario) => scenario.name === name && scenario.group), name);
  }
});

test("--play answers hostile lines with an error each, and goes on", () => {
  const hostile = [
    "", "null", "[]", "{", "\u0000\u0001\uffff", "{}", '{"scenario":{}}', '{"scenario":"/etc/passwd","choices":"0"}',
    '{"scenario":"close wakes one","choices":["0"]}', '{"scenario":"close wakes one","choices":"../0"}', ask("close wakes one", "z"),
    ask("close wakes one", "0".repeat(60_000)), `{"scenario":"${"a".repeat(200_000)}"}`, "[".repeat(60_000), `{"list":${"[".repeat(30_000)}`,
  ];
  const all = answers([...hostile, ask("close wakes one", "111")]);
  assert.equal(all.length, hostile.length + 1);
  all.slice(0, -1).forEach((answer, at) => assert.equal(typeof answer.error, "string", hostile[at].slice(0, 60)));
  assert.equal(all.at(-1).node.e, 2);
  assert.equal(play(['{"list":true}']).status, 0);
});

test("--export writes all that the page needs", () => {
  const to = join(folder, "exported", "here");
  assert.equal(explorer(["--export", to]).status, 0);
  assert.equal(readFileSync(join(to, "levels.js"), "utf8"), written);
  assert.ok(existsSync(join(to, "page.css")));
  if (!existsSync(new URL("web/play.html", ROOT))) return;
  const page = readFileSync(join(to, "play.html"), "utf8");
  assert.equal(readFileSync(join(to, "index.html"), "utf8"), page);
  for (const [, file] of page.matchAll(/(?:src|href)="([\w.-]+)"/g)) assert.ok(existsSync(join(to, file)), `${file} is missing`);
  for (const file of readdirSync(to).filter((name) => name.startsWith("play") && name !== "play.html")) {
    assert.ok(readFileSync(join(to, file)).equals(readFileSync(new URL(`web/${file}`, ROOT))), `${file} is not that of web/`);
  }
  assert.equal(explorer(["--export", "/proc/nowhere"]).status, 2);
});

let failed = 0;
for (const { name, run } of tests) {
  try {
    run();
  } catch (error) {
    ++failed;
    console.error(`FAILED: ${name}\n  ${error.message}`);
  }
}
rmSync(folder, { recursive: true });
console.log(`${tests.length - failed} passed, ${failed} failed: levels`);
process.exitCode = failed === 0 ? 0 : 1;
