"use strict";

// The log: what was sent and what came. Heartbeats that follow each other are one entry.
(() => {
  const triloop = (window.triloop ??= {});
  const MAX_HEARTBEATS = 100; // an hour of them must not push the conversation out
  const A_FRAME = 50;
  const FRESH = 20;

  const element = (id) => document.getElementById(id);
  const log = element("log");
  const isBeat = ({ kind }) => kind === "HEARTBEAT";

  const clockTime = (date) => `${triloop.clock(date)}.${Math.floor(date.getMilliseconds() / 100)}`;

  function part(tag, className, text) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text; // never markup: the peer chose this text
    return node;
  }

  const beats = ({ count }) => (count > 1 ? `× ${count}` : "");

  function makeNode(entry) {
    const { kind, text, time } = entry;
    const node = part("div", `entry ${kind.toLowerCase()}`, "");
    const body = part("span", "text", text);
    body.dir = "auto";
    node.dataset.kind = kind;
    entry.clock = part("time", "time", clockTime(time));
    entry.aside = part("span", "trip", entry.trip || beats(entry));
    node.append(entry.clock, " ", part("span", "kind", kind), " ", body, " ", entry.aside);
    if (isBeat(entry)) node.setAttribute("aria-live", "off"); // too often to be read aloud
    return node;
  }

  // The oldest heartbeat if there are too many of them, else the oldest of the others.
  function toGo(entries) {
    const tooMany = entries.filter(isBeat).length > MAX_HEARTBEATS;
    return Math.max(entries.findIndex((one) => isBeat(one) === tooMany), 0);
  }

  const frames = triloop.makeFrameLog(log, element("log-below"), {
    makeNode, toGo, aFrame: A_FRAME, fresh: FRESH,
    counts: (entry) => !isBeat(entry),
    leftOutWords: (count) => `… ${count} more before these`,
  });

  function fold(last) {
    last.count += 1;
    last.time = new Date();
    if (!last.node) return;
    last.clock.textContent = clockTime(last.time);
    last.aside.textContent = beats(last);
  }

  /** trip: what stands behind it, such as how long the round trip took. */
  triloop.write = (kind, text, trip = "") => {
    const last = frames.last();
    if (kind === "HEARTBEAT" && last?.kind === kind) return fold(last);
    frames.add({ kind, text, trip, time: new Date(), count: 1 });
  };

  function applyHeartbeatChoice() {
    log.classList.toggle("without-heartbeats", !element("show-heartbeats").checked);
    log.scrollTop = log.scrollHeight;
  }

  element("clear").addEventListener("click", frames.clear);
  element("show-heartbeats").addEventListener("change", applyHeartbeatChoice);
  applyHeartbeatChoice();
})();
