"use strict";

// What the server says about itself (/about.json), and the names by which this page knows its own
// connections again. From disk, or from a server without it, nothing is assumed.
(() => {
  const triloop = (window.triloop ??= {});
  const listeners = [];
  const served = location.protocol.startsWith("http");

  triloop.about = null;

  /** Calls back at once if it is known, and whenever it is learnt anew. */
  triloop.onAbout = (listener) => {
    listeners.push(listener);
    if (triloop.about) listener(triloop.about);
  };

  triloop.learnAbout = async () => {
    if (!served) return null;
    try {
      const response = await fetch("about.json", { cache: "no-store" });
      if (response.ok) triloop.about = await response.json();
    } catch {
      return null; // the server is gone: what it said last stays
    }
    if (triloop.about) for (const listener of listeners) listener(triloop.about);
    return triloop.about;
  };

  /** A name that nobody guesses: the snapshot gives it back, so a stranger's is never taken for it. */
  triloop.newTab = (purpose) => {
    const bytes = crypto.getRandomValues(new Uint8Array(12));
    return `${purpose}-${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
  };

  triloop.withTab = (url, tab) => {
    const address = new URL(url);
    if (address.host !== location.host) return url; // another server may not take a parameter more
    address.searchParams.append("tab", tab);
    return address.href;
  };

  triloop.webSocketBase = () => `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}`;
  triloop.served = served;
  triloop.learnt = triloop.learnAbout();
})();
