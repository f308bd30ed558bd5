"use strict";

(() => {
  const triloop = (window.triloop ??= {});
  const { lines } = triloop;
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
  const members = new Set();
  const served = location.protocol.startsWith("http");
  let isChat = served; // what one would come to: /about.json may say otherwise
  let visit = null; // where this page is, or wants to be: see enter()

  // -- What is on the screen -------------------------------------------------------------------------

  const showNews = (text) => lines.add("news", ["text", text]);
  const showAlarm = (text) => lines.add("alarm", ["text", text]);

  function stateWords(isOpen) {
    if (visit === null) return "not in a room";
    if (isOpen) return `in ${visit.room}`;
    if (!visit.retryAt) return visit.attempts > 0 ? "comes back…" : "comes in…";
    const seconds = Math.max(0, Math.ceil((visit.retryAt - Date.now()) / 1000));
    return `the connection is lost: tries again in ${seconds} s (${visit.attempts})`;
  }

  function showState() {
    const isOpen = visit?.socket?.readyState === WebSocket.OPEN && visit.welcomed;
    const focused = document.activeElement;
    element("enter").disabled = visit !== null || !isChat;
    element("leave").disabled = visit === null;
    element("say").disabled = visit === null;
    element("members").textContent = [...members].join(", ") || "nobody";
    element("state").textContent = stateWords(isOpen);
    element("state").dataset.lost = visit !== null && !isOpen && visit.attempts > 0;
    document.body.dataset.inside = visit !== null;
    // A button that is disabled would lose the keyboard's place.
    if (focused?.disabled) element(visit === null ? "name" : "text").focus({ preventScroll: true });
  }

  /** Says at a field what is wrong with it, and takes one there; without words all is well again. */
  function fault(id, words = "") {
    const field = element(id);
    element(`${id}-fault`).textContent = words;
    element(`${id}-fault`).hidden = words === "";
    if (words === "") return field.removeAttribute("aria-invalid");
    field.setAttribute("aria-invalid", "true");
    field.focus({ preventScroll: true });
    field.select();
  }

  function showNeeds(why) {
    isChat = why === "";
    element("needs").hidden = isChat;
    element("needs-why").textContent = why;
    showState();
  }

  // -- What the server says --------------------------------------------------------------------------

  function hearLine({ name, text, time, seq, id }) {
    visit.seq = seq;
    if (id !== undefined && name === visit.name) settle(id);
    const date = new Date(time);
    const day = triloop.day(date);
    const when = `${day === triloop.day(new Date()) ? "" : `${day} `}${triloop.clock(date)}`;
    lines.add("said", ["when", when], ["who", name], ["text", text]);
  }

  function hearMembers(names) {
    members.clear();
    names.forEach((name) => members.add(name));
  }

  const onNews = {
    welcome({ members: names, history, token: mine, seq, epoch, gap }) {
      token.keep(mine);
      if (visit.epoch !== epoch) lines.clear();
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
      lines.explain(line.shown, reason);
      const { socket } = visit;
      setTimeout(() => visit?.socket === socket && visit.unsettled.has(id) && send(id, line), SAY_AGAIN_MS);
    },
    refused({ id, reason }) {
      settle(id);
      showAlarm(`not said: ${reason}`);
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
    const line = { text, shown: lines.add("unsettled", ["who", visit.name], ["text", text]) };
    visit.unsettled.set(id, line);
    send(id, line);
  }

  function settle(id) {
    const line = visit.unsettled.get(id);
    if (line) lines.remove(line.shown);
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
    socket.addEventListener("close", (event) => {
      if (visit?.socket !== socket) return;
      if (FINAL.has(event.code)) end(event);
      else comeBack(event);
      showState();
    });
    showState();
  }

  function comeBack(event) {
    if (visit.attempts === 0) showNews(`the connection is lost: ${triloop.closeWords(event)}`);
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

  // What was wrong with a field stands beside it, all else among the lines.
  function sayEnd(event, wasIn) {
    if (event === null) return showNews("you left while the connection was lost");
    const field = ["name", "room"].find((id) => event.code === 1008 && event.reason.includes(id));
    if (field && !wasIn) return fault(field, event.reason);
    const words = `closed: ${triloop.closeWords(event)}`;
    return EXPECTED.has(event.code) ? showNews(words) : showAlarm(words);
  }

  function end(event) {
    const { unsettled, epoch } = visit;
    visit = null;
    members.clear();
    showState();
    sayEnd(event, epoch !== null);
    if (unsettled.size > 0) showAlarm(`${unsettled.size} of your lines may not have been kept`);
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

  function leave() {
    if (visit.socket) visit.socket.close(1000);
    if (!visit.welcomed) end(null);
    showState();
  }

  element("door").addEventListener("submit", (event) => {
    event.preventDefault();
    if (visit !== null || !isChat) return;
    fault("name");
    fault("room");
    enter();
    element("text").focus({ preventScroll: true });
  });
  element("leave").addEventListener("click", leave);
  element("sender").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = element("text").value;
    if (text === "" || visit === null) return;
    say(text);
    element("text").value = "";
  });
  setInterval(() => retryIfDue(Date.now()), 200);
  window.addEventListener("online", () => retryIfDue(Infinity)); // no need to wait any longer
  triloop.onAbout?.(({ chat, processor }) =>
    showNeeds(chat ? "" : `This server runs the processor ${processor}: it has no rooms.`));
  window.addEventListener("focus", () => served && !isChat && triloop.learnAbout());
  if (!served) showNeeds("Opened from disk, this page has no server to talk to.");
  showState();
})();
