// Where the memory of connections that do nothing is: of the process by kind of mapping, of the kernel by account.

import { readFileSync } from "node:fs";
import { underLoad } from "./contestants.mjs";

const KIB = 1024;
const GUARD_BYTES = 4 * KIB; // a thread's, as pthread_attr_setguardsize(3) has it by default

/** Sizes of /proc/meminfo, in bytes. */
const meminfo = (name) =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB`, "m").exec(readFileSync("/proc/meminfo", "utf8"))[1]) * KIB;

const KERNEL = {
  "kernel stacks": () => meminfo("KernelStack"),
  "page tables": () => meminfo("PageTables"),
  "kernel objects (tasks, sockets, mappings)": () => meminfo("Slab"),
};

/**
 * `text` of /proc/PID/smaps: bytes resident by kind. A stack is known by the guard page right before it; what malloc has set
 * aside and not touched cannot be touched either, but is more than a page.
 */
export function residentByKind(text) {
  const kinds = { "thread stacks": 0, "malloc": 0, "program and libraries": 0 };
  let kind = "";
  let guardEnd = "";
  for (const line of text.split("\n")) {
    const mapping = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(.*)$/.exec(line);
    if (mapping) {
      const [, begin, end, permissions, name] = mapping;
      kind = name && name !== "[heap]" ? "program and libraries" : begin === guardEnd ? "thread stacks" : "malloc";
      const isGuard = permissions === "---p" && name === "" && parseInt(end, 16) - parseInt(begin, 16) === GUARD_BYTES;
      guardEnd = isGuard ? end : "";
    }
    const resident = /^Rss:\s+(\d+) kB/.exec(line);
    if (resident) kinds[kind] += Number(resident[1]) * KIB;
  }
  return kinds;
}

/** KiB for each connection of the load, by kind. */
export async function anatomy(build, name, row) {
  const kernel = () => Object.fromEntries(Object.entries(KERNEL).map(([kind, read]) => [kind, read()]));
  const process = (pid) => residentByKind(readFileSync(`/proc/${pid}/smaps`, "utf8"));
  let before;
  const opened = (pid) => { before = { ...process(pid), ...kernel() }; };
  return underLoad(build, name, row, opened, (pid) => {
    const after = { ...process(pid), ...kernel() };
    return Object.fromEntries(Object.entries(after).map(([kind, bytes]) =>
      [kind, (bytes - before[kind]) / KIB / row.load.connections]));
  });
}
