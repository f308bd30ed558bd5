import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

// Where npm runs the scripts of what it installs, bun's moves the program to the first of these.
const program = ["bun/bin/bun.exe", "@oven/bun-linux-x64/bin/bun", "@oven/bun-linux-aarch64/bin/bun"]
  .map((path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url)))
  .find((path) => statSync(path, { throwIfNoEntry: false })?.size > 1 << 20);

export default [
  {
    id: "bun",
    name: "Bun",
    language: "JavaScript (Bun)",
    npm: program && "bun",
    run: [program, "bun.mjs"],
    can: { compress: ["on"], ping: true, clean: true },
    know: [
      "It offers permessage-deflate unless `perMessageDeflate: false` is said, and leaves small messages " +
        "uncompressed (of 900 bytes and less, as seen).",
      "Of a message it takes less than 128 MiB; at a larger one it closes with 1009, and tells 1006 to its own " +
        "program.",
      "Once it has closed it tells no more messages, as browsers do; without an answer it tells 1006 after some 36 s.",
      "Listeners that are set after an `await` may come too late for `open`: a connection is made meanwhile.",
    ],
  },
];
