// docs/operations.md has a row for each line that src/ logs at info, warn and error, and for each text
// with which a connection can end; and it has no row that nothing writes.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const PAGE = "docs/operations.md";
const LITERAL = /"((?:[^"\\]|\\.)*)"/g;
const LEVELS = { info: "info", warn: "warning", error: "error" }; // as spdlog writes them

let faults = 0;
function complain(text) {
  console.error(text);
  faults += 1;
}

/** Without lines that are a comment, and without the one character that looks like half a string. */
const withoutComments = (text) => text.replace(/^\s*\/\/.*$/gm, "").replaceAll(`'"'`, "''");

/** Cut at each semicolon that is in no string. */
const statements = (text) =>
  text.replace(LITERAL, (literal) => literal.replaceAll(";", "\0"))
    .split(";").map((statement) => statement.replaceAll("\0", ";"));

const sources = readdirSync("src", { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /\.(cpp|h)$/.test(entry.name))
  .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
  .map((file) => ({ file, text: withoutComments(readFileSync(file, "utf8")) }));

/** { level, format, file } of each call that writes a line. */
function logged() {
  const lines = [];
  for (const { file, text } of sources) {
    for (const [call, level, format] of text.matchAll(/\bspdlog::(info|warn|error|critical|log)\(\s*(?:"((?:[^"\\]|\\.)+)")?/g)) {
      if (format && LEVELS[level]) lines.push({ file, level: LEVELS[level], format });
      else complain(`${file}: ${call} has no format that can be looked up`);
    }
  }
  return lines;
}

/** Of `"a " + name + " too long"` the one literal `"a {} too long"`, as a format would have it. */
const joined = (statement) => {
  const between = /("(?:[^"\\]|\\.)*)"\s*\+\s*[^"?;]+?\s*\+\s*"/;
  for (let outer; outer !== statement;) [outer, statement] = [statement, statement.replace(between, "$1{}")];
  return statement.replace(/\(\s*[a-z_]+ \+ "/, '("{}');
};

/** { text, file } of each reason for an end, and of each Close frame. */
function reasons() {
  const begins = /\bClosedBy::|\bclose_code::|\bCloseStatus\{|\.(close|abort)\(|\bgive_up\(|\bprotocol_error\(|\breason\.text = /;
  return sources.flatMap(({ file, text }) =>
    statements(text).flatMap((statement) => {
      const at = statement.search(begins);
      if (at < 0) return [];
      return [...joined(statement.slice(at)).matchAll(LITERAL)].map((found) => ({ file, text: found[1] }));
    })).filter(({ text }) => text !== "");
}

/** The cells of each row of the table under `heading`. */
function rows(heading) {
  const section = readFileSync(PAGE, "utf8").split(`\n${heading}\n`)[1]?.split(/\n#/)[0] ?? "";
  const lines = section.split("\n").filter((line) => /^\| /.test(line)).slice(1);
  if (lines.length === 0) complain(`${PAGE}: there is no table under '${heading}'`);
  return lines.map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

const code = (cell) => /^`(.+)`$/.exec(cell)?.[1];
const words = (format) => format.replaceAll("{}", "").length;
const pattern = (format) => new RegExp(
  `^${format.split("{}").map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&")).join(".+")}$`);

/** Each row shows an example; the format with the most words that it fits is the one it is of. */
function checkLines() {
  const lines = logged().sort((a, b) => words(b.format) - words(a.format));
  const shown = new Set();
  for (const [level, example] of rows("### Lines")) {
    const line = lines.find(({ format }) => pattern(format).test(code(example) ?? ""));
    if (!line) complain(`${PAGE}: nothing in src/ logs ${example}`);
    else if (line.level !== level) complain(`${PAGE}: ${example} is logged at ${line.level}`);
    else shown.add(line.format);
  }
  for (const { file, format } of lines) {
    if (!shown.has(format)) complain(`${PAGE}: the table of lines has none like '${format}' (${file})`);
  }
}

function checkReasons() {
  const written = reasons();
  const shown = rows("### Why a connection ended").map(([, text]) => code(text)).filter(Boolean);
  for (const { file, text } of written) {
    if (!shown.some((row) => pattern(text).test(row))) complain(`${PAGE}: the table of endings has no '${text}' (${file})`);
  }
  for (const text of shown) {
    if (!written.some((reason) => pattern(reason.text).test(text))) complain(`${PAGE}: nothing in src/ ends with '${text}'`);
  }
}

checkLines();
checkReasons();
process.exit(faults === 0 ? 0 : 1);
