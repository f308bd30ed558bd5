// Each patch in mutants/ is a mistake that people make. Makes each in a copy of the tree, builds there what has to notice it, and
// demands that it does. Two at a time; what a patch does not touch comes from the compiler's cache.
//
//     node tests/explore/mutants.mjs [--changed] [--write] [NAME...]
//
//     --changed  only those that are not recorded in killed.txt as killed in these very sources
//     --write    what was found into docs/proof-mutants.md, and into killed.txt in which sources
//
// A patch may say, before its first file:
//
//     Scenario: NAME         the explorer's scenario that finds it; else one of the queue's and the latch's does
//     Preemptions: N         with no more than so many (2)
//     Test: PROGRAM "NAME"   a test finds it, and not the explorer
//     Equivalent: WHY        it is no mistake after all, so what is named must not find it; if nothing is, no scenario may

import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const PATCHES = join(ROOT, "tests/explore/mutants");
const RECORD = join(ROOT, "tests/explore/mutants/killed.txt");
const PAGE = join(ROOT, "docs/proof-mutants.md");
// What queue_explorer has.
const QUEUE_SCENARIOS = ["queue", "queue_bounds", "queue_lane", "latch"].map((name) => `tests/explore/${name}_scenarios.cpp`);
const COPIES = join(ROOT, "build/mutants");
const AT_A_TIME = 2;
const MOST_PREEMPTIONS = 2;
const MOST_SCHEDULES = 50_000_000;
const TEST_LIMIT_MS = 60_000;
const KEYS = ["Scenario", "Preemptions", "Test", "Equivalent"];

const { values: asked, positionals } = parseArgs({
  allowPositionals: true,
  options: { changed: { type: "boolean", default: false }, write: { type: "boolean", default: false } },
});
const read = (file) => readFileSync(file, "utf8");

// -- The patches --------------------------------------------------------------------------------------------------------------------

/** The file under `folder` that has `text`: where a scenario or a test is written. */
function sourceWith(text, folder, ending) {
  const file = readdirSync(join(ROOT, folder), { recursive: true })
    .filter((name) => name.endsWith(ending) && !name.includes("node_modules"))
    .find((name) => read(join(ROOT, folder, name)).includes(text));
  if (!file) throw new Error(`no ${folder}/*${ending} has ${text}`);
  return join(folder, file);
}

function parsed(name) {
  const patch = read(join(PATCHES, `${name}.patch`));
  const mutant = { name, patch, files: [...patch.matchAll(/^\+\+\+ b\/(\S+)/gm)].map((match) => match[1]) };
  for (const [, key, value] of patch.split(/^--- /m)[0].matchAll(/^(\w+): (.+)$/gm)) {
    if (!KEYS.includes(key)) throw new Error(`it says '${key}', which is none of ${KEYS.join(", ")}`);
    mutant[key.toLowerCase()] = value;
  }
  mutant.preemptions = Number(mutant.preemptions ?? MOST_PREEMPTIONS);
  mutant.sources = [...mutant.files];
  if (mutant.test) {
    const said = /^(\w+) "(.+)"$/.exec(mutant.test);
    if (!said) throw new Error(`Test: PROGRAM "NAME", and not ${mutant.test}`);
    [, mutant.target, mutant.test] = said;
    mutant.sources.push(sourceWith(`TEST_CASE("${mutant.test}"`, "tests", ".cpp"));
  } else if (mutant.scenario) {
    const source = sourceWith(`"${mutant.scenario}"`, "tests/explore", "_scenarios.cpp");
    mutant.target = QUEUE_SCENARIOS.includes(source) ? "queue_explorer" : "explorer";
    mutant.sources.push(source);
  } else if (mutant.files.every((file) => file.startsWith("include/"))) {
    mutant.target = "queue_explorer";
    mutant.sources.push(...QUEUE_SCENARIOS);
  } else if (mutant.equivalent) {
    mutant.target = "explorer";
    mutant.preemptions = 1;  // all scenarios
  } else {
    throw new Error("it names no Scenario");
  }
  // Killed is killed, as long as all of these are the same.
  const hash = createHash("sha256").update(patch);
  for (const file of mutant.sources) hash.update(read(join(ROOT, file)));
  mutant.hash = hash.digest("hex").slice(0, 16);
  execFileSync("patch", ["--dry-run", "--force", "--silent", "-p1", "-d", ROOT], { input: patch, stdio: ["pipe", "ignore", "ignore"] });
  return mutant;
}

// -- The copies ---------------------------------------------------------------------------------------------------------------------

const run = (program, args, options = {}) =>
  new Promise((resolve) => {
    execFile(program, args, { maxBuffer: 1 << 26, ...options }, (error, stdout, stderr) =>
      resolve({ status: error ? error.code ?? error.signal : 0, stdout, stderr }));
  });

