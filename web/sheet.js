"use strict";

// The lines of the C++ that a box of the picture is in now. It follows the state while it is open;
// the excerpts are in code.js. Escape closes it, and the focus goes back to where it was.
(() => {
  const triloop = (window.triloop ??= {});
  const { make, setText, setData, doingWord } = triloop;
  const { excerpts, states } = triloop.code;
  const root = document.getElementById("sheet");
  const SHOWN_MS = 300; // so long at least, or nobody could read what a flood does
  const NAMES = { in: "in-queue", out: "out-queue", latch: "close latch" };
  const WORDS = {
    "in.full": "full: who pushes waits for room", "in.empty": "empty: who pops waits for a message",
    "in.moving": "messages go through", "out.full": "full: who pushes waits for room",
    "out.empty": "empty: who pops waits for a message", "out.moving": "messages go through",
    "latch.open": "not fired", "latch.closing": "closing has fired", "latch.closed": "closed has fired",
  };
  const isThread = (box) => !(box in NAMES);

  let box = null; // which one is open
  let latest = null; // the connection as it was seen last
  let shown = ""; // the state that is shown
  let shownAt = 0;
  let timer = 0;
  let opener = null;

  // ---- which lines ----

  const isLab = (path) => /^\/lab(\?|$)/.test(path);
  const isEcho = () => (triloop.about?.processor ?? "echo") === "echo";

  function stateOf({ threads, latch, path }) {
    if (box === "latch") return latch.closed ? "latch.closed" : latch.closing ? "latch.closing" : "latch.open";
    if (box === "in" || box === "out") {
      const [pushes, pops] = box === "in" ? ["reader", "processor"] : ["processor", "writer"];
      if (threads[pushes].doing === "waiting_for_room") return `${box}.full`;
      return threads[pops].doing === "waiting_for_message" ? `${box}.empty` : `${box}.moving`;
    }
    const state = `${box}.${threads[box].doing}`;
    const own = `${state}@${isLab(String(path)) ? "lab" : isEcho() ? "echo" : ""}`;
    return box === "processor" && own in states ? own : state;
  }

  /** From disk the sources are beside web/; a server has them below its own root. */
  const addressOf = (file) => (location.protocol === "file:" ? `../${file}` : file);

  // ---- the elements ----

  const title = make("h2", "sheet-title");
  title.tabIndex = -1;
  title.id = "sheet-title";
  const closeButton = make("button", "", "Close");
  closeButton.type = "button";
  const row = make("div", "row");
  row.append(title, closeButton);
  const stack = make("div", "sheet-stack");
  const none = make("p", "note", "No lines are known for this state.");
  root.removeAttribute("aria-label");
  root.setAttribute("aria-labelledby", title.id);
  root.append(row, stack, none);

  function makeFigure() {
    const figure = make("figure");
    const caption = make("figcaption");
    const link = make("a");
    link.target = "_blank"; // what is live here goes on
    link.rel = "noopener";
    caption.append(link);
    const pre = make("pre");
    pre.tabIndex = 0;
    pre.setAttribute("role", "group");
    figure.append(caption, pre);
    stack.append(figure);
    return figure;
  }

  function fill(figure, name, marks) {
    const { file, lines } = excerpts[name];
    const [caption, pre] = figure.children;
    const link = caption.firstChild;
    if (figure.dataset.excerpt !== name) {
      setData(figure, "excerpt", name);
      setText(link, file);
      link.href = addressOf(file);
      pre.setAttribute("aria-label", file);
      pre.replaceChildren(...lines.map(() => make("span", "code")));
    }
    lines.forEach((line, i) => {
      const marked = marks.includes(i);
      const old = pre.children[i];
      if (old.firstChild && (old.firstChild.tagName === "MARK") === marked) return;
      old.replaceChildren(make(marked ? "mark" : "span", "", line), "\n");
    });
    const mark = pre.querySelector("mark");
    if (mark) pre.scrollTop = mark.offsetTop - pre.offsetTop - (pre.clientHeight - mark.offsetHeight) / 2;
  }

  function render(state) {
    shown = state;
    shownAt = performance.now();
    const parts = states[state] ?? [];
    const doing = state.split(".")[1].split("@")[0];
    setText(title, `${NAMES[box] ?? box}: ${WORDS[state] ?? doingWord(box, doing)}`);
    setData(root, "code", state);
    setData(root, "box", box);
    while (stack.children.length < parts.length) makeFigure();
    [...stack.children].forEach((figure, i) => {
      figure.hidden = i >= parts.length;
      if (!figure.hidden) fill(figure, parts[i][0], parts[i].slice(1));
    });
    none.hidden = parts.length > 0;
  }

  // ---- opening, following, closing ----

  function follow() {
    clearTimeout(timer);
    timer = 0;
    const state = stateOf(latest);
    if (state === shown) return;
    const left = SHOWN_MS - (performance.now() - shownAt);
    if (left > 0) timer = setTimeout(follow, left);
    else render(state);
  }

  function close() {
    if (root.hidden) return;
    clearTimeout(timer);
    root.hidden = true;
    const back = opener?.isConnected ? opener : document.body;
    box = opener = null;
    back.focus({ preventScroll: true });
  }

  function open(name, connection) {
    if (root.hidden) opener = document.activeElement;
    box = name;
    latest = connection;
    root.hidden = false;
    setData(root, "thread", isThread(name) ? name : "none");
    clearTimeout(timer);
    render(stateOf(connection));
    title.focus({ preventScroll: true });
  }

  /** At each snapshot of the chosen connection, and for one that is rewound to. */
  function update(connection) {
    if (root.hidden) return;
    latest = connection;
    if (timer === 0) follow();
  }

  closeButton.addEventListener("click", close);
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented || root.hidden) return;
    event.preventDefault();
    close();
  });

  triloop.sheet = { open, update, close };
})();
