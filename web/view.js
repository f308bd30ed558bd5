"use strict";

// The live view: which connection is chosen, and what is shown of it and of the others. One frame
// of work for each snapshot at the most, none while the page is hidden or paused.
(() => {
  const triloop = (window.triloop ??= {});
  const { make, setText, setData, latchWord, grouped, THREADS } = triloop;
  const RATE_SECONDS = 1.05; // rates are differences over the last second
  const EXPECT_MS = 5000;
  const NO_RATES = { received: { messages: 0, bytes: 0 }, sent: { messages: 0, bytes: 0 } };

  const element = (id) => document.getElementById(id);
  const statusText = element("view-status");
  const pauseButton = element("view-pause");
  const count = element("view-count");
  const detail = element("view-detail");
  const facts = element("view-facts");
  const leaving = element("view-leaving");
  const order = element("view-order");
  const why = element("view-why");
  const gone = element("view-gone");
  const picture = triloop.makePicture();
  const rows = triloop.makeRows(element("view-list"), choose);

  let pending = null; // the newest text that has not been shown
  let paused = false;
  let snapshot = null; // what is shown
  let history = []; // what was shown in the last second, oldest first
  let chosen = null; // the connection that is shown in full, as it was last seen
  let byHand = false; // a person has chosen it
  let expected = null; // a connection that this page has just opened
  let own = null; // one of the page's own of which it knows what the browser still holds

  const withoutQuery = (path) => String(path).split("?")[0];

  // ---- rates ----

  function difference(now, before, seconds) {
    return {
      messages: (now.messages - before.messages) / seconds,
      bytes: (now.bytes - before.bytes) / seconds,
    };
  }

  function ratesOf(connection) {
    for (const { time, byId } of history) {
      const before = byId.get(connection.id);
      const seconds = snapshot.time - time;
      if (!before || seconds <= 0) continue;
      return {
        received: difference(connection.received, before.received, seconds),
        sent: difference(connection.sent, before.sent, seconds),
      };
    }
    return NO_RATES;
  }

  function remember({ time, connections }) {
    history.push({ time, byId: new Map(connections.map((one) => [one.id, one])) });
  }

  // ---- which connection is chosen ----

  function newest(connections, wanted) {
    for (let i = connections.length - 1; i >= 0; i -= 1) if (wanted(connections[i])) return connections[i];
    return null;
  }

  /** The page opens a connection to `path`: the next new one there is taken for it, and chosen. */
  triloop.expectConnection = (path, buffered = null) => {
    const last = snapshot?.connections.at(-1);
    const until = performance.now() + EXPECT_MS; // it may never come
    expected = { path: withoutQuery(path), after: last ? last.id : -1, until, buffered };
  };

  function chooseByItself({ connections }) {
    if (expected && performance.now() > expected.until) expected = null;
    if (expected) {
      const { path, after, buffered } = expected;
      const found = newest(connections, (one) => one.id > after && withoutQuery(one.path) === path);
      if (found) {
        chosen = found;
        byHand = true;
        own = buffered ? { id: found.id, buffered } : own;
        expected = null;
      }
    }
    const inspects = (one) => withoutQuery(one.path) === "/inspect";
    if (byHand || (chosen && !inspects(chosen))) return;
    const isOpen = (one) => one.state !== "ended" && !inspects(one);
    chosen = newest(connections, isOpen) ?? chosen ?? newest(connections, () => true);
  }

  function choose(id) {
    chosen = snapshot.connections.find((one) => one.id === id) ?? chosen;
    byHand = true;
    expected = null;
    showDetail();
  }

  // ---- the one that is chosen ----

  function showLeaving({ threads, latch, state }) {
    const left = THREADS.filter((name) => threads[name].left)
      .sort((a, b) => threads[a].left - threads[b].left);
    const names = left.join(" ");
    if (leaving.hidden !== (left.length === 0)) leaving.hidden = left.length === 0;
    if (order.dataset.order !== names) {
      order.dataset.order = names;
      order.replaceChildren(...left.map((name) => make("li", name, name)));
    }
    const reason = latch.closing ?? latch.closed;
    setText(why, `${state === "ended" ? "Why" : "Why so far"}: the latch was ${latchWord(reason)}.`);
  }

  function showDetail() {
    if (!chosen) return;
    if (detail.hidden) detail.hidden = false;
    setData(detail, "connection", String(chosen.id));
    setData(detail, "state", chosen.state);
    setText(element("view-title-one"), `Connection ${chosen.id}`);
    setText(facts.children[0], chosen.peer);
    setText(facts.children[1], chosen.path);
    setText(facts.children[2], chosen.state);
    setText(facts.children[3], `${chosen.age.toFixed(1)} s old`);
    const here = snapshot.connections.includes(chosen);
    if (gone.hidden !== here) gone.hidden = here;
    const rates = here ? ratesOf(chosen) : NO_RATES;
    picture.show(chosen, { rates, buffered: own?.id === chosen.id ? own.buffered() : null });
    showLeaving(chosen);
    rows.choose(chosen.id);
  }

  // ---- snapshots ----

  function apply() {
    const text = pending;
    pending = null;
    if (paused || text === null) return;
    const next = JSON.parse(text);
    if (snapshot && next.time < snapshot.time) forget(); // another server
    snapshot = next;
    while (history.length > 1 && history[0].time < next.time - RATE_SECONDS) history.shift();
    if (chosen) chosen = next.connections.find((one) => one.id === chosen.id) ?? chosen;
    chooseByItself(next);
    rows.show(next.connections, ratesOf);
    showDetail();
    showCount(next);
    remember(next);
    element("view").dataset.applied = String(next.time); // which snapshot is shown
  }

  function showCount({ connections, accepted }) {
    const ended = connections.filter((one) => one.state === "ended").length;
    setText(count, `${grouped(connections.length - ended)} here, ${ended} of those that have ended, `
      + `${grouped(accepted)} accepted so far`);
  }

  function forget() {
    rows.clear();
    history = [];
    chosen = own = null;
    byHand = false;
    if (expected) expected.after = -1;
  }

  function onText(text) {
    if (paused || document.hidden) return;
    if (pending === null) requestAnimationFrame(apply);
    pending = text;
  }

  function onState(name, words) {
    setData(statusText, "state", name);
    setText(statusText, words);
    setData(element("view"), "stale", String(name !== "live"));
  }

  pauseButton.addEventListener("click", () => {
    paused = !paused;
    pauseButton.setAttribute("aria-pressed", String(paused));
    setData(element("view"), "paused", String(paused));
  });

  // The echo of this page, above: its state tells when it opens a connection.
  new MutationObserver(() => {
    if (element("state").dataset.state !== "connecting") return;
    try {
      const { host, pathname } = new URL(element("address").value);
      if (host === location.host) triloop.expectConnection(pathname);
    } catch {
      // no address, no connection
    }
  }).observe(element("state"), { attributes: true, attributeFilter: ["data-state"] });

  element("view-picture").append(picture.root);
  if (location.protocol.startsWith("http")) {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    triloop.openInspect(`${scheme}://${location.host}/inspect`, onText, onState);
  } else {
    onState("disk", "Opened from disk: the live view needs the page as its server hands it out.");
  }
})();