class Copy {
  constructor(number) {
    this.root = join(COPIES, String(number));
    this.build = join(this.root, "build/dev");
    const launcher = `${join(ROOT, "tests/explore/compile_mutant.sh")};ccache`;
    this.environment = { ...process.env, CMAKE_CXX_COMPILER_LAUNCHER: launcher, CCACHE_BASEDIR: this.root, CCACHE_NOHASHDIR: "1" };
  }

  /** The tree as it is, and what the mutants are built on. */
  async make(targets) {
    const left = ["build", ".git", "node_modules"];
    for (const entry of readdirSync(ROOT).filter((name) => !left.includes(name))) {
      cpSync(join(ROOT, entry), join(this.root, entry), { recursive: true, filter: (file) => !left.includes(basename(file)) });
    }
    const { status, stderr } = await run("cmake", ["--preset", "dev", "-DTRILOOP_LEVELS=OFF"], { cwd: this.root, env: this.environment });
    if (status !== 0) throw new Error(`cmake --preset dev in ${this.root}:\n${stderr}`);
    await this.compile(targets, availableParallelism());
  }

  async compile(targets, jobs, more = {}) {
    const { status, stdout } = await run("ninja", ["-C", this.build, "-j", String(jobs), ...targets], { env: { ...this.environment, ...more } });
    if (status !== 0) throw new Error(`does not compile:\n${stdout}`);
  }

  apply({ patch }) {
    execFileSync("patch", ["--force", "--silent", "-p1", "-d", this.root], { input: patch });
  }

  /** With new times, so that the next one's build notices. */
  restore({ files }) {
    for (const file of files) writeFileSync(join(this.root, file), read(join(ROOT, file)));
  }

  /** What finds the mutant: its row of the page, without the name. null if nothing does. */
  async find(mutant) {
    return mutant.test ? this.findByTest(mutant) : this.findBySchedule(mutant);
  }

  async findByTest({ target, test }) {
    const places = ["tests", join("tests", target.replace("_tests", ""))].map((folder) => join(this.build, folder, target));
    const { status } = await run(places.find(existsSync), [test.replace(/[\\,[\]]/g, "\\$&"), "--warn", "NoTests"],
      { cwd: join(this.build, "tests"), timeout: TEST_LIMIT_MS, killSignal: "SIGKILL" });
    return status === 0 ? null : [`\`${target}\`: ${test}`, "", status === "SIGKILL" ? "it does not end" : "it fails", ""];
  }

  /** With as few preemptions as it takes. */
  async findBySchedule({ target, scenario, preemptions, equivalent }) {
    for (let bound = equivalent ? preemptions : 0; bound <= preemptions; ++bound) {
      const { status, stdout } = await run(join(this.build, "tests/explore", target),
        ["--preemptions", String(bound), "--schedules", String(MOST_SCHEDULES), "--fail-fast", ...(scenario ? ["--scenario", scenario] : [])]);
      if (status === 0) continue;
      // The bound is the scenario's own: some have more than is asked for.
      const [, within, failure] = /(\d+): +\d+ schedules.*\n(?: {4}.*\n)* {2}FAILED: (.*)$/m.exec(stdout) ?? [];
      const again = /^ {2}again: --scenario '(.*)' --replay (.*)$/m.exec(stdout);
      if (status !== 1 || !failure || !again) throw new Error(`the explorer ends with ${status}:\n${stdout.slice(-500)}`);
      return [again[1], within, failure, `\`${again[2]}\``];
    }
    return null;
  }
}

/** null, or why it is not as it should be. */
async function attempt(copy, mutant) {
  try {
    copy.apply(mutant);
    await copy.compile([mutant.target], 1, { MUTANT: "yes" });
    mutant.found = await copy.find(mutant);
    if (mutant.equivalent) return mutant.found && `is found, and said to be equivalent: ${mutant.found[2]}`;
    return mutant.found ? null : "SURVIVES";
  } catch (error) {
    return error.message;
  } finally {
    copy.restore(mutant);
  }
}

/** A test that fails without any mistake finds none. */
async function checkTests(copy, mutants) {
  for (const mutant of mutants.filter(({ test }) => test)) {
    if (await copy.findByTest(mutant)) throw new Error(`${mutant.target} "${mutant.test}" fails, or is not there, without ${mutant.name}`);
  }
}

// -- The page and the record --------------------------------------------------------------------------------------------------------

const row = (cells) => `| ${cells.join(" | ")} |`.replaceAll("  ", " ");
const rowOf = ({ name, equivalent, found }) => (equivalent ? row([name, equivalent]) : row([name, ...found]));
const rowOnPage = (page, name) => page.split("\n").find((line) => line.startsWith(`| ${name} |`));

