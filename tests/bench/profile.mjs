// Where a server's time goes under a load: samples of all its threads, sorted by what each was doing.

import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { underLoad } from "./contestants.mjs";

const run = promisify(execFile);
const SAMPLES_PER_SECOND = 2000;
const MOST_OUTPUT_BYTES = 1 << 30;

/** The first kind of which a function is in the sample's stack. In the order of the table. */
export const kinds = [
  ["waking and switching threads", /^(__x64_sys_futex|schedule|__schedule|exit_to_user_mode_loop)$/],
  ["starting and ending threads", /^(__(x64_|do_)?sys_(clone3?|exit|munmap|mmap|mprotect)|do_exit|ret_from_fork)$/],
  ["memory from the kernel", /^(asm_exc_page_fault|__(x64_)?sys_(madvise|brk))$/],
  ["receiving", /^__(x64_)?sys_(recvfrom|poll)$/],
  ["sending", /^__(x64_)?sys_sendmsg$/],
  ["other kernel", /^(entry_SYSCALL_64_after_hwframe|do_syscall_64|asm_.*)$/],
  ["malloc and free", /^(malloc|cfree.*|free|_int_malloc|_int_free|operator (new|delete).*|malloc_consolidate|unlink_chunk.*)$/],
];
const REST = "the program itself";

export const hasPerf = () => {
  try {
    execFileSync("perf", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/** `text` of `perf script -F ip,sym`: a stack for each sample, the innermost function first. */
export function shares(text) {
  const count = new Map([...kinds.map(([name]) => name), REST].map((name) => [name, 0]));
  const stacks = text.split("\n\n").map((stack) =>
    stack.split("\n").flatMap((line) => /^\s*[0-9a-f]+ (.+)$/.exec(line)?.[1].replace(/\+0x[0-9a-f]+$/, "") ?? []));
  const sampled = stacks.filter((stack) => stack.length > 0);
  for (const stack of sampled) {
    const [name] = kinds.find(([, pattern]) => stack.some((frame) => pattern.test(frame))) ?? [REST];
    count.set(name, count.get(name) + 1);
  }
  if (sampled.length === 0) throw new Error("perf has no samples");
  return Object.fromEntries([...count].map(([name, samples]) => [name, samples / sampled.length]));
}

/** The share of each kind while the row's load goes on. */
export async function profile(build, name, row) {
  const folder = mkdtempSync(join(tmpdir(), "profile-"));
  const file = join(folder, "perf.data");
  let server;
  try {
    const { seconds } = row.load;
    const lasting = { ...row, load: { ...row.load, warmup: 0.5, seconds: seconds + 1 } };
    await underLoad(build, name, lasting, () => {}, (pid) => {
      server = pid;
      // Of all processes: perf would need a descriptor for each of the server's threads.
      return run("perf", ["record", "-e", "cpu-clock", "-F", String(SAMPLES_PER_SECOND), "-g", "-o", file,
        "-a", "--", "sleep", String(seconds)]);
    });
    const { stdout } = await run("perf", ["script", "-i", file, "--pid", String(server), "-F", "ip,sym"],
      { maxBuffer: MOST_OUTPUT_BYTES });
    return shares(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
