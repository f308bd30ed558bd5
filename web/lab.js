"use strict";

// The lab: causes what the text describes, on a connection of its own to /lab.
(() => {
  const triloop = (window.triloop ??= {});
  const { setText, setData, setBar, sizeWord, grouped, MAX_BUFFERED_BYTES } = triloop;
  const SLICE_MS = 8; // a flood sends for so long at most,
  const REST_MS = 4; // then leaves the page to others for so long,
  const LATE_MS = 16; // and sends less when echoes make it later than this
  const LEAST_IN_SLICE = 32; // messages
  const MOST_MESSAGES = 1_000_000;
  const MOST_BYTES = 1024 * 1024;
  const SLOW_MESSAGES = 20_000;
  const SLOW_BYTES = 1024;

  const element = (id) => document.getElementById(id);
  const box = element("lab");
  const stateText = element("lab-state");
  const buttons = (name) => element(`lab-${name}`);

  let socket = null;
  let delay = 0; // what the open connection's processor takes, in ms
  let sent = 0;
  let received = 0;
  let flood = null; // the one that runs
  let said = "";

  const openSocket = () => socket?.readyState === WebSocket.OPEN;
  const bufferedAmount = () => socket?.bufferedAmount ?? 0;

  function address(milliseconds) {
    const base = location.protocol.startsWith("http")
      ? `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}`
      : new URL(element("address").value).origin;
    return `${base}/lab${milliseconds > 0 ? `?delay=${milliseconds}ms` : ""}`;
  }

  /** Opens a connection whose processor takes `milliseconds`; gives it once it is open, or null. */
  function open(milliseconds) {
    if (socket) socket.close(1000, "another one is opened");
    return new Promise((resolve) => {
      let mine;
      try {
        mine = new WebSocket(address(milliseconds));
      } catch (error) {
        said = `The browser refuses this address: ${error.message}`;
        return resolve(null);
      }
      triloop.expectConnection("/lab", () => mine.bufferedAmount);
      socket = mine;
      delay = milliseconds;
      sent = received = 0;
      said = "";
      mine.addEventListener("open", () => resolve(mine));
      mine.addEventListener("message", () => (received += 1));
      mine.addEventListener("close", ({ code, reason, wasClean }) => {
        if (socket === mine) {
          said = `Closed: code ${code}${reason ? `, “${reason}”` : ""}, ${wasClean ? "clean" : "not clean"}.`;
          socket = null;
        }
        resolve(null);
      });
    });
  }

  const ensureOpen = async () => (openSocket() ? socket : open(0));

  // ---- flood ----

  function number(id, most) {
    const value = Math.floor(Number(element(id).value));
    const sane = Math.min(Math.max(Number.isFinite(value) ? value : 1, 1), most);
    element(id).value = sane;
    return sane;
  }

  function startFlood(target, messages, bytes) {
    const mine = { left: messages, payload: "x".repeat(bytes) };
    flood = mine;
    let most = LEAST_IN_SLICE;
    let seen = received;
    let due = performance.now();
    const slice = () => {
      if (flood !== mine) return;
      if (target.readyState !== WebSocket.OPEN || mine.left === 0) return void (flood = null);
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

  async function onFlood() {
    const messages = number("lab-messages", MOST_MESSAGES);
    const bytes = number("lab-bytes", MOST_BYTES);
    const target = await ensureOpen();
    if (target) startFlood(target, messages, bytes);
  }

  async function onSlow() {
    const target = await open(number("lab-delay", 10_000));
    if (target) startFlood(target, SLOW_MESSAGES, SLOW_BYTES);
  }

  // ---- endings ----

  const CLOSE_COMMAND = "!close 1000 asked by the page";

  async function end(action) {
    const target = await ensureOpen();
    if (!target) return;
    flood = null;
    action(target);
  }

  const actions = {
    flood: onFlood,
    stop: () => (flood = null),
    slow: onSlow,
    "close-page": () => end((target) => target.close(1000, "closed from the page")),
    "close-server": () => end((target) => target.send(CLOSE_COMMAND)),
    "close-both": () => end((target) => {
      target.send(CLOSE_COMMAND);
      target.close(1000, "closed from the page");
    }),
    throw: () => end((target) => target.send("!throw")),
  };

  // ---- what it shows ----

  const STATES = ["Connecting.", "Open.", "Closing."]; // by WebSocket.readyState

  function stateWords() {
    if (said) return said;
    if (!socket) return "Not open: each button opens it.";
    if (openSocket() && delay > 0) return `Open; its processor takes ${delay} ms for each message.`;
    return STATES[socket.readyState] ?? "Closed.";
  }

  function render() {
    setData(box, "state", socket ? "open" : "closed");
    setText(stateText, stateWords());
    setText(element("lab-counts"), `${grouped(sent)} sent, ${grouped(received)} echoed`);
    setText(element("lab-buffered"), `${sizeWord(bufferedAmount())} wait in the browser (bufferedAmount)`);
    setBar(element("lab-buffered-fill"), 0, Math.min(1, bufferedAmount() / MAX_BUFFERED_BYTES));
    setData(box, "flooding", String(flood !== null));
    if (buttons("stop").disabled !== (flood === null)) buttons("stop").disabled = flood === null;
  }

  for (const [name, action] of Object.entries(actions)) {
    buttons(name).addEventListener("click", async () => {
      await action();
      render();
    });
  }
  setInterval(() => document.hidden || render(), 100);
  render();
})();
