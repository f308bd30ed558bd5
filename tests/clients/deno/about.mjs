import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

// The program itself, not the script of its package: where that is killed, its child goes on.
const program = ["@deno/linux-x64-glibc/deno", "@deno/linux-arm64-glibc/deno"]
  .map((path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url)))
  .find((path) => existsSync(path));

export default [
  {
    id: "deno",
    name: "Deno",
    language: "TypeScript (Deno)",
    npm: program && "deno",
    run: [program, "run", "--allow-all", "--no-config", "--no-lock", "deno.ts"],
    can: { clean: true },
    know: [
      "It has no compression, and offers none ([asked in 2020](https://github.com/denoland/deno/issues/7681)).",
      "Of a frame it takes 64 MiB: at a larger one it ends the connection without a Close, and tells code 0.",
      "When it has closed it tells messages that still come, and waits for the answer without end.",
      "An offer of subprotocols of which none is chosen does not keep it from going on.",
      "Its TLS (rustls) takes no certificate that is its own authority, as `openssl req -x509` makes them: " +
        "`CaUsedAsEndEntity` ([report](https://github.com/denoland/deno/issues/23487)). It then tries once more " +
        "with HTTP/2 alone, so that `NoApplicationProtocol` may be what it tells.",
    ],
  },
];
