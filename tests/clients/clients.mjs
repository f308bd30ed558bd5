// Which clients there are, of which version, and whether they are installed.

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const BUILD = process.env.TRILOOP_CLIENTS_BUILD ?? join(HERE, "../../build/clients");

const EVERYTHING = { compress: false, fragments: false, ping: false, close: true, emptyClose: true, code: true, reason: true,
  clean: false, protocols: true, headers: true, origin: true, tls: true };

const families = readdirSync(HERE, { withFileTypes: true }).filter((entry) => entry.isDirectory() && existsSync(join(HERE, entry.name, "about.mjs")));

/** Of what is installed; throws if it is not, or if this node is too old for it. */
export function versionOf({ packages = [], npm }, folder) {
  if (npm) {
    const { version, engines } = JSON.parse(readFileSync(join(HERE, "node_modules", npm, "package.json")));
    const needed = /^>=\s*([\d.]+)$/.exec(engines?.node)?.[1] ?? "0";
    if (process.versions.node.localeCompare(needed, "en", { numeric: true }) < 0) throw new Error(`not for this node, but for ${needed}`);
    return version;
  }
  const text = execFileSync("dpkg-query", ["-W", "-f=${Package} ${db:Status-Status} ${Version}\n", ...packages],
    { encoding: "utf8", cwd: folder, stdio: ["ignore", "pipe", "ignore"] });
  const lines = text.trim().split("\n").map((line) => line.split(" "));
  if (!lines.every(([, status]) => status === "installed")) throw new Error("not installed");
  const [, , version] = lines.find(([name]) => name === packages[0]); // dpkg-query sorts them
  // As its authors number it: without Debian's epoch and revision.
  return version.replace(/^\d+:/, "").replace(/-[^-]*$/, "").replace(/[+~](dfsg|ds|really).*$/, "");
}

/** All of them; `version` is null of those that are not installed, or that this node is too old for. */
export async function clients() {
  const all = [];
  for (const { name } of families) {
    const folder = join(HERE, name);
    const { default: entries } = await import(join(folder, "about.mjs"));
    for (const entry of entries) {
      let version = null;
      try {
        version = versionOf(entry, folder);
      } catch {
        // it is not installed
      }
      all.push({ know: [], except: {}, ...entry, can: { ...EVERYTHING, ...entry.can }, folder, version });
    }
  }
  return all.sort((a, b) => `${a.language} ${a.name}`.localeCompare(`${b.language} ${b.name}`));
}

/** Builds its program, where there is something to build: {build} in its commands stands for the folder for that. */
export function build(client) {
  const out = join(BUILD, client.id);
  mkdirSync(out, { recursive: true });
  const put = (words) => words.map((word) => word.replaceAll("{build}", out));
  for (const command of client.build ?? []) {
    const [program, ...args] = put(command);
    execFileSync(program, args, { cwd: client.folder, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...client.environment } });
  }
  return { ...client, run: put(client.run) };
}
