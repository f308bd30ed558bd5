"use strict";

// The drawing of one connection: peer, three threads, two queues, the latch. The live view fills it
// from snapshots, the walk-through from states of its own. A peer chose some of the texts, so all of
// them go in as textContent. Only what changed is written: that keeps ten snapshots a second cheap.
(() => {
  const triloop = (window.triloop ??= {});
  const { grouped } = triloop;

  const WORKING = { reader: "decoding", processor: "processing", writer: "encoding" };
  const DOING = {
    reading_socket: "reading the socket",
    writing_socket: "writing the socket",
    waiting_for_message: "waiting for a message",
    waiting_for_room: "waiting for room",
    waiting_for_peer: "waiting for the peer's end",
    ended: "ended",
    not_started: "not started",
  };
  const SPLIT = {
    reader: ["reading_socket", "working", "waiting_for_room"],
    processor: ["waiting_for_message", "working", "waiting_for_room"],
    writer: ["waiting_for_message", "working", "writing_socket", "waiting_for_peer"],
  };
  const ROLE = {
    reader: "the only one to receive",
    processor: "runs your code",
    writer: "the only one to send",
  };
  const BY = {
    peer: "the peer",
    application: "the application",
    processor: "the processor",
    server: "the server",
    network: "the network",
  };
  const THREADS = Object.keys(ROLE);
  const PLACE = ["", "1st", "2nd", "3rd"];

  // ---- writing only what changed ----

  function make(tag, className, text = "") {
    const node = document.createElement(tag);
    if (className) node.className = className;
    if (text) node.textContent = text;
    return node;
  }

  function setText(node, text) {
    if (node.lastText === text) return;
    node.lastText = text;
    node.textContent = text;
  }

  function setData(node, name, value) {
    const last = (node.lastData ??= {});
    if (last[name] === value) return;
    node.dataset[name] = last[name] = value;
  }

  // A transform costs no layout.
  function setBar(node, from, size) {
    const value = `translateX(${(100 * from).toFixed(1)}%) scaleX(${size.toFixed(4)})`;
    if (node.lastBar === value) return;
    node.lastBar = value;
    node.style.transform = value;
  }

  // ---- words ----

  const doingWord = (thread, doing) =>
    (doing === "working" ? WORKING[thread] : DOING[doing]) ?? String(doing);

  function sizeWord(bytes) {
    if (bytes < 1024) return `${Math.round(bytes)}\u00a0B`;
    const unit = bytes < 2 ** 20 ? ["KiB", 2 ** 10] : bytes < 2 ** 30 ? ["MiB", 2 ** 20] : ["GiB", 2 ** 30];
    const value = bytes / unit[1];
    return `${Number(value.toFixed(value < 100 ? 1 : 0))}\u00a0${unit[0]}`;
  }

  function latchWord(event) {
    if (!event) return "not fired";
    const code = event.code === 1006 ? "no Close frame (1006)" : String(event.code);
    return `fired by ${BY[event.by] ?? event.by}: ${code}${event.reason ? ` “${event.reason}”` : ""}`;
  }

  const rateWord = (rate) => `${grouped(Math.round(rate.messages))}\u00a0msg/s, ${sizeWord(rate.bytes)}/s`;

  // ---- parts of the drawing ----

  function makeBar(className, segments) {
    const bar = make("span", `bar ${className}`);
    bar.setAttribute("aria-hidden", "true"); // the same stands beside it in words
    const parts = segments.map((name) => {
      const part = make("span", "fill");
      part.dataset.part = name;
      bar.append(part);
      return part;
    });
    return { bar, parts };
  }

  // A box is a button: it opens the lines of code that this thread is in.
  function makeName(box, text, className = "") {
    const button = make("button", `box-name ${className}`, text);
    button.type = "button";
    button.dataset.box = box;
    button.title = "Show the code";
    return button;
  }

  function makeThread(name) {
    const box = make("div", "node thread");
    box.dataset.thread = name;
    const head = make("p", "head");
    const left = make("span", "left");
    head.append(makeName(name, name, name), left);
    const doing = make("p", "doing");
    doing.dataset.part = "doing";
    const { bar, parts } = makeBar("split", SPLIT[name]);
    const legend = make("ul", "legend");
    const room = make("div", "shares"); // the legend hangs in it, so that nothing moves when it grows
    room.append(legend);
    const shares = SPLIT[name].map((state) => {
      const line = make("li");
      const share = make("span", "share");
      line.dataset.share = state;
      line.append(share, " ", make("span", "word", doingWord(name, state)));
      legend.append(line);
      return share;
    });
    box.append(head, make("p", "role", ROLE[name]), doing, bar, room);
    return { box, left, doing, parts, shares };
  }

  /** seconds: how its time was split, over whatever is to be shown. */
  function showThread(part, name, thread, seconds) {
    setData(part.box, "doing", thread.doing);
    setText(part.doing, doingWord(name, thread.doing));
    setText(part.left, thread.left ? `left ${PLACE[thread.left] ?? thread.left}` : "");
    const times = SPLIT[name].map((state) => seconds?.[state] ?? 0);
    const all = times.reduce((sum, time) => sum + time, 0) || 1;
    let from = 0;
    times.forEach((time, i) => {
      setBar(part.parts[i], from, time / all);
      const percent = Math.round((100 * time) / all);
      setText(part.shares[i], `${percent}\u00a0%`);
      setData(part.shares[i].parentNode, "none", String(percent === 0));
      from += time / all;
    });
  }

  function makeQueue(name) {
    const box = make("div", "node queue");
    box.dataset.queue = name;
    const head = make("p", "head");
    head.append(makeName(name, `${name}-queue`), make("span", "full"));
    const lines = ["messages", "bytes"].map((unit) => {
      const { bar, parts } = makeBar("level", [unit]);
      const words = make("p", "words");
      words.dataset.part = unit;
      return { unit, bar, fill: parts[0], words };
    });
    box.append(head, ...lines.flatMap(({ words, bar }) => [words, bar]));
    return { box, lines, full: head.lastChild };
  }

  const LEAST_SHARE = 0.015; // one message of a thousand is to be seen too
  const share = (value, bound) => (value > 0 ? Math.min(1, Math.max(LEAST_SHARE, value / bound)) : 0);

  const fullness = (queue) =>
    Math.max(share(queue.messages, queue.max_messages), share(queue.bytes, queue.max_bytes));

  // `isWaitedFor`: somebody waits for room. A large message may have none before the bars are full.
  function showQueue(part, queue, isWaitedFor) {
    const [messages, bytes] = part.lines;
    setText(messages.words, `${grouped(queue.messages)} of ${grouped(queue.max_messages)} messages`);
    setText(bytes.words, `${sizeWord(queue.bytes)} of ${sizeWord(queue.max_bytes)}`);
    setBar(messages.fill, 0, share(queue.messages, queue.max_messages));
    setBar(bytes.fill, 0, share(queue.bytes, queue.max_bytes));
    const full = isWaitedFor || fullness(queue) >= 1;
    setData(part.box, "full", String(full));
    setText(part.full, full ? "full" : "");
  }

  function makeLatch() {
    const box = make("div", "node latch");
    const lamps = {};
    box.append(make("p", "head"));
    const button = makeName("latch", "close latch");
    button.title = "Fires once. closing: an ending has begun. closed: it is over, every wait returns. Press for the code.";
    box.firstChild.append(button, make("span", "role", "fires once"));
    for (const [name, meaning] of [["closing", "an ending has begun:"], ["closed", "it is over:"]]) {
      const lamp = make("p", "lamp");
      lamp.dataset.latch = name;
      const words = make("span", "words");
      words.dir = "auto";
      lamp.append(make("b", "", name), make("span", "role", ` ${meaning} `), words);
      box.append(lamp);
      lamps[name] = { lamp, words };
    }
    return { box, lamps };
  }

  function showLatch(part, latch) {
    for (const name of ["closing", "closed"]) {
      setData(part.lamps[name].lamp, "fired", String(Boolean(latch[name])));
      setText(part.lamps[name].words, latchWord(latch[name]));
    }
  }

  function makePeer() {
    const box = make("div", "node peer");
    box.dataset.peer = "";
    const field = (name) => {
      const node = make("p", `words ${name}`);
      node.dataset.part = name;
      return node;
    };
    const sends = field("sends");
    const receives = field("receives");
    const buffered = field("buffered");
    const { bar, parts } = makeBar("level", ["buffered"]);
    const waits = make("div", "waits");
    waits.hidden = true;
    waits.append(buffered, bar);
    box.append(make("b", "", "peer"), sends, waits, receives);
    return { box, sends, receives, buffered, waits, fill: parts[0] };
  }

  // A rate of nothing has a reason, where the threads tell it.
  function showPeer(part, rates, buffered, { reader, writer }) {
    const isStill = (rate) => Math.round(rate.messages) === 0;
    const held = rates && isStill(rates.received) && reader.doing === "waiting_for_room";
    const refuses = rates && isStill(rates.sent) && writer.doing === "writing_socket";
    setText(part.sends, rates ? (held ? "what it sends waits in TCP" : `sends ${rateWord(rates.received)}`) : "");
    setText(part.receives, rates ? (refuses ? "takes nothing" : `gets ${rateWord(rates.sent)}`) : "");
    const known = typeof buffered === "number";
    if (part.waits.hidden === known) part.waits.hidden = !known;
    if (!known) return;
    setText(part.buffered, `browser holds ${sizeWord(buffered)}`);
    setBar(part.fill, 0, share(buffered, triloop.MAX_BUFFERED_BYTES));
  }

  function makeArrow(name) {
    const arrow = make("span", "arrow");
    arrow.dataset.arrow = name;
    arrow.setAttribute("aria-hidden", "true");
    arrow.append(make("span", "dot"));
    return arrow;
  }

  const ARROWS = ["peer-reader", "reader-in", "in-processor", "processor-out", "out-writer", "writer-peer"];

  /** The whole drawing; show() takes a connection as docs/inspect.md describes it. */
  triloop.makePicture = () => {
    const root = make("div", "picture");
    const parts = { peer: makePeer(), in: makeQueue("in"), out: makeQueue("out"), latch: makeLatch() };
    for (const name of THREADS) parts[name] = makeThread(name);
    const arrows = Object.fromEntries(ARROWS.map((name) => [name, makeArrow(name)]));
    const order = ["peer", "reader", "in", "processor", "out", "writer"];
    order.forEach((name, i) => root.append(parts[name].box, arrows[ARROWS[i]]));
    root.append(parts.latch.box);
    let shown = null;
    root.addEventListener("click", ({ target }) => {
      const box = target.closest?.("[data-box]")?.dataset.box;
      if (box && shown) triloop.sheet.open(box, shown);
    });

    function show(connection, { rates = null, buffered = null, shares = null } = {}) {
      shown = connection;
      for (const name of THREADS) {
        const thread = connection.threads[name];
        showThread(parts[name], name, thread, shares?.[name] ?? thread.seconds);
      }
      const waits = (name) => connection.threads[name].doing === "waiting_for_room";
      showQueue(parts.in, connection.queues.in, waits("reader"));
      showQueue(parts.out, connection.queues.out, waits("processor"));
      showLatch(parts.latch, connection.latch);
      showPeer(parts.peer, rates, buffered, connection.threads);
      ARROWS.forEach((name, i) => {
        const rate = rates && (i < 3 ? rates.received : rates.sent);
        setData(arrows[name], "flows", String(Boolean(rate && rate.messages > 0)));
      });
    }

    return { root, show, box: (name) => parts[name].box };
  };

  Object.assign(triloop, {
    MAX_BUFFERED_BYTES: 8 * 1024 * 1024, // how much a flood leaves waiting in the browser
    THREADS, make, setText, setData, setBar, doingWord, sizeWord, latchWord, fullness,
  });
})();
