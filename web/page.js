"use strict";

// The connection of one's own: open, send, close. What came back is told from what comes by itself.
(() => {
  const triloop = (window.triloop ??= {});
  const { write, HEARTBEAT } = triloop;
  const STATES = ["connecting", "open", "closing", "closed"]; // by WebSocket.readyState
  const MAX_SHOWN_CHARACTERS = 2000;
  const MAX_SHOWN_BYTES = 32;
  const MAX_AWAITED = 1000;

  const element = (id) => document.getElementById(id);
  const address = element("address");
  const message = element("message");
  const openButton = element("open");
  const closeButton = element("close");
  const sendButton = element("send");
  const stateText = element("state");
  const trip = element("trip");

  let socket = null;
  let closeWanted = false;
  let focusOwed = false;
  let tab = ""; // what the open one, or the last, calls itself
  let awaited = []; // what was sent and has not come back, oldest first

  // ---- what a message looks like ----

  function textPreview(text) {
    if (text === "") return "(empty text)";
    if (text.length <= MAX_SHOWN_CHARACTERS) return text;
    return `${text.slice(0, MAX_SHOWN_CHARACTERS)}… (${text.length} characters in all)`;
  }

  const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");

  function binaryPreview(buffer) {
    const size = buffer.byteLength;
    const hex = hexOf(new Uint8Array(buffer, 0, Math.min(size, MAX_SHOWN_BYTES)));
    const count = `binary, ${size} ${size === 1 ? "byte" : "bytes"}`;
    if (size === 0) return count;
    return `${count}: ${hex}${size > MAX_SHOWN_BYTES ? " …" : ""}`;
  }

  const preview = (data) => (typeof data === "string" ? textPreview(data) : binaryPreview(data));

  function tripWord(milliseconds) {
    if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(1)}\u00a0s`;
    return `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)}\u00a0ms`;
  }

  // ---- state ----

  const state = () => (socket ? STATES[socket.readyState] : "closed");

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
    if (focusOwed) moveFocus(now);
  }

  // A button that is disabled loses the keyboard's place. Who has opened wants to write.
  function moveFocus(now) {
    const elsewhere = document.activeElement;
    if (elsewhere && elsewhere !== document.body && !elsewhere.disabled) return void (focusOwed = false);
    if (now === "open" || now === "connecting") message.focus({ preventScroll: true });
    if (now === "closed") openButton.focus({ preventScroll: true });
    focusOwed = now === "closing";
  }

  // ---- the connection ----

  const defaultAddress = () => (triloop.served ? `${triloop.webSocketBase()}/ws` : "ws://localhost:7777/ws");

  // Newer browsers also take http: and relative addresses; here those are typing errors.
  triloop.isWebSocketAddress = (text) => {
    try {
      return /^wss?:$/.test(new URL(text).protocol);
    } catch {
      return false;
    }
  };

  const speaksNoTls = (url) =>
    url.startsWith("wss:") && triloop.about?.tls === false && new URL(url).host === location.host;
  const NO_TLS = "This server has no TLS, so wss:// cannot work here. Write ws:// instead.";

  function connect(url) {
    if (!triloop.isWebSocketAddress(url)) {
      return write("ERROR", `“${url}” is no WebSocket address. It should look like ${defaultAddress()}`);
    }
    if (speaksNoTls(url)) return write("ERROR", NO_TLS);
    tab = triloop.newTab("echo");
    const protocols = element("subprotocols").value.split(/[\s,]+/).filter(Boolean);
    try {
      socket = new WebSocket(triloop.withTab(url, tab), protocols);
    } catch (error) {
      return write("ERROR", `The browser refuses this address: ${error.message}`);
    }
    closeWanted = false;
    awaited = [];
    trip.textContent = "";
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => onOpen(url));
    socket.addEventListener("message", onMessage);
    socket.addEventListener("error", () => onError(url));
    socket.addEventListener("close", onClose);
    const { host, pathname } = new URL(url);
    if (host === location.host) triloop.expectConnection(pathname, { tab });
    render();
  }

  function onOpen(url) {
    write("OPEN", socket.protocol ? `${url}, subprotocol ${socket.protocol}` : url);
    triloop.tryInspect?.();
    render();
  }

  // ---- what was sent, and what came back ----

  const keyOf = (data) => (typeof data === "string" ? data : hexOf(new Uint8Array(data)));

  /** When that was sent to which this is the answer, or null. */
  function answered(key) {
    let at = awaited.findIndex((one) => one.key === key);
    // What is no echo answers the oldest.
    if (at < 0 && triloop.about && triloop.about.processor !== "echo" && key !== HEARTBEAT) at = 0;
    const found = awaited[at];
    if (!found) return null;
    awaited.splice(0, at + 1);
    return found.time;
  }

  function onMessage({ data }) {
    const now = performance.now();
    const mine = awaited.length > 0 ? answered(keyOf(data)) : null;
    if (data === HEARTBEAT && mine === null) return write("HEARTBEAT", data);
    const took = mine === null ? "" : tripWord(now - mine);
    if (took) trip.textContent = `RESPONSE ${took}`;
    if (took) triloop.roundTrip = { tab, words: took };
    write("RESPONSE", preview(data), took);
  }

  function onError(url) {
    if (closeWanted) return; // closing while connecting is reported as an error too
    write("ERROR", `The connection to ${url} failed, and a browser does not say why. ` +
      "Check that the server is running and that host, port and path are right.");
    render();
  }

  function onClose(event) {
    socket = null;
    awaited = [];
    write("CLOSE", triloop.closeWords(event));
    render();
  }

  function closeFromPage() {
    if (!socket) return;
    closeWanted = true;
    socket.close(1000, "closed from the page");
    render();
  }

  /** What the field says, or null if it is no bytes in hex. */
  function toSend() {
    if (element("send-as").value === "text") return message.value;
    const digits = message.value.replace(/\s/g, "");
    if (digits.length % 2 || /[^\da-f]/i.test(digits)) return null;
    return Uint8Array.from(digits.match(/../g) ?? [], (byte) => parseInt(byte, 16)).buffer;
  }

  function send() {
    // The peer's close may have come since the button was drawn.
    if (state() !== "open") return render();
    const data = toSend();
    if (data === null) return write("ERROR", "Bytes in hex are pairs of 0 to 9 and a to f, such as: 00 ff 7f");
    write("SEND", preview(data));
    if (awaited.length >= MAX_AWAITED) awaited.shift();
    awaited.push({ key: keyOf(data), time: performance.now() });
    socket.send(data);
  }

  function onSubmit(form, action) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      action();
    });
  }

  function sayWhatItDoes({ processor, says }) {
    const words = element("says");
    words.hidden = !processor;
    words.dataset.processor = processor;
    words.textContent = says ? `At /ws: ${processor}. ${says}` : `At /ws: ${processor}.`;
  }

  address.value = defaultAddress();
  onSubmit(element("connection"), () => state() === "closed" && connect(address.value.trim()));
  onSubmit(element("sender"), send);
  message.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  closeButton.addEventListener("click", closeFromPage);
  triloop.onAbout(sayWhatItDoes);
  render();
})();
