// How the cores of this machine are divided: the nodes have the first, all others the rest. On one core there is nothing to divide.

import { cpus } from "node:os";

export const NODE_CORES = "0";
export const OTHER_CORES = `1-${Math.max(1, cpus().length - 1)}`;

/** What a command begins with, to run there. */
export const onCores = (which) => (cpus().length > 1 ? ["taskset", "-c", which] : []);
