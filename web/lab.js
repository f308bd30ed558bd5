"use strict";

// The lab's connection: opens it, floods it, ends it, and shows what the browser knows of it. What
// the scenarios are is in scenarios.js.
(() => {
  const triloop = (window.triloop ??= {});
  const { setText, setData, setBar, sizeWord, grouped, HEARTBEAT, MAX_BUFFERED_BYTES } = triloop;
  const SLICE_MS = 8; // a flood sends for so long at most,
  const REST_MS = 4; // then leaves the page to others for so long,
  const LATE_MS = 16; // and sends less when echoes make it later than this
  const LEAST_IN_SLICE = 32; // messages
  const COMMAND_MS = 5000;

  const element = (id) => document.getElementById(id);
  const box = element("lab");
  const stop = element("lab-stop");
  const line = element("lab-line");

  let socket = null;
  let tab = "";
  let delay = 0; // what the open connection's processor takes, in ms
  let sent = 0;
  let received = 0;
  let flood = null; // the one that runs
  let flooded = false; // one is over, and its last echo may be on its way
  let ending = null; // since a Close is on its way: when, and how many were before it
  let said = "";
  let story = null; // of a connection that the server has made: { tab, words, countdown }, each of the view's connection
  let running = ""; // the scenario whose end the log does not yet have

  const isOpen = () => socket?.readyState === WebSocket.OPEN;
  const bufferedAmount = () => socket?.bufferedAmount ?? 0;

  /** The lab of this server, or of the one whose address stands above; null if that is none. */
  function address(query) {
    const typed = element("address").value.trim();
    if (!triloop.served && !triloop.isWebSocketAddress(typed)) {
      say("The address above is no WebSocket address.");
      return null;
    }
    const base = triloop.served ? triloop.webSocketBase() : new URL(typed).origin;
    return `${base}/lab${query}`;
  }

  function dial(query, name) {
    const url = address(query);
    try {
      return url && new WebSocket(triloop.withTab(url, name));
    } catch (error) {
      say(`The browser refuses this address: ${error.message}`);
      return null;
    }
  }

  function over(mine, { code, reason, wasClean }) {
    if (socket !== mine) return;
    said = `Closed: code ${code}${reason ? `, “${reason}”` : ""}, ${wasClean ? "clean" : "not clean"}.`;
    socket = ending = null;
    finish(said);
  }

  // ---- the log: a line for what a scenario does, one for how it ended ----

  function begin(title, words) {
    running = title;
    story = null;
    said = "";
    triloop.write("LAB", `${title}: ${words}`);
  }

  function finish(words) {
    if (running) triloop.write("LAB", `${running}, the end: ${words}`);
    running = "";
  }

  function say(words) {
    said = words;
    finish(words);
  }

  /** Opens a connection whose processor takes `milliseconds`; gives it once it is open, or null. */
  function open(milliseconds) {
    if (socket) socket.close(1000, "another one is opened");
    socket = flood = ending = story = null;
    said = "";
    sent = received = 0;
    const name = triloop.newTab("lab");
    const mine = dial(milliseconds > 0 ? `?delay=${milliseconds}ms` : "", name);
    if (!mine) return Promise.resolve(null);
    socket = mine;
    tab = name;
    delay = milliseconds;
    triloop.expectConnection("/lab", { tab, buffered: () => mine.bufferedAmount });
    return new Promise((resolve) => {
      mine.addEventListener("open", () => {
        triloop.tryInspect?.();
        resolve(mine);
      });
      mine.addEventListener("message", ({ data }) => {
        if (socket === mine && data !== HEARTBEAT) received += 1;
      });
      mine.addEventListener("close", (event) => {
        over(mine, event);
        resolve(null);
      });
    });
  }

  const ensureOpen = async () => (isOpen() ? socket : open(0));

  /** Asks the server for something, by a connection of its own: gives its answer, or null. */
  function command(text) {
    const mine = dial("", triloop.newTab("ask"));
    if (!mine) return Promise.resolve(null);
    return new Promise((resolve) => {
      const done = (answer) => {
        clearTimeout(timer);
        mine.close(1000, "asked");
        resolve(answer);
      };
      const timer = setTimeout(() => done(null), COMMAND_MS);
      mine.addEventListener("open", () => mine.send(text));
      mine.addEventListener("message", ({ data }) => {
        if (typeof data === "string" && data.startsWith("!")) done(data);
      });
      mine.addEventListener("close", () => done(null));
    });
  }

  // ---- flood ----

  function startFlood(target, messages, bytes) {
    const mine = { left: messages, payload: "x".repeat(bytes) };
    flood = mine;
    flooded = false;
    let most = LEAST_IN_SLICE;
    let seen = received;
    let due = performance.now();
    const slice = () => {
      if (flood !== mine) return;
      if (target.readyState !== WebSocket.OPEN || mine.left === 0) return stopFlood();
      const now = performance.now();
      const echoesCost = now - due > LATE_MS && received > seen;
      seen = received;
      most = echoesCost ? Math.max(most / 2, LEAST_IN_SLICE) : most + LEAST_IN_SLICE;
      for (let i = Math.min(most, mine.left); i > 0; i -= 1) {
        if (target.bufferedAmount >= MAX_BUFFERED_BYTES || performance.now() - now > SLICE_MS) break;
        target.send(mine.payload);
        mine.left -= 1;
        sent += 1;
      }
      due = performance.now() + REST_MS;
      setTimeout(slice, REST_MS);
    };
    slice();
  }

  function stopFlood() {
    flooded = flood !== null;
    flood = null;
  }

  async function end(action) {
    const target = await ensureOpen();
    if (!target) return;
    flood = null;
    flooded = false;
    action(target);
    ending = { since: performance.now(), before: sent - received };
  }

  // ---- what it shows ----

  const STATES = ["Connecting.", "Open.", "Closing."]; // by WebSocket.readyState

  function stateWords() {
    if (story) return story.words(triloop.view.find(story.tab));
    if (said) return said;
    if (!socket) return "Not open: each of them opens a connection to /lab.";
    if (isOpen() && delay > 0) return `Open; its processor takes ${delay} ms for each message.`;
    return STATES[socket.readyState] ?? "Closed.";
  }

  // After close() a browser delivers nothing more: then only the snapshots know how far it has got.
  function inLine() {
    const seen = triloop.view.find(tab);
    if (seen) return Math.max(0, sent - seen.sent.messages);
    const gone = delay > 0 ? (performance.now() - ending.since) / delay : 0;
    return Math.max(0, Math.round(ending.before - gone));
  }

  function durationWord(seconds) {
    if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`;
    return `${Math.round(seconds / 60)} min`;
  }

  function showLine() {
    const before = ending && socket ? inLine() : 0;
    const waits = before > 0 && delay > 0;
    if (line.hidden === waits) {
      if (!waits && line.contains(document.activeElement)) element("lab-close-page").focus();
      line.hidden = !waits;
    }
    if (!waits) return;
    setText(line.firstElementChild, `The Close is number ${grouped(before + 1)} in line, about `
      + `${durationWord((before * delay) / 1000)}. That is backpressure: nothing is dropped to let it pass.`);
  }

  // Of a connection that the server has made the page knows what the snapshots say, and no more.
  function showStory() {
    const seen = triloop.view.find(story.tab);
    setText(element("lab-countdown"), story.countdown(seen));
    setText(element("lab-counts"), seen
      ? `${grouped(seen.received.messages)} came in, ${grouped(seen.sent.messages)} went back` : "");
    if (seen?.state === "ended") finish(story.words(seen));
  }

  function showOwn() {
    setText(element("lab-countdown"), "");
    setText(element("lab-counts"), `${grouped(sent)} sent, ${grouped(received)} echoed`);
    setText(element("lab-buffered"), `${sizeWord(bufferedAmount())} wait in the browser`);
    setBar(element("lab-buffered-fill"), 0, Math.min(1, bufferedAmount() / MAX_BUFFERED_BYTES));
    if (!flooded || received < sent) return;
    flooded = false;
    finish(`${grouped(sent)} sent, ${grouped(received)} echoed.`);
  }

  function render() {
    setData(box, "state", socket ? "open" : "closed");
    setData(box, "peer", String(story !== null));
    setText(element("lab-state"), stateWords());
    if (story) showStory();
    else showOwn();
    setData(box, "flooding", String(flood !== null));
    showLine();
    if (stop.disabled === (flood === null)) return;
    if (document.activeElement === stop) element("lab-flood").focus();
    stop.disabled = flood === null;
  }

  triloop.lab = {
    open, ensureOpen, command, startFlood, stopFlood, end, render, begin, say,
    tab: () => (socket ? tab : ""),
    tell: (what) => (story = what),
  };
  setInterval(() => document.hidden || render(), 100);
  render();
})();
