"use strict";

// The socket that brings the snapshots. It may be refused or lost: then it is tried again after
// growing pauses, and not at all while nobody looks at the page.
(() => {
  const triloop = (window.triloop ??= {});
  const FIRST_PAUSE_MS = 1000;
  const LONGEST_PAUSE_MS = 30_000;

  const WORDS = {
    live: () => "Live: ten snapshots a second.",
    // A browser does not say which.
    failed: (seconds) => "No snapshots: the server cannot be reached, or refuses them to this page "
      + "(start it with --inspect local, for this machine, or --inspect any). "
      + `Trying again in ${seconds} s.`,
    lost: (seconds) => `The server is gone; below is what it said last. Trying again in ${seconds} s.`,
    hidden: () => "No snapshots while the page is hidden.",
  };

  /** onText gets each snapshot; onState a name (see WORDS) and a sentence. */
  triloop.openInspect = (url, onText, onState) => {
    let socket = null;
    let timer = 0;
    let pause = FIRST_PAUSE_MS;
    let live = false;

    function say(name) {
      onState(name, WORDS[name](Math.round(pause / 1000)));
    }

    function connect() {
      timer = 0;
      live = false;
      socket = new WebSocket(url);
      socket.addEventListener("message", onMessage);
      socket.addEventListener("close", onClose);
    }

    // Being open is no success yet: something else may answer at that path.
    function onMessage({ data }) {
      if (typeof data !== "string") return;
      if (!live) {
        live = true;
        pause = FIRST_PAUSE_MS;
        say("live");
      }
      onText(data);
    }

    function onClose() {
      socket = null;
      if (document.hidden) return say("hidden");
      say(live ? "lost" : "failed");
      timer = setTimeout(connect, pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    }

    document.addEventListener("visibilitychange", () => {
      if (socket) return;
      clearTimeout(timer);
      timer = 0;
      if (document.hidden) say("hidden");
      else connect();
    });
    if (document.hidden) say("hidden");
    else connect();
  };
})();
