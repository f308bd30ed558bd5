"use strict";

// What the lab can cause: a line for each, a key for each, and the words of the one that is chosen.
(() => {
  const triloop = (window.triloop ??= {});
  const { lab, latchWord, setText, sizeWord, grouped } = triloop;
  const MOST_MESSAGES = 1_000_000;
  const MOST_SLOW_MESSAGES = 100_000;
  const MOST_BYTES = 1024 * 1024;
  const SLOW_BYTES = 1024;
  const CLOSE_COMMAND = "!close 1000 asked by the page";
  const REASON = "closed from the page";

  const element = (id) => document.getElementById(id);

  function number(id, most) {
    const value = Math.floor(Number(element(id).value));
    const sane = Math.min(Math.max(Number.isFinite(value) ? value : 1, 1), most);
    element(id).value = sane;
    return sane;
  }

  async function flood() {
    const messages = number("lab-messages", MOST_MESSAGES);
    const bytes = number("lab-bytes", MOST_BYTES);
    lab.begin("Flood", `${grouped(messages)} messages of ${sizeWord(bytes)}.`);
    const target = await lab.ensureOpen();
    if (target) lab.startFlood(target, messages, bytes);
  }

  async function slow() {
    const messages = number("lab-slow-messages", MOST_SLOW_MESSAGES);
    const delay = number("lab-delay", 10_000);
    lab.begin("Slow processor", `${grouped(messages)} messages of ${sizeWord(SLOW_BYTES)}, ${delay} ms for each.`);
    const target = await lab.open(delay);
    if (target) lab.startFlood(target, messages, SLOW_BYTES);
  }

  // ---- what a browser cannot do, the server does ----

  const deadline = (name) => {
    const seconds = triloop.about?.[name];
    return typeof seconds === "number" ? `${seconds} s` : null;
  };

  // words: of one that is there. makeLeft(): gives a function of its connection, for the seconds until
  // the server's deadline, counted by the connection's age.
  const PEERS = {
    "stops-reading": {
      title: "Peer stops reading",
      begins: "a peer floods and reads nothing.",
      words: () => "A peer floods and reads nothing. When the writer has waited for it for "
        + `${deadline("write_timeout") ?? "the write timeout"}, the latch is fired.`,
      makeLeft: () => { // from the last message that the writer got rid of
        let sent = -1;
        let since = 0;
        return (connection) => {
          if (connection.sent.messages !== sent) since = connection.age;
          sent = connection.sent.messages;
          const writes = connection.threads.writer.doing === "writing_socket";
          return writes ? triloop.about?.write_timeout - (connection.age - since) : NaN;
        };
      },
    },
    vanishes: {
      title: "Peer vanishes",
      begins: "a peer falls silent, its socket stays open.",
      words: () => "A peer has fallen silent; its socket is still there. When it has not answered a ping for "
        + `${deadline("pong_timeout") ?? "the pong timeout"}, the latch is fired.`,
      makeLeft: () => ({ age }) => triloop.about?.ping_interval + triloop.about?.pong_timeout - age,
    },
  };

  function makeCountdown({ makeLeft }) {
    const left = makeLeft();
    return (connection) => {
      const seconds = connection && connection.state !== "ended" ? left(connection) : NaN;
      if (Number.isNaN(seconds)) return "";
      return seconds > 0.5 ? `Latch in ${Math.round(seconds)} s at the latest.` : "Latch at any moment.";
    };
  }

  async function peer(kind) {
    const { title, begins, words } = PEERS[kind];
    lab.begin(title, begins);
    lab.stopFlood();
    const tab = triloop.newTab("peer");
    triloop.expectConnection("/lab", { tab });
    const answer = await lab.command(`!peer ${kind} ${tab}`);
    if (answer !== `!peer ${tab}`) {
      const why = answer?.startsWith("!refused") ? answer.slice("!refused".length).trim() : "it does not answer";
      return lab.say(`The server made no such peer: ${why}.`);
    }
    lab.tell({
      tab,
      words: (connection) => (connection?.state === "ended"
        ? `Over: the latch was ${latchWord(connection.latch.closing ?? connection.latch.closed)}.`
        : words()),
      countdown: makeCountdown(PEERS[kind]),
    });
  }

  async function cut() {
    lab.begin("Cut, no Close", "the server drops the connection at once.");
    // What is closing, in line behind a flood, is the one to be cut.
    if (!lab.tab() && !(await lab.ensureOpen())) return;
    lab.stopFlood();
    const answer = await lab.command(`!cut ${lab.tab()}`);
    if (!answer?.startsWith("!cut")) lab.say("The server did not cut it.");
  }

  function ending(title, words, action) {
    lab.begin(title, words);
    return lab.end(action);
  }

  const actions = {
    flood,
    slow,
    stops: () => peer("stops-reading"),
    vanishes: () => peer("vanishes"),
    "close-page": () => ending("Close from the page", "the browser closes with code 1000.",
      (target) => target.close(1000, REASON)),
    "close-server": () => ending("Close from the server", "the server is asked to close with code 1000.",
      (target) => target.send(CLOSE_COMMAND)),
    "close-both": () => ending("Close from both", "the server is asked to close, and the browser closes.", (target) => {
      target.send(CLOSE_COMMAND);
      target.close(1000, REASON);
    }),
    throw: () => ending("Processor throws", "the server's processor is asked to throw.", (target) => target.send("!throw")),
    cut,
  };

  // ---- the lines ----

  const lines = [...document.querySelectorAll("[data-scenario]")];

  function choose(name) {
    for (const line of lines) {
      const chosen = line.dataset.scenario === name;
      line.dataset.chosen = String(chosen);
      line.querySelector(".pick").setAttribute("aria-pressed", String(chosen));
    }
    for (const about of document.querySelectorAll("[data-about]")) about.hidden = about.dataset.about !== name;
  }

  async function run(name) {
    choose(name);
    await actions[name]();
    lab.render();
  }

  for (const line of lines) {
    const { scenario } = line.dataset;
    line.querySelector(".pick").addEventListener("click", () => choose(scenario));
    line.querySelector(".go").addEventListener("click", () => run(scenario));
  }
  element("lab-stop").addEventListener("click", () => (lab.stopFlood(), lab.render()));
  element("lab-cut-it").addEventListener("click", cut);
  triloop.onAbout(() => {
    const write = deadline("write_timeout");
    const pong = deadline("pong_timeout");
    if (write) setText(element("lab-write-timeout"), `The write timeout (${write})`);
    if (pong) setText(element("lab-pong-timeout"), `a deadline (${pong})`);
  });
  choose(lines[0].dataset.scenario);

  /** The n-th line, counted from 1. */
  triloop.runScenario = (n) => lines[n - 1] && run(lines[n - 1].dataset.scenario);
})();
