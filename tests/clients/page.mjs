// docs/clients.md, of what the checks have seen.

import { readFileSync, writeFileSync } from "node:fs";
import { cases, programs } from "./again.mjs";
import { tables } from "./checks.mjs";

const line = (cells) => `| ${cells.join(" | ")} |`;
const table = (heads, rows) => [line(heads), `|${heads.map(() => "---|").join("")}`, ...rows.map(line)].join("\n");
const rowOf = (client, checks, cells) => [client.name, ...checks.map(({ id }) => cells[id] ?? "**fails**")];

/** The lines of the page that are about this client. */
export const linesOf = (client, cells) => Object.values(tables).map((checks) => line(rowOf(client, checks, cells)));

const INTRODUCTIONS = {
  talk: `## What is said

All messages of a column are sent at once, without waiting for an echo; what comes back is compared byte by byte. *Fragments*: of 1000 bytes
each. *permessage-deflate*: the server runs with \`--compress\`; in the modes that are named, each message up to 1 MiB, and 1000
at once. *Answers pings*: the server asks every 0.2 s while the client waits for its echo.`,
  ends: `## How it ends

The client closes, with 3001 and a reason of 123 bytes, or with nothing; and the server's log says the same. Then the server ends the
connection, **with a hundred echoes owed**: because it stops; for text that is none (1007); for a message above \`--max-message\`
(1009); because the processor throws (1011), or closes with a code of its own. *Yes*: all hundred arrive, then the code, and the client
takes it for a clean end, as far as it tells code and cleanness. *Is killed*: by \`kill -9\` with a thousand echoes owed; the
server notices, and nothing is left of the connection.`,
  door: `## How it comes in

*Subprotocol*: it offers three, of which the server has two; the server's favourite is chosen. *None in common*: does it go on
without one, or does it fail? Chromium fails: then the server has to know its name (\`--subprotocol\`), and says at \`debug\` what
was offered. *A redirect*: RFC 6455 section 4.1 leaves it to the client. *TLS*: with a certificate that it is told to trust,
messages up to 1 MiB, 1000 at once, and an end with a hundred echoes owed; a certificate that nobody has told it to trust ends it.`,
};

function how(outcome) {
  if (!outcome) return "-";
  return outcome.never ? `not in ${outcome.never} s` : `${outcome.seconds.toFixed(1)} s`;
}

function comingBack(seen) {
  const told = cases.filter(({ id }) => seen.some((one) => one.cases[id]));
  const rows = seen.map(({ name, version, cases: cells }) => [name, version, ...told.map(({ id }) => how(cells[id]))]);
  const knows = programs.filter(({ id }) => seen.some((one) => one.id === id)).map(({ name, know }) => `- **${name}**: ${know.join(" ")}`);
  return `## Coming back

Clients that connect again by themselves, with what each does if nobody says otherwise: how long it takes from the moment at which there is a
server again until an echo has come; behind HAProxy, whose two servers are replaced one after the other, from the SIGTERM on. The
median of three runs. With \`--stop-code 1012\` the server [says another code](operations.md#1001-or-1012) when it stops.

${table(["client", "version", ...told.map(({ title }) => title.replace("kill -9", "`kill -9`").replace("--stop-code 1012", "`--stop-code 1012`"))], rows)}

${knows.join("\n")}`;
}

/** Writes the whole page; `seen` has the cells of each client, `again` what coming back took. */
export function writePage(file, seen, again) {
  const clients = [...seen.keys()];
  const languages = new Set(clients.map(({ language }) => language.replace(/ \(.*/, "")));
  const sections = Object.entries(tables).map(([name, checks]) => `${INTRODUCTIONS[name]}

${table(["client", ...checks.map(({ title }) => title)], clients.map((client) => rowOf(client, checks, seen.get(client))))}`);
  const knows = clients.filter(({ know }) => know.length > 0).map(({ name, know }) => `### ${name}\n\n${know.map((what) => `- ${what}`).join("\n")}`);
  writeFileSync(file, `# Does it work with my client?

${clients.length} client programs in ${languages.size} languages, none of them ours, each with every check of one table. This page is written by the
suite, \`./test.sh clients\`: each cell is from a run, with the versions that stand here. The programs are in \`tests/clients/\`, each
in a file that one of its users could have written. A dash: the client has no call for that.

${table(["client", "language", "version"], clients.map(({ name, language, version }) => [name, language, version]))}

${sections.join("\n\n")}

${again ? `${comingBack(again)}\n\n` : ""}## What to know

${knows.join("\n\n")}
`);
}

/** Which lines about this client the page lacks. */
export function missing(file, client, cells) {
  const page = new Set(readFileSync(file, "utf8").split("\n"));
  return linesOf(client, cells).filter((each) => !page.has(each));
}
