"use strict";

(() => {
  const HEARTBEAT = "heartbeat from server";
  const STATES = ["connecting", "open", "closing", "closed"]; // by WebSocket.readyState

  // Heartbeats have a limit of their own: an hour of them must not push the conversation out.
  const MAX_ENTRIES = 400;
  const MAX_HEARTBEATS = 100;
  const MAX_SHOWN_CHARACTERS = 2000;
  const MAX_SHOWN_BYTES = 32;

  const CLOSE_CODES = {
    1000: "normal closure",
    1001: "going away",
    1002: "protocol error",
    1003: "unsupported data",
    1005: "no code given",
    1006: "no close frame",
    1007: "invalid text",
    1008: "against the server's policy",
    1009: "message too big",
    1011: "failure in the server",
    1012: "server restarts",
    1013: "try again later",
  };

  const element = (id) => document.getElementById(id);
  const address = element("address");
  const message = element("message");
  const openButton = element("open");
  const closeButton = element("close");
  const sendButton = element("send");
  const stateText = element("state");
  const showHeartbeats = element("show-heartbeats");
  const log = element("log");

  const entries = [];
  const heartbeats = [];
  let socket = null;
  let closeWanted = false;
  let focusOwed = false;
  let followPlanned = false;

  // ---- the log ----

  function clockTime(date) {
    const two = (number) => String(number).padStart(2, "0");
    const tenth = Math.floor(date.getMilliseconds() / 100);
    return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${tenth}`;
  }

  function part(tag, className, text) {
    const node = document.createElement(tag);
    node.className = className;
    node.textContent = text; // never markup: the peer chose this text
    return node;
  }

  function makeEntry(kind, text) {
    const entry = part("div", `entry ${kind.toLowerCase()}`, "");
    const body = part("span", "text", text);
    body.dir = "auto";
    entry.dataset.kind = kind;
    entry.append(
      part("time", "time", clockTime(new Date())), " ", part("span", "kind", kind), " ", body);
    return entry;
  }

  function keep(list, entry, limit) {
    list.push(entry);
    if (list.length > limit) list.shift().remove();
  }

  // Whoever scrolled back to read something is left where they are. Asking for the position costs a
  // layout, so it is asked once for all entries of a burst.
  function followEnd() {
    if (followPlanned) return;
    followPlanned = true;
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    setTimeout(() => {
      followPlanned = false;
      if (atEnd) log.scrollTop = log.scrollHeight;
    }, 30);
  }

  function write(kind, text) {
    followEnd();
    const entry = makeEntry(kind, text);
    if (kind === "HEARTBEAT") {
      entry.setAttribute("aria-live", "off"); // every two seconds is too often to be read aloud
      keep(heartbeats, entry, MAX_HEARTBEATS);
    } else {
      keep(entries, entry, MAX_ENTRIES);
    }
    log.append(entry);
  }

  function clearLog() {
    entries.length = 0;
    heartbeats.length = 0;
    log.replaceChildren();
  }

  function applyHeartbeatChoice() {
    log.classList.toggle("without-heartbeats", !showHeartbeats.checked);
    log.scrollTop = log.scrollHeight;
  }

  // ---- what a message looks like ----

  function textPreview(text) {
    if (text === "") return "(empty text)";
    if (text.length <= MAX_SHOWN_CHARACTERS) return text;
    return `${text.slice(0, MAX_SHOWN_CHARACTERS)}… (${text.length} characters in all)`;
  }

  function binaryPreview(buffer) {
    const size = buffer.byteLength;
    const prefix = new Uint8Array(buffer, 0, Math.min(size, MAX_SHOWN_BYTES));
    const hex = Array.from(prefix, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
    const count = `binary, ${size} ${size === 1 ? "byte" : "bytes"}`;
    if (size === 0) return count;
    return `${count}: ${hex}${size > MAX_SHOWN_BYTES ? " …" : ""}`;
  }

  function closePreview({ code, reason, wasClean }) {
    const meaning = CLOSE_CODES[code] ? ` (${CLOSE_CODES[code]})` : "";
    const because = reason ? `, reason “${reason}”` : "";
    return `code ${code}${meaning}${because}, ${wasClean ? "clean" : "not clean"}`;
  }

  // ---- the connection ----

  function state() {
    return socket ? STATES[socket.readyState] : "closed";
  }

  function render() {
    const now = state();
    const focused = document.activeElement;
    stateText.textContent = now;
    stateText.dataset.state = now;
    openButton.disabled = now !== "closed";
    closeButton.disabled = now !== "connecting" && now !== "open";
    sendButton.disabled = now !== "open";
    address.readOnly = now !== "closed";
    if (focused instanceof HTMLButtonElement && focused.disabled) focusOwed = true;
    if (focusOwed) moveFocus();
  }

  // A button that is disabled loses the keyboard's place; the one that undoes it takes over.
  function moveFocus() {
    const next = [openButton, closeButton].find((button) => !button.disabled);
    if (!next) return;
    focusOwed = false;
    const elsewhere = document.activeElement;
    if (elsewhere && elsewhere !== document.body && !elsewhere.disabled) return;
    next.focus({ preventScroll: true });
  }

  function defaultAddress() {
    if (!location.protocol.startsWith("http")) return "ws://localhost:7777/ws";
    return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
  }

  // Newer browsers also take http: and relative addresses; here those are typing errors.
  function isWebSocketAddress(text) {
    try {
      return /^wss?:$/.test(new URL(text).protocol);
    } catch {
      return false;
    }
  }

  function connect(url) {
    if (!isWebSocketAddress(url)) {
      write("ERROR", `“${url}” is no WebSocket address. It should look like ${defaultAddress()}`);
      return;
    }
    try {
      socket = new WebSocket(url);
    } catch (error) {
      write("ERROR", `The browser refuses this address: ${error.message}`);
      return;
    }
    closeWanted = false;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", onOpen);
    socket.addEventListener("message", onMessage);
    socket.addEventListener("error", onError);
    socket.addEventListener("close", onClose);
    render();
  }

  function onOpen() {
    write("OPEN", socket.url);
    render();
  }

  function onMessage({ data }) {
    if (data === HEARTBEAT) write("HEARTBEAT", data);
    else write("RESPONSE", typeof data === "string" ? textPreview(data) : binaryPreview(data));
  }

  function onError() {
    if (closeWanted) return; // closing while connecting is reported as an error too
    write("ERROR", `The connection to ${socket.url} failed, and a browser does not say why. ` +
      "Check that the server is running and that host, port and path are right.");
    render();
  }

  function onClose(event) {
    socket = null;
    write("CLOSE", closePreview(event));
    render();
  }

  function closeFromPage() {
    if (!socket) return;
    closeWanted = true;
    socket.close(1000, "closed from the page");
    render();
  }

  function send() {
    // The peer's close may have come since the button was drawn.
    if (state() !== "open") return render();
    write("SEND", textPreview(message.value));
    socket.send(message.value);
  }

  function onSubmit(form, action) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      action();
    });
  }

  address.value = defaultAddress();
  onSubmit(element("connection"), () => state() === "closed" && connect(address.value.trim()));
  onSubmit(element("sender"), send);
  closeButton.addEventListener("click", closeFromPage);
  element("clear").addEventListener("click", clearLog);
  showHeartbeats.addEventListener("change", applyHeartbeatChoice);
  applyHeartbeatChoice();
  render();
})();
