"use strict";

// The walk: one message's way through a connection, then its end, in the drawing of the live view.
// It needs no server: its states are written down here, in the form of docs/inspect.md. A thread has
// "left" when its loop has ended, as there; that it is joined is another thing, and comes later.
(() => {
  const triloop = (window.triloop ??= {});
  const { make, setText, setData } = triloop;
  const PLAY_MS = 5000;
  const MESSAGE_BYTES = 12;

  const IDLE = { reader: "reading_socket", processor: "waiting_for_message", writer: "waiting_for_message" };
  const BYE = { by: "peer", code: 1000, reason: "bye" };

  // at: where the message is. in, out: messages in the queues. left: who has left, in that order.
  const STEPS = [
    {
      title: "Bytes arrive",
      text: "The peer sends a message. Its bytes reach the socket. The reader is the only thread that "
        + "receives on this connection: it sleeps in the system call until they are there.",
      at: "peer",
    },
    {
      title: "The reader decodes",
      text: "The reader takes the bytes off the socket and makes a message of the WebSocket frames. No "
        + "other thread touches this half of the protocol, so it needs no lock.",
      at: "reader", doing: { reader: "working" },
    },
    {
      title: "Into the in-queue",
      text: "The reader pushes the message into the in-queue and goes back to the socket at once. It "
        + "can receive the next message while this one is being processed.",
      at: "in", in: 1,
    },
    {
      title: "The processor runs your code",
      text: "connection.read() pops the message. The processor thread runs the function that you wrote: "
        + "plain code, that may take its time or block. Only this connection waits for it.",
      at: "processor", doing: { processor: "working" },
    },
    {
      title: "write() into the out-queue",
      text: "connection.write() pushes the reply into the out-queue and returns. The processor never "
        + "touches the socket, so a slow network does not hold it up until that queue is full.",
      at: "out", out: 1,
    },
    {
      title: "The writer sends",
      text: "The writer pops the reply, encodes it and sends it. It is the only thread that sends: "
        + "replies, pongs and heartbeats can never be mixed up in the middle of a frame.",
      at: "writer", doing: { writer: "writing_socket" },
    },
    {
      title: "Full means wait, all the way back",
      text: "The peer stops reading. The writer waits in send; the out-queue fills, so the processor "
        + "waits for room; the in-queue fills, so the reader waits for room; nobody receives, and TCP "
        + "makes the peer wait. Nothing is dropped, nothing grows.",
      at: "peer", in: 1000, out: 1000,
      doing: { reader: "waiting_for_room", processor: "waiting_for_room", writer: "writing_socket" },
    },
    {
      title: "Closing: the ending begins",
      text: "A Close frame comes. The closing latch fires: once, and the first reason wins. The in-queue "
        + "takes no more. What is in the queues is still processed and sent: this is the drain.",
      at: "peer", in: 1, out: 1, closing: BYE, doing: { processor: "working", writer: "writing_socket" },
    },
    {
      title: "The processor leaves first",
      text: "read() finds the in-queue closed and empty, so your function returns. Its last act is to "
        + "close the out-queue. The writer sends what is left, then Close and the end of its stream, and "
        + "waits for the peer's. Hardly ever do the others overtake the processor on its last steps.",
      at: "writer", closing: BYE, left: ["processor"], doing: { writer: "waiting_for_peer" },
    },
    {
      title: "Then the reader and the writer, in either order",
      text: "The peer ends its stream, and the reader reads that end. Both streams are over: the closed "
        + "latch fires, every wait returns, and both leave. It is a race. If the peer has closed, as here, "
        + "the reader mostly wins it; if the server has, the writer does as often. Nothing depends on it.",
      closing: BYE, closed: BYE, left: ["processor", "reader", "writer"],
    },
    {
      title: "Joined, and then closed",
      text: "To leave is to end one's loop; to be joined is another thing. The reader's thread joins the "
        + "processor and the writer, the accept loop joins the reader, and only then is the socket "
        + "closed. No thread is left behind.",
      closing: BYE, closed: BYE, left: ["processor", "reader", "writer"],
    },
  ];

  const queue = (messages) =>
    ({ messages, bytes: messages * MESSAGE_BYTES, max_messages: 1000, max_bytes: 4194304 });

  function connectionAt(step) {
    const thread = (name) => {
      const place = (step.left ?? []).indexOf(name) + 1;
      return { doing: place ? "ended" : step.doing?.[name] ?? IDLE[name], seconds: {}, left: place || null };
    };
    return {
      threads: { reader: thread("reader"), processor: thread("processor"), writer: thread("writer") },
      queues: { in: queue(step.in ?? 0), out: queue(step.out ?? 0) },
      latch: { closing: step.closing ?? null, closed: step.closed ?? null },
    };
  }

  // ---- the elements ----

  const box = document.getElementById("walk");

  function part(parent, tag, id, text = "") {
    const node = Object.assign(make(tag, "", text), { id });
    parent.append(node);
    return node;
  }

  box.setAttribute("aria-labelledby", part(box, "h2", "walk-title", "One message, step by step").id);
  const words = make("div", "walk-words");
  const placeText = part(words, "p", "walk-place");
  placeText.className = "note";
  const status = make("div");
  status.setAttribute("role", "status");
  const title = part(status, "h3", "walk-step");
  const text = part(status, "p", "walk-text");
  const row = make("div", "row");
  const [back, next, play] = [["walk-back", "Back"], ["walk-next", "Next step"], ["walk-play", "Play"]]
    .map(([id, word]) => Object.assign(part(row, "button", id, word), { type: "button" }));
  words.append(status, row);
  box.append(words);
  const frame = part(box, "div", "walk-picture");
  frame.className = "frame";
  const picture = triloop.makePicture();
  const message = make("span", "message");
  message.setAttribute("aria-hidden", "true"); // the text says where it is
  let current = 0;
  let timer = 0;

  // The message stands on the upper edge of the box that holds it.
  function place() {
    const { at } = STEPS[current];
    setData(message, "at", at ?? "nowhere");
    if (!at) return;
    const { offsetLeft, offsetTop, offsetWidth } = picture.box(at);
    message.style.transform =
      `translate(${offsetLeft + offsetWidth / 2}px, ${offsetTop}px) translate(-50%, -50%)`;
  }

  function show() {
    const step = STEPS[current];
    setData(box, "step", String(current + 1));
    setText(placeText, `Step ${current + 1} of ${STEPS.length}; the arrow keys step, too`);
    setText(title, step.title);
    setText(text, step.text);
    picture.show(connectionAt(step));
    if (box.getClientRects().length > 0) triloop.sheet.update(connectionAt(step));
    for (const name of ["peer", "reader", "in", "processor", "out", "writer"]) {
      setData(picture.box(name), "active", String(step.at === name));
    }
    setData(picture.box("latch"), "active", String(Boolean(step.closing)));
    place();
    // aria-disabled and not disabled: a button that is disabled would lose the keyboard's place.
    back.setAttribute("aria-disabled", String(current === 0));
    next.setAttribute("aria-disabled", String(current === STEPS.length - 1));
  }

  function go(step) {
    current = Math.min(Math.max(step, 0), STEPS.length - 1);
    show();
    if (current === STEPS.length - 1) setPlaying(false);
  }

  /** As go(), and the address names the step: it can be sent to somebody. */
  function goByHand(step) {
    setPlaying(false);
    go(step);
    history.replaceState(history.state, "", `#walk=${current + 1}`);
  }

  function setPlaying(on) {
    clearInterval(timer);
    timer = on ? setInterval(() => go(current + 1), PLAY_MS) : 0;
    play.setAttribute("aria-pressed", String(on));
  }

  // ---- by button, by key, by link ----

  next.addEventListener("click", () => goByHand(current + 1));
  back.addEventListener("click", () => goByHand(current - 1));
  play.addEventListener("click", () => {
    const on = timer === 0;
    if (on && current === STEPS.length - 1) go(0);
    setPlaying(on);
  });

  const hasKeysOfItsOwn = (target) =>
    target instanceof Element && target.closest("input, textarea, select, [role=slider], [role=listbox], [role=option], #log");

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    if (box.getClientRects().length === 0 || hasKeysOfItsOwn(event.target)) return;
    const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 0, End: STEPS.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    goByHand(to);
  });

  function goToHash() {
    const step = /^#walk=(\d{1,3})$/.exec(location.hash)?.[1];
    if (step) go(Number(step) - 1);
  }

  picture.root.classList.add("plain");
  picture.root.append(message);
  frame.append(picture.root);
  new ResizeObserver(place).observe(picture.root);
  window.addEventListener("hashchange", goToHash);
  show();
  goToHash();
  triloop.walk = { steps: STEPS };
})();
