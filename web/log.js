"use strict";

// The log: entries are kept until the next frame and written in one go, so that a flood costs no
// more than what is shown of it. What is not shown is counted.
(() => {
  const triloop = (window.triloop ??= {});
  const MAX_ENTRIES = 400;
  const MAX_HEARTBEATS = 100; // an hour of them must not push the conversation out
  const MOST_A_FRAME = 50; // what comes faster waits, and most of it is left out
  const FEW = 20; // so many new ones light up
  const NEAR_END = 40;

  const element = (id) => document.getElementById(id);
  const log = element("log");
  const below = element("log-below");
  const leftOut = document.createElement("p");
  leftOut.className = "left-out note";
  leftOut.setAttribute("aria-live", "off");

  let waiting = []; // not yet written
  let entries = []; // written, oldest first
  let heartbeats = 0; // of them
  let skipped = 0; // never written, or removed again
  let unseen = 0; // below what one is reading
  let planned = false;

  const clockTime = (date) => `${triloop.clock(date)}.${Math.floor(date.getMilliseconds() / 100)}`;
  function part(tag, className, text) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text; // never markup: the peer chose this text
    return node;
  }

  const beats = ({ count }) => (count > 1 ? `× ${count}` : "");

  function makeEntry(item) {
    const { kind, text, time } = item;
    const node = part("div", `entry ${kind.toLowerCase()}`, "");
    const body = part("span", "text", text);
    body.dir = "auto";
    node.dataset.kind = kind;
    item.time = part("time", "time", clockTime(time));
    item.aside = part("span", "trip", item.trip || beats(item));
    node.append(item.time, " ", part("span", "kind", kind), " ", body, " ", item.aside);
    if (kind === "HEARTBEAT") node.setAttribute("aria-live", "off"); // too often to be read aloud
    item.node = node;
    return node;
  }

  function remove(index) {
    const [{ kind, node }] = entries.splice(index, 1);
    if (kind === "HEARTBEAT") heartbeats -= 1;
    else skipped += 1;
    node.remove();
  }

  function makeRoom(count) {
    while (entries.length + count > MAX_ENTRIES && entries.length > 0) {
      const isBeat = ({ kind }) => kind === "HEARTBEAT";
      const index = entries.findIndex((one) => isBeat(one) === (heartbeats > MAX_HEARTBEATS));
      remove(Math.max(index, 0));
    }
  }

  function flush() {
    const items = waiting.splice(0, MOST_A_FRAME);
    planned = waiting.length > 0;
    if (planned) requestAnimationFrame(flush);
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;
    makeRoom(items.length);
    const nodes = items.map(makeEntry);
    if (nodes.length <= FEW) nodes.forEach((node) => node.classList.add("fresh"));
    log.append(...nodes);
    entries.push(...items);
    heartbeats += items.filter(({ kind }) => kind === "HEARTBEAT").length;
    showLeftOut();
    if (atEnd) log.scrollTop = log.scrollHeight;
    else unseen += items.length;
    showBelow();
  }

  function showLeftOut() {
    if (skipped > 0) leftOut.textContent = `… ${triloop.grouped(skipped)} more before these`;
    if (skipped > 0 && !leftOut.isConnected) log.prepend(leftOut);
    if (skipped === 0) leftOut.remove();
  }

  // Whoever scrolled back to read something is left where they are, and told.
  function showBelow() {
    below.hidden = unseen === 0;
    below.textContent = `↓ ${triloop.grouped(unseen)} new`;
  }

  function fold(last) {
    last.count += 1;
    if (!last.node) return void (last.time = new Date());
    last.time.textContent = clockTime(new Date());
    last.aside.textContent = beats(last);
  }

  /** trip: what stands behind it, such as how long the round trip took. */
  triloop.write = (kind, text, trip = "") => {
    const last = waiting.at(-1) ?? entries.at(-1);
    if (kind === "HEARTBEAT" && last?.kind === kind) return fold(last);
    waiting.push({ kind, text, trip, time: new Date(), count: 1 });
    if (waiting.length > MAX_ENTRIES) {
      waiting.shift();
      skipped += 1;
    }
    if (planned) return;
    planned = true;
    requestAnimationFrame(flush);
  };

  function clear() {
    waiting = [];
    entries = [];
    heartbeats = skipped = unseen = 0;
    log.replaceChildren();
    showBelow();
  }

  function applyHeartbeatChoice() {
    log.classList.toggle("without-heartbeats", !element("show-heartbeats").checked);
    log.scrollTop = log.scrollHeight;
  }

  log.addEventListener("scroll", () => {
    if (unseen === 0 || log.scrollHeight - log.scrollTop - log.clientHeight >= NEAR_END) return;
    unseen = 0;
    showBelow();
  });
  below.addEventListener("click", () => {
    log.scrollTop = log.scrollHeight;
    log.focus({ preventScroll: true });
    unseen = 0;
    showBelow();
  });
  element("clear").addEventListener("click", clear);
  element("show-heartbeats").addEventListener("change", applyHeartbeatChoice);
  applyHeartbeatChoice();
})();
