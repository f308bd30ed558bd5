"use strict";

// The lines of the chat. They are kept until the next frame and written in one go, so that a flood
// costs no more than what is shown of it. What is left out is counted.
(() => {
  const triloop = (window.triloop ??= {});
  const MAX_LINES = 400;
  const NEAR_END = 40; // pixels

  const log = document.getElementById("log");
  const below = document.getElementById("below");
  const leftOut = document.createElement("p");
  leftOut.className = "left-out";

  let waiting = []; // not yet written
  let lines = []; // written, oldest first
  let skipped = 0; // never written, or removed again
  let unseen = 0; // below what one is reading
  let planned = false;

  const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;

  // Names and texts come from other people: they are only ever text, never markup.
  function part(className, text) {
    const node = document.createElement("span");
    node.className = className;
    node.textContent = text;
    node.dir = "auto";
    return node;
  }

  function makeNode(line) {
    line.node = part(`line ${line.className}`, "");
    for (const [className, text] of line.parts) line.node.append(part(className, text), " ");
    if (line.title) line.node.title = line.title;
    return line.node;
  }

  function makeRoom(count) {
    const tooMany = Math.max(0, lines.length + count - MAX_LINES);
    for (const { node } of lines.splice(0, tooMany)) node.remove();
    skipped += tooMany;
  }

  function flush() {
    planned = false;
    const news = waiting;
    waiting = [];
    if (news.length === 0) return;
    const atEnd = isAtEnd();
    makeRoom(news.length);
    log.append(...news.map(makeNode));
    lines.push(...news);
    if (skipped > 0) {
      leftOut.textContent = `(${triloop.grouped(skipped)} more before these)`;
      if (!leftOut.isConnected) log.prepend(leftOut);
    }
    if (atEnd) log.scrollTop = log.scrollHeight;
    else unseen += news.length;
    showBelow();
  }

  // Whoever scrolled back to read something is left where they are, and told.
  function showBelow() {
    below.hidden = unseen === 0;
    below.textContent = `↓ ${triloop.grouped(unseen)} new`;
  }

  function sawAll() {
    unseen = 0;
    showBelow();
  }

  /** Shows one line of parts, each a class and a text; gives it, for remove() and explain(). */
  function add(className, ...parts) {
    const line = { className, parts, node: null, title: "" };
    waiting.push(line);
    if (waiting.length > MAX_LINES) {
      waiting.shift();
      skipped += 1;
    }
    if (!planned) requestAnimationFrame(flush);
    planned = true;
    return line;
  }

  function remove(line) {
    waiting = waiting.filter((one) => one !== line);
    lines = lines.filter((one) => one !== line);
    line.node?.remove();
  }

  function explain(line, title) {
    line.title = title;
    if (line.node) line.node.title = title;
  }

  function clear() {
    waiting = [];
    lines = [];
    skipped = 0;
    log.replaceChildren();
    sawAll();
  }

  log.addEventListener("scroll", () => unseen > 0 && isAtEnd() && sawAll());
  below.addEventListener("click", () => {
    log.scrollTop = log.scrollHeight;
    log.focus({ preventScroll: true });
  });
  triloop.lines = { add, remove, explain, clear };
})();