function filled(page, mark, head, rows) {
  const table = [row(head), `|${"---|".repeat(head.length)}`, ...rows].join("\n");
  return page.replace(new RegExp(`(<!-- ${mark} -->\n)[^]*?(<!-- end -->)`), (_, begin, end) => `${begin}${table}\n${end}`);
}

function writePage(page, mutants) {
  const rows = (wanted) => mutants.filter(wanted).map((mutant) => mutant.row ?? rowOnPage(page, mutant.name)).filter(Boolean);
  const killed = filled(page, "rows", ["mistake", "what finds it", "preemptions", "what is found", "its schedule"],
    rows(({ equivalent }) => !equivalent));
  writeFileSync(PAGE, filled(killed, "equivalent", ["change", "why it changes nothing"], rows(({ equivalent }) => equivalent)));
}

const recorded = new Map(existsSync(RECORD) ? read(RECORD).split("\n").filter((line) => /^[^#]/.test(line)).map((line) => line.split(" ")) : []);
function writeRecord(mutants) {
  const lines = mutants.map(({ name, row, hash, failed }) => [name, failed ? null : row ? hash : recorded.get(name)]).filter(([, hash]) => hash);
  const why = "# In which sources each was last seen killed: a hash of the patch, of the files that it changes, and of what finds it.\n";
  writeFileSync(RECORD, why + lines.map((line) => `${line.join(" ")}\n`).join(""));
}

// -- All of them --------------------------------------------------------------------------------------------------------------------

let failures = 0;
function fail(name, why) {
  console.log(`FAILED: ${name}: ${why}`);
  ++failures;
}

const mutants = [];
for (const file of readdirSync(PATCHES).filter((name) => name.endsWith(".patch")).sort()) {
  const name = file.slice(0, -".patch".length);
  try {
    mutants.push(parsed(name));
  } catch (error) {
    fail(name, error.status === undefined ? error.message : "the patch does not apply");
  }
}
for (const name of positionals) {
  if (!existsSync(join(PATCHES, `${name}.patch`))) fail(name, "there is no such mutant");
}
const chosen = mutants.filter(({ name, hash }) =>
  (positionals.length === 0 || positionals.includes(name)) && !(asked.changed && recorded.get(name) === hash));

if (chosen.length > 0) {
  rmSync(COPIES, { recursive: true, force: true });
  const targets = [...new Set(chosen.map(({ target }) => target))];
  const copies = Array.from({ length: Math.min(AT_A_TIME, chosen.length) }, (_, i) => new Copy(i + 1));
  for (const copy of copies) await copy.make(targets);  // one after the other: the second finds in the cache what the first compiled
  await checkTests(copies[0], chosen);

  // By file, so that a copy compiles each as it was only once more.
  const waiting = [...chosen].sort((a, b) => a.files.join().localeCompare(b.files.join()));
  const work = async (copy) => {
    for (let mutant = waiting.shift(); mutant; mutant = waiting.shift()) {
      const why = await attempt(copy, mutant);
      mutant.failed = why !== null;
      if (mutant.failed) fail(mutant.name, why);
      else {
        mutant.row = rowOf(mutant);
        console.log(mutant.equivalent ? `equivalent: ${mutant.name}` : `killed: ${mutant.name}: ${mutant.found[2]}`);
      }
    }
  };
  await Promise.all(copies.map(work));
  rmSync(COPIES, { recursive: true, force: true });
}

const page = read(PAGE);
if (asked.write) {
  writePage(page, mutants);
  writeRecord(mutants);
} else {
  for (const { name, row: seen, failed } of mutants) {
    const written = rowOnPage(page, name);
    if (failed) continue;  // and that has been said
    if (!written) fail(name, "docs/proof-mutants.md has no row for it: see --write");
    else if (seen && seen !== written) fail(name, `docs/proof-mutants.md has another row for it: see --write\n  ${seen}`);
  }
}
const killed = chosen.filter(({ failed, equivalent }) => !failed && !equivalent);
const equivalent = chosen.filter(({ failed, equivalent }) => !failed && equivalent);
const byBound = [...new Set(killed.map(({ found }) => found[1]))].filter(Boolean).sort()
  .map((bound) => `${killed.filter(({ found }) => found[1] === bound).length} with ${bound}`).join(", ");
console.log(`${mutants.length} mutants, ${mutants.length - chosen.length} not run${asked.changed ? " (as recorded)" : ""}; ${chosen.length} run: ` +
  `${killed.length} killed${byBound && ` (preemptions: ${byBound})`}, ${equivalent.length} equivalent; ` +
  `${failures} failures, ${Math.round(process.uptime())} s`);
process.exitCode = failures === 0 ? 0 : 1;
