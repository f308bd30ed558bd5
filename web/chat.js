"use strict";

(() => {
  const MAX_LINES = 500;
  // With these an ending is meant; after all others the page comes back by itself.
  const FINAL = new Set([1000, 1003, 1008, 4000, 4001]);
  const EXPECTED = new Set([1000, 4000]);
  // Between two attempts: a random time below a bound that doubles. So the many whom one server has
  // lost do not come to the next one all at once, nor again and again.
  const FIRST_BOUND_MS = 1000;
  const LAST_BOUND_MS = 30_000;
  const SAY_AGAIN_MS = 2000; // a line that was not kept

  // By this the server knows that it is the same person who comes in again, while a connection of
  // before (of a page that was reloaded, of a network that is gone) still has the name. All pages of
  // this browser share it. Where nothing can be kept, one waits until that connection has ended.
  const token = {
    get: () => {
      try {
        return localStorage.getItem("chat-token") ?? "";
      } catch {
        return "";
      }
    },
    keep: (text) => {
      try {
        localStorage.setItem("chat-token", text);
      } catch {
        // the page works without
      }
    },
  };

  const element = (id) => document.getElementById(id);
  const log = element("log");
  const members = new Set();
  let visit = null; // where this page is, or wants to be: see enter()

  // -- What is on the screen -------------------------------------------------------------------------

  // Names and texts come from other people: they are only ever text, never markup.
  function part(className, text) {
    const node = document.createElement("span");
    node.className = className;
    node.textContent = text;
    node.dir = "auto";
    return node;
  }

  function show(className, ...parts) {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 40;
    const line = part(`line ${className}`, "");
    parts.forEach((node) => line.append(node, " "));
    log.append(line);
    if (log.childElementCount > MAX_LINES) log.firstElementChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
    return line;
  }

  const showNews = (text) => show("news", part("text", text));

  function showState() {
    const isOpen = visit?.socket?.readyState === WebSocket.OPEN && visit.welcomed;
    element("enter").disabled = visit !== null;
    element("leave").disabled = visit === null;
    element("say").disabled = visit === null;
    element("members").textContent = [...members].join(", ") || "nobody";
    let state = "not in a room";
    if (isOpen) state = `in ${visit.room}`;
    else if (visit?.retryAt) {
      const seconds = Math.max(0, Math.ceil((visit.retryAt - Date.now()) / 1000));
      state = `the connection is lost: tries again in ${seconds} s (${visit.attempts})`;
    } else if (visit) state = visit.attempts > 0 ? "comes back…" : "comes in…";
    element("state").textContent = state;
    element("state").dataset.lost = visit !== null && !isOpen && visit.attempts > 0;
  }

  // -- What the server says --------------------------------------------------------------------------

  function hearLine({ name, text, time, seq, id }) {
    visit.seq = seq;
    if (id !== undefined && name === visit.name) settle(id);
    const clock = new Date(time).toLocaleTimeString();
    show("said", part("when", clock), part("who", name), part("text", text));
  }

  function hearMembers(names) {
    members.clear();
    names.forEach((name) => members.add(name));
  }

  const onNews = {
    welcome({ members: names, history, token: mine, seq, epoch, gap }) {
      token.keep(mine);
      if (visit.epoch !== epoch) log.replaceChildren();
      visit.epoch = epoch;
      visit.attempts = 0;
      visit.welcomed = true;
      hearMembers(names);
      if (gap) onNews.gap();
      history.forEach(hearLine);
      visit.seq = seq;
      for (const [id, line] of visit.unsettled) send(id, line);
    },
    members({ members: names }) {
      hearMembers(names);
    },
    join({ name }) {
      members.add(name);
      showNews(`${name} came`);
    },
    leave({ name }) {
      members.delete(name);
      showNews(`${name} left`);
    },
    line: hearLine,
    gap() {
      showNews("(what was said here is not kept any more)");
    },
    kept({ id }) {
      settle(id);
    },
    "not kept"({ id, reason }) {
      const line = visit.unsettled.get(id);
      if (line === undefined) return;
      line.node.title = reason;
      const { socket } = visit;
      setTimeout(() => visit?.socket === socket && visit.unsettled.has(id) && send(id, line), SAY_AGAIN_MS);
    },
    refused({ id, reason }) {
      settle(id);
      show("alarm", part("text", `not said: ${reason}`));
    },
  };

  // -- What one says ---------------------------------------------------------------------------------

  // Until the server has acknowledged a line, or one has heard it, it is said again with the same id
  // whenever one comes back. It is kept once.
  function send(id, line) {
    if (visit.socket?.readyState !== WebSocket.OPEN || !visit.welcomed) return;
    visit.socket.send(JSON.stringify({ type: "say", id, text: line.text, again: line.behind ?? false }));
    line.behind ??= visit.seq; // if it was kept then, it is behind that
  }

  function say(text) {
    const id = `${visit.prefix}-${(visit.said += 1)}`;
    const line = { text, node: show("unsettled", part("who", visit.name), part("text", text)) };
    visit.unsettled.set(id, line);
    send(id, line);
  }

  function settle(id) {
    visit.unsettled.get(id)?.node.remove();
    visit.unsettled.delete(id);
  }

  // -- Coming, going, coming back --------------------------------------------------------------------

  function connect() {
    visit.retryAt = null;
    visit.welcomed = false;
    const query = new URLSearchParams({ room: visit.room, name: visit.name, token: token.get() });
    if (visit.epoch !== null) {
      query.set("since", visit.seq);
      query.set("epoch", visit.epoch);
    }
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(`${scheme}//${location.host}/ws?${query}`, "chat.2");
    visit.socket = socket;
    socket.addEventListener("open", showState);
    socket.addEventListener("message", ({ data }) => {
      if (visit?.socket !== socket) return;
      const news = JSON.parse(data);
      if (Object.hasOwn(onNews, news.type)) onNews[news.type](news);
      showState();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      if (visit?.socket !== socket) return;
      if (FINAL.has(code)) end(code, reason);
      else comeBack(code, reason);
      showState();
    });
    showState();
  }

  function comeBack(code, reason) {
    if (visit.attempts === 0) showNews(`the connection is lost: ${code} ${reason}`);
    const bound = Math.min(LAST_BOUND_MS, FIRST_BOUND_MS * 2 ** visit.attempts);
    visit.attempts += 1;
    visit.welcomed = false;
    visit.socket = null;
    visit.retryAt = Date.now() + Math.random() * bound;
  }

  function retryIfDue(now) {
    if (visit?.retryAt && now >= visit.retryAt) connect();
    else if (visit?.retryAt) showState();
  }

  function end(code, reason) {
    const { unsettled } = visit;
    visit = null;
    members.clear();
    show(EXPECTED.has(code) ? "news" : "alarm", part("text", `closed: ${code} ${reason}`));
    if (unsettled.size > 0) show("alarm", part("text", `${unsettled.size} of your lines may not have been kept`));
  }

  function enter() {
    const prefix = [...crypto.getRandomValues(new Uint32Array(2))].map((n) => n.toString(36)).join("");
    visit = {
      room: element("room").value,
      name: element("name").value,
      prefix, // of the ids of what is said here
      said: 0,
      unsettled: new Map(), // lines by their ids: said, and not acknowledged
      seq: 0, // up to there all has been heard
      epoch: null, // of which history; null: of none yet
      attempts: 0, // to come back
      retryAt: null, // when the next one is due
      welcomed: false,
      socket: null,
    };
    connect();
  }

  element("door").addEventListener("submit", (event) => {
    event.preventDefault();
    if (visit === null) enter();
  });
  element("leave").addEventListener("click", () => {
    if (visit.socket) visit.socket.close(1000);
    if (!visit.welcomed) end(1000, "");
    showState();
  });
  element("sender").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = element("text").value;
    if (text === "" || visit === null) return;
    say(text);
    element("text").value = "";
  });
  setInterval(() => retryIfDue(Date.now()), 200);
  window.addEventListener("online", () => retryIfDue(Infinity)); // no need to wait any longer
  showState();
})();
