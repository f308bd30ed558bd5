"use strict";

// The socket that brings the snapshots. If it is lost it is tried again after short pauses, and at
// once when there is a sign that the server is back; not at all while nobody looks at the page.
(() => {
  const triloop = (window.triloop ??= {});
  const FIRST_PAUSE_MS = 500;
  const LONGEST_PAUSE_MS = 2000;
  const TICK_MS = 250;

  const WORDS = {
    live: "Live",
    // A browser does not say which.
    failed: "No snapshots: the server cannot be reached, or refuses them to this page.",
    lost: "The server is gone: this is what it said last.",
    hidden: "No snapshots while the page is hidden.",
    off: "This server shows nobody its threads (--inspect off).",
    refused: "This server shows its threads only to its own machine (--inspect local), and you are at another one.",
  };

  /** onText gets each snapshot; onState a name (see WORDS), a sentence, and the ms until the next try. */
  triloop.openInspect = (url, onText, onState) => {
    let socket = null;
    let timer = 0;
    let due = 0;
    let pause = FIRST_PAUSE_MS;
    let live = false;
    let wasLive = false;

    const say = (name, wait = null) => onState(name, WORDS[name], wait);
    const refusal = () => triloop.about?.inspects_you === false;

    function connect() {
      clearInterval(timer);
      timer = 0;
      if (socket) return;
      live = false;
      socket = new WebSocket(url);
      socket.addEventListener("message", onMessage);
      socket.addEventListener("close", onClose);
    }

    // Being open is no success yet: something else may answer at that path.
    function onMessage({ data }) {
      if (typeof data !== "string") return;
      if (!live) {
        if (wasLive) triloop.learnAbout(); // another server, perhaps
        live = wasLive = true;
        pause = FIRST_PAUSE_MS;
        say("live");
      }
      onText(data);
    }

    async function onClose() {
      socket = null;
      if (document.hidden) return say("hidden");
      if (wasLive) say("lost", pause);
      due = performance.now() + pause;
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
      timer = setInterval(tick, TICK_MS);
      tick();
      if (live) return; // it was there a moment ago
      await triloop.learnAbout();
      if (refusal() && !socket) refuse();
    }

    function tick() {
      const left = due - performance.now();
      if (left <= 0) connect();
      else say(wasLive ? "lost" : "failed", left);
    }

    function refuse() {
      clearInterval(timer);
      timer = 0;
      say(triloop.about.inspect === "off" ? "off" : "refused");
    }

    /** There is reason to believe that it works now. */
    triloop.tryInspect = async () => {
      if (socket || document.hidden) return;
      if (refusal()) await triloop.learnAbout(); // another server, perhaps
      if (refusal()) return refuse();
      connect();
    };

    document.addEventListener("visibilitychange", () => {
      if (socket) return;
      clearInterval(timer);
      timer = 0;
      if (document.hidden) say("hidden");
      else triloop.tryInspect();
    });
    window.addEventListener("online", triloop.tryInspect);
    window.addEventListener("focus", triloop.tryInspect);
    if (document.hidden) say("hidden");
    else triloop.learnt.then(() => (refusal() ? refuse() : connect()));
  };
})();
