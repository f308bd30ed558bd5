// The checker finds each fault that it is there for, by its name, and none in a history that has none.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Checker } from "./checker.mjs";

const line = (seq, name, id, text = `text of ${id}`) => ({ seq, name, id, text });

/** ann and bob are in a room of which all is known up to 10, and ann has said a to d: kept as 11, 13, 14, 20. */
function room() {
  const checker = new Checker();
  checker.enters("ann", "lobby", 10);
  checker.enters("bob", "lobby", 10);
  const lines = [[11, "a"], [13, "b"], [14, "c"], [20, "d"]].map(([seq, id]) => line(seq, "ann", id));
  for (const { name, id, text, seq } of lines) {
    checker.says("lobby", name, id, text);
    checker.kept(name, id, seq);
  }
  return { checker, lines };
}

function receive(checker, member, lines) {
  for (const one of lines) checker.receives(member, one);
}

const kinds = (checker) => checker.judge().map(({ kind }) => kind);

test("no fault where all have all", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines);
  assert.deepEqual(checker.behind(), []);
  assert.deepEqual(checker.judge(), []);
});

test("lost: a kept line that one member has not got", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines.filter(({ seq }) => seq !== 13));
  assert.deepEqual(checker.judge().map(({ text }) => text), ["lost: bob has not got 1 lines: 13"]);
});

test("lost: a kept line that nobody has got", () => {
  const { checker, lines } = room();
  for (const member of ["ann", "bob"]) receive(checker, member, lines.slice(0, 3));
  assert.deepEqual(checker.behind(), ["ann", "bob"]);
  assert.deepEqual(kinds(checker), ["lost", "lost"]);
});

test("lost: a line that was not acknowledged, but that others have", () => {
  const { checker, lines } = room();
  checker.says("lobby", "ann", "e", "text of e");
  receive(checker, "ann", [...lines, line(21, "ann", "e")]);
  receive(checker, "bob", lines);
  assert.deepEqual(kinds(checker), ["lost"]);
});

test("lost: a line within what one who went had seen", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", [lines[0], lines[2]]);
  checker.leaves("bob");
  assert.deepEqual(checker.judge().map(({ text }) => text), ["lost: bob has not got 1 lines: 13"]);
});

test("no fault: what was said after one had gone, or before one came", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines.slice(0, 2));
  checker.leaves("bob");
  checker.enters("cid", "lobby", 14);
  receive(checker, "cid", lines.slice(3));
  assert.deepEqual(checker.judge(), []);
});

test("lost: a line in the middle of the history that one was welcomed with", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines);
  checker.enters("cid", "lobby", 20);
  receive(checker, "cid", [lines[0], lines[3]]);
  assert.deepEqual(checker.judge().map(({ text }) => text), ["lost: cid has not got 2 lines: 13, 14"]);
});

test("lost: what was said while one was away, when it came back", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines.slice(0, 1));
  checker.enters("bob", "lobby", 11, 11);
  receive(checker, "bob", lines.slice(3));
  assert.deepEqual(checker.judge().map(({ text }) => text), ["lost: bob has not got 2 lines: 13, 14"]);
});

test("twice: a line that one got again", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", [...lines, lines[3]]);
  assert.deepEqual(checker.judge().map(({ text }) => text), ["twice: bob got 20 again"]);
});

test("twice: a line that one had said it knew, when it came back", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines.slice(0, 2));
  checker.enters("bob", "lobby", 13, 13);
  receive(checker, "bob", lines.slice(1));
  assert.deepEqual(checker.judge().map(({ text }) => text), ["twice: bob came back with since=13 and got 13 again"]);
});

test("order: a line after one that is behind it", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", [lines[0], lines[2], lines[1], lines[3]]);
  assert.deepEqual(checker.judge().map(({ text }) => text), ["order: bob got 13 after 14"]);
});

test("disagree: another line for one than for the others", () => {
  const { checker, lines } = room();
  checker.says("lobby", "ann", "x", "text of x");
  receive(checker, "ann", lines);
  receive(checker, "bob", [lines[0], line(13, "ann", "x"), ...lines.slice(2)]);
  assert.deepEqual(kinds(checker), ["disagree"]);
});

test("never said: a line that nobody sent, or not so, or in another room", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines);
  checker.says("attic", "cid", "a", "text of a");
  for (const [seq, wrong] of [line(30, "cid", "z"), line(31, "ann", "d", "other words"), line(32, "cid", "a"),
    line(33, "ann", undefined, "text of a")].entries()) {
    checker.receives("ann", { ...wrong, seq: 30 + seq });
    checker.receives("bob", { ...wrong, seq: 30 + seq });
  }
  const found = checker.judge().filter(({ kind }) => kind === "never said");
  assert.equal(found.length, 8);
});

test("never said: an acknowledgement of what one did not say", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines);
  checker.kept("bob", "a", 11);
  assert.deepEqual(kinds(checker), ["never said"]);
});

test("kept twice: two lines with the same id of the same sender", () => {
  const { checker, lines } = room();
  for (const member of ["ann", "bob"]) receive(checker, member, [...lines, line(22, "ann", "d")]);
  assert.deepEqual(checker.judge().map(({ text }) => text), ["kept twice: ann's d is 20 and 22"]);
});

test("no fault: the same id of two senders", () => {
  const { checker, lines } = room();
  checker.says("lobby", "bob", "d", "text of d");
  checker.kept("bob", "d", 22);
  for (const member of ["ann", "bob"]) receive(checker, member, [...lines, line(22, "bob", "d")]);
  assert.deepEqual(checker.judge(), []);
});

test("another seq: a line that was acknowledged as another number", () => {
  const { checker, lines } = room();
  checker.says("lobby", "ann", "e", "text of e");
  checker.kept("ann", "e", 24);
  for (const member of ["ann", "bob"]) receive(checker, member, [...lines, line(25, "ann", "e")]);
  assert.ok(kinds(checker).includes("another seq"));
});

test("another seq: a line that was acknowledged twice, and not as the same", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines);
  checker.kept("ann", "d", 23);
  assert.deepEqual(checker.judge().map(({ text }) => text), ["another seq: ann's d was acknowledged as 20, then as 23"]);
});

test("gap: one was told that lines are missing", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines);
  checker.misses("bob");
  assert.deepEqual(kinds(checker), ["gap"]);
});

test("protocol: one was sent what there is no word for", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines);
  checker.wonders("bob", "a line before the welcome");
  assert.deepEqual(kinds(checker), ["protocol"]);
});

test("a fault is told once", () => {
  const { checker, lines } = room();
  receive(checker, "ann", lines);
  receive(checker, "bob", lines.slice(0, 3));
  assert.equal(checker.judge().length, 1);
  assert.deepEqual(checker.judge(), []);
});
