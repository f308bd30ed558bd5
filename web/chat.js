"use strict";

(() => {
  const MAX_LINES = 500;
  const REPLACED = 4000; // the code for: you have come in again

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
  let socket = null;

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
  }

  const showNews = (text) => show("news", part("text", text));

  function showLine({ name, text, time }) {
    const clock = new Date(time).toLocaleTimeString();
    show("said", part("when", clock), part("who", name), part("text", text));
  }

  function showMembers() {
    element("members").textContent = [...members].join(", ") || "nobody";
  }

  const onNews = {
    welcome({ members: names, history, token: mine }) {
      token.keep(mine);
      log.replaceChildren();
      members.clear();
      names.forEach((name) => members.add(name));
      history.forEach(showLine);
    },
    join({ name }) {
      members.add(name);
      showNews(`${name} came`);
    },
    leave({ name }) {
      members.delete(name);
      showNews(`${name} left`);
    },
    line: showLine,
    gap({ missed }) {
      showNews(`(${missed} missed: this page reads too slowly)`);
    },
  };

  function showState() {
    const open = socket !== null && socket.readyState === WebSocket.OPEN;
    element("enter").disabled = socket !== null;
    element("leave").disabled = socket === null;
    element("say").disabled = !open;
    showMembers();
  }

  function enter() {
    const query = new URLSearchParams({
      room: element("room").value,
      name: element("name").value,
      token: token.get(),
    });
    const scheme = location.protocol === "https:" ? "wss:" : "ws:";
    socket = new WebSocket(`${scheme}//${location.host}/ws?${query}`);
    socket.addEventListener("open", showState);
    socket.addEventListener("message", ({ data }) => {
      const news = JSON.parse(data);
      if (Object.hasOwn(onNews, news.type)) onNews[news.type](news);
      showMembers();
    });
    socket.addEventListener("close", ({ code, reason }) => {
      socket = null;
      members.clear();
      const expected = code === 1000 || code === REPLACED;
      show(expected ? "news" : "alarm", part("text", `closed: ${code} ${reason}`));
      showState();
    });
    showState();
  }

  element("door").addEventListener("submit", (event) => {
    event.preventDefault();
    if (socket === null) enter();
  });
  element("leave").addEventListener("click", () => socket?.close(1000));
  element("sender").addEventListener("submit", (event) => {
    event.preventDefault();
    const text = element("text").value;
    if (text === "" || socket?.readyState !== WebSocket.OPEN) return;
    socket.send(text);
    element("text").value = "";
  });
  showState();
})();
