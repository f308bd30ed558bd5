// The pages of the project, as their readers get them: blocks of code, links, and what can be linked to.

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import GithubSlugger from "github-slugger";
import { marked } from "marked";

export const PROJECT = fileURLToPath(new URL("../../", import.meta.url));
export const read = (file) => readFileSync(path.join(PROJECT, file), "utf8");

/** The files that git keeps, or would: also those not yet added. */
export const files = execFileSync("git", ["-c", "safe.directory=*", "ls-files", "--cached", "--others", "--exclude-standard"], {
  cwd: PROJECT, encoding: "utf8",
}).trimEnd().split("\n");

/** What a line `<!-- ... -->` says; null of everything else. */
function commentOf({ type, raw }) {
  return type === "html" ? (/^<!--\s*(.*?)\s*-->\s*$/.exec(raw)?.[1] ?? null) : null;
}

/** A fence: its language, its text, its line, and the comment right above it, if there is one. */
function blockOf(token, line, comment) {
  return { language: (token.lang ?? "").trim(), code: `${token.text}\n`, line, comment };
}

function parse(file) {
  const source = read(file);
  const page = { file, blocks: [], links: [], anchors: new Set() };
  const slugger = new GithubSlugger();
  let offset = 0; // the walk is in the order of the text, so each token lies behind the one before
  let comment = null;
  const lineOf = (raw) => {
    const found = source.indexOf(raw.split("\n")[0], offset);
    if (found >= 0) offset = found;
    return source.slice(0, offset).split("\n").length;
  };
  marked.walkTokens(marked.lexer(source), (token) => {
    if (token.type === "space") return;
    if (token.type === "code") {
      page.blocks.push(blockOf(token, lineOf(token.raw), comment));
      offset += token.raw.length;
    }
    if (token.type === "heading") page.anchors.add(slugger.slug(textOf(token)));
    if (token.type === "link" || token.type === "image") page.links.push({ target: token.href, line: lineOf(token.raw) });
    comment = commentOf(token);
    // `<!-- then COMMAND -->` is for the tests alone: does the reader see now what the page says?
    const then = /^then (.+)$/.exec(comment ?? "")?.[1];
    if (then) page.blocks.push({ language: "sh", code: `${then}\n`, line: lineOf(token.raw), comment: null });
  });
  return page;
}

/** A heading without its marks. */
function textOf(token) {
  return token.tokens ? token.tokens.map(textOf).join("") : token.text;
}

export const pages = files.filter((file) => file.endsWith(".md")).map(parse);

/** The pages that have commands, in the order in which people come to them. */
export function pagesWithCommands() {
  const readme = pages.filter(({ file }) => file === "README.md");
  return [...readme, ...chapters()].filter(({ blocks }) => blocks.some(({ language }) => language === "sh"));
}

/** The chapters as the contents page has them, after it. Each once. */
export function chapters() {
  const contents = pages.find(({ file }) => file === "docs/README.md");
  const order = contents.links.map(({ target }) => path.join("docs", target.split("#")[0]));
  const found = [...new Set(order)].map((file) => pages.find((page) => page.file === file));
  return [contents, ...found.filter(Boolean)];
}
