// test.sh: which parts it runs, how much of each, and what it says of them. What the parts do is cut
// short in a copy.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const copy = mkdtempSync(join(tmpdir(), "test_sh-"));
after(() => rmSync(copy, { recursive: true }));
cpSync(join(ROOT, "test.sh"), join(copy, "test.sh"));
cpSync(join(ROOT, ".ci"), join(copy, ".ci"), { recursive: true });
appendFileSync(join(copy, ".ci/parts.sh"), `
run_part() {
  echo "ran $1 $extent"
  installing=10 building=200 since=$((SECONDS - 3210))
  count "$1" [ "$1" != "\${BROKEN:-}" ]
}
`);

/** How it ends, and which parts it ran. */
function run(parts, environment = {}) {
  const { status, stdout, stderr } =
    spawnSync(join(copy, "test.sh"), parts, { encoding: "utf8", env: { ...process.env, ...environment } });
  return { status, stdout, stderr, ran: [...stdout.matchAll(/^ran (.+)$/gm)].map(([, what]) => what) };
}

/** A list that .ci/parts.sh has. */
const list = (name) =>
  execFileSync("bash", ["-c", `source .ci/parts.sh && echo "\${${name}[@]}"`], { cwd: ROOT, encoding: "utf8" }).trim().split(" ");
const named = [...list("parts"), ...list("named_only")];

test("without arguments test.sh runs the short form of some parts", () => {
  const { status, ran } = run([]);
  assert.equal(status, 0);
  assert.deepEqual(ran, list("short_parts").map((part) => `${part} short`));
});

test("test.sh all runs every part but those that want a name", () => {
  const { status, ran } = run(["all"]);
  assert.equal(status, 0);
  assert.deepEqual(ran, list("parts").map((part) => `${part} all`));
  for (const part of list("short_parts")) assert.ok(list("parts").includes(part), part);
});

test("test.sh runs all of the parts that are named, and no other", () => {
  assert.deepEqual(run(["explore-deep", "unit"]).ran, ["explore-deep named", "unit named"]);
});

test("an unknown part is an error with status 2, and nothing runs", () => {
  const { status, stderr, ran } = run(["unit", "nonsense"]);
  assert.equal(status, 2);
  assert.match(stderr, /there is no part 'nonsense'/);
  assert.deepEqual(ran, []);
});

test("a part that fails is named, and the others run; status 1", () => {
  const { status, stdout, ran } = run(["unit", "rfc", "tidy"], { BROKEN: "rfc" });
  assert.equal(status, 1);
  assert.equal(ran.length, 3);
  assert.match(stdout, /^failed in: rfc\n2 passed, 1 failed\n$/m);
});

test("at the end stands what each part took, and all together", () => {
  const { stdout } = run(["unit", "rfc"]);
  const table = stdout.split("\n").map((line) => line.trim().split(/ +/));
  assert.ok(table.some((row) => row.join() === "seconds:,install,build,run,all"), stdout);
  for (const part of ["unit", "rfc"]) {
    const [, install, build, took, all] = table.find(([name, ...rest]) => name === part && rest.length === 4);
    assert.deepEqual([install, build], ["10", "200"]);
    assert.ok(Number(all) >= 3210);
    assert.equal(Number(took), all - install - build);
  }
  assert.deepEqual(table.find(([name, ...rest]) => name === "all" && rest.length === 4).slice(1, 3), ["20", "400"]);
});

test("--help lists every part, and nothing else", () => {
  const { status, stdout, ran } = run(["unit", "--help"]);
  assert.equal(status, 0);
  assert.deepEqual(ran, []);
  assert.deepEqual([...stdout.matchAll(/^  ([a-z][a-z0-9-]*) /gm)].map(([, part]) => part).sort(), [...named].sort());
});

test("each ./test.sh PART that is written somewhere is a part", () => {
  const pages = readdirSync(join(ROOT, "docs"), { recursive: true }).filter((file) => file.endsWith(".md"));
  const files = ["README.md", "SECURITY.md", "CHANGELOG.md", ".ci/run", ...pages.map((page) => join("docs", page))];
  let found = 0;
  for (const file of files) {
    for (const [, parts] of readFileSync(join(ROOT, file), "utf8").matchAll(/\.?\/test\.sh"?((?: [a-z][a-z0-9-]*)+)(?=[`\n]| *#)/g)) {
      for (const part of parts.trim().split(" ")) {
        assert.ok(part === "all" || named.includes(part), `${file}: there is no part '${part}'`);
        found += 1;
      }
    }
  }
  assert.ok(found > 10);
});
