// What the clients send, as files: each is a message, and its name says of which type.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MiB = 1 << 20;
const SIZES = [0, 1, 125, 126, 65_535, 65_536, MiB, 10 * MiB];

const scratch = mkdtempSync(join(tmpdir(), "triloop-clients-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));

let made = 0;
function message(type, data) {
  const file = join(scratch, `${(made += 1)}.${type === "text" ? "txt" : "bin"}`);
  const bytes = Buffer.from(data);
  writeFileSync(file, bytes);
  return { type, file, bytes };
}

/** Every character there is (Unicode 15, section 3.9: the scalar values), from U+0000 to U+10FFFF. */
const ALL_OF_UNICODE = allOfUnicode();
function allOfUnicode() {
  const text = [];
  for (let code = 0; code <= 0x10ffff; code += 1) {
    if (code < 0xd800 || code > 0xdfff) text.push(String.fromCodePoint(code));
  }
  return Buffer.from(text.join(""));
}

/** So many bytes of it, which end where a character does. */
function textOf(size) {
  const bytes = Buffer.alloc(size, "a");
  for (let at = 0; at < size; at += ALL_OF_UNICODE.length) {
    let end = Math.min(ALL_OF_UNICODE.length, size - at);
    while (end > 0 && end < ALL_OF_UNICODE.length && (ALL_OF_UNICODE[end] & 0xc0) === 0x80) end -= 1;
    ALL_OF_UNICODE.copy(bytes, at, 0, end);
  }
  return bytes;
}

const pseudoRandom = (size) => {
  const bytes = Buffer.alloc(size);
  for (let at = 0, state = 1; at < size; at += 1) bytes[at] = (state = (state * 48271) % 0x7fffffff) >> 8;
  return bytes;
};

export const texts = [...SIZES.map((size) => message("text", textOf(size))), message("text", ALL_OF_UNICODE)];
export const binaries = SIZES.map((size) => message("binary", pseudoRandom(size)));
export const middling = [...texts, ...binaries].filter(({ bytes }) => bytes.length <= MiB);
export const small = [message("text", "hello")];
export const thousand = Array.from({ length: 1000 }, (_, i) => message(i % 2 ? "binary" : "text", `message ${i} `.repeat(10)));
export const hundred = Array.from({ length: 100 }, (_, i) => message("text", `message ${i} `.repeat(10)));
export const tooLarge = message("binary", pseudoRandom(2 * MiB));
export const files = (messages) => messages.map(({ file }) => file);
