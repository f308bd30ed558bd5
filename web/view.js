"use strict";

// The live view: which connection is chosen, and what is shown of it and of the others. One frame
// of work for each snapshot at the most, none while the page is hidden or paused.
(() => {
  const triloop = (window.triloop ??= {});
  const { setText, setData, grouped } = triloop;
  const EXPECT_MS = 5000;
  const FEW = 16; // so many keep their past, though another is shown
  const AGAIN_MS = 3000; // after a recorded session, before it begins anew

  const element = (id) => document.getElementById(id);
  const box = element("view");
  const statusText = element("view-status");
  const countdown = element("view-countdown");
  const nowButton = element("view-now");
  const pauseButton = element("view-pause");
  const showObservers = element("show-observers");
  const ribbon = element("view-ribbon");
  const detail = triloop.makeDetail();
  const rows = triloop.makeRows(element("view-list"), choose);
  const rates = triloop.makeRates();

  let pending = null; // the newest text that has not been shown
  let paused = false;
  let missed = 0; // snapshots while it is paused
  let state = { name: "", words: "" }; // of the socket
  let snapshot = null; // what is shown
  let chosen = null; // the connection that is shown in full, as it was last seen
  let byHand = false; // a person has chosen it, or this page has opened it
  let wanted = null; // an id that a link has asked for
  let expected = null; // a connection that this page has just opened
  let scrubbed = null; // an earlier state of the chosen one, shown instead
  let played = null; // ends the recorded session that is shown
  const mine = new Map(); // tab: how much the browser still holds of it, or null

  const withoutQuery = (path) => String(path).split("?")[0];
  // Connections by which pages look on, or ask the lab for something.
  const observes = (one) => withoutQuery(one.path) === "/inspect" || String(one.tab ?? "").startsWith("ask-");
  const ratesOf = (connection) => rates.of(connection, snapshot.time);

  // ---- which connection is chosen ----

  function newest(connections, isWanted) {
    for (let i = connections.length - 1; i >= 0; i -= 1) if (isWanted(connections[i])) return connections[i];
    return null;
  }

  /**
   * The page opens a connection to `path`, or has the server make one, which calls itself `tab`: it
   * is chosen when it comes. From a server that does not tell, the next new one there is taken for it.
   */
  triloop.expectConnection = (path, { tab, buffered = null }) => {
    const last = snapshot?.connections.at(-1);
    const until = performance.now() + EXPECT_MS; // it may never come
    expected = { path: withoutQuery(path), after: last ? last.id : -1, until, tab };
    mine.set(tab, buffered);
    wanted = null;
    resume();
  };

  function isExpected(one) {
    if (one.tab) return one.tab === expected.tab;
    const tells = snapshot.websockets !== undefined;
    return !tells && one.id > expected.after && withoutQuery(one.path) === expected.path;
  }

  function chooseExpected({ connections }) {
    if (expected && performance.now() > expected.until) expected = null;
    const found = expected && newest(connections, isExpected);
    if (!found) return;
    chosen = found;
    byHand = true;
    if (!found.tab) mine.set(found.id, mine.get(expected.tab));
    expected = null;
  }

  function chooseWanted({ connections }) {
    const found = wanted !== null && connections.find(({ id }) => id === wanted);
    if (!found) return;
    chosen = found;
    byHand = true;
    wanted = null;
  }

  function chooseByItself({ connections }) {
    if (byHand || (chosen && !observes(chosen))) return;
    const isOpen = (one) => one.state !== "ended" && !observes(one);
    const isShown = (one) => !observes(one) || showObservers.checked;
    chosen = newest(connections, isOpen) ?? chosen ?? newest(connections, isShown);
  }

  function choose(id) {
    chosen = snapshot.connections.find((one) => one.id === id) ?? chosen;
    byHand = true;
    expected = wanted = scrubbed = null;
    showDetail();
  }

  // ---- what is shown ----

  const keyOf = (one) => (mine.has(one.tab) ? one.tab : one.id);

  function ownWord(connection) {
    if (!mine.has(keyOf(connection))) return "";
    return String(connection.tab).startsWith("peer-") ? "the lab's peer" : "yours";
  }

  function showDetail() {
    if (!snapshot) return;
    if (!chosen) return detail.showNobody("No connection yet: press Open, or cause something");
    triloop.strip.choose(chosen.id);
    rows.choose(chosen.id);
    const own = ownWord(chosen);
    if (scrubbed) {
      return detail.show(scrubbed, { own, past: Math.max(0, chosen.age - scrubbed.age) });
    }
    const here = snapshot.connections.includes(chosen);
    detail.show(chosen, {
      here, own,
      rates: here ? ratesOf(chosen) : rates.NO_RATES,
      shares: rates.shares(chosen, snapshot.time),
      buffered: mine.get(keyOf(chosen))?.() ?? null,
    });
  }

  function showList() {
    const { connections } = snapshot;
    rows.show(showObservers.checked ? connections : connections.filter((one) => !observes(one)), ratesOf);
  }

  function showCount({ connections, accepted, websockets }) {
    const counted = connections.filter((one) => websockets === undefined || one.number !== undefined);
    const others = counted.filter((one) => !observes(one));
    const ended = others.filter((one) => one.state === "ended").length;
    const looking = counted.length - others.length;
    const gone = websockets - counted.length; // so long ago that the server lists them no more
    const [here, rest] = element("view-count").children;
    setText(here, `${grouped(others.length - ended)} here, ${ended} ended`);
    const more = [[looking, "looking on"], [gone, "gone"]].filter(([count]) => count > 0)
      .map(([count, words]) => `, ${grouped(count)} ${words}`).join("");
    setText(rest, websockets === undefined ? `, ${grouped(accepted)} accepted, HTTP too`
      : `${more}: ${grouped(websockets)} WebSocket${websockets === 1 ? "" : "s"}`);
  }

  function apply(next) {
    if (snapshot && next.time < snapshot.time) forget(); // another server
    snapshot = next;
    rates.begin(next.time);
    if (chosen) chosen = next.connections.find((one) => one.id === chosen.id) ?? chosen;
    chooseExpected(next);
    chooseWanted(next);
    chooseByItself(next);
    triloop.strip.choose(chosen ? chosen.id : triloop.strip.NOBODY);
    const others = next.connections.length <= FEW ? next.connections : [];
    for (const one of others) if (one !== chosen) triloop.strip.add(next.time, one);
    if (chosen) triloop.strip.add(next.time, chosen);
    showList();
    showDetail();
    showCount(next);
    rates.remember(next);
    box.dataset.applied = String(next.time); // which snapshot is shown
  }

  function forget() {
    rows.clear();
    rates.clear();
    triloop.strip.forget();
    chosen = scrubbed = snapshot = null;
    byHand = false;
    if (expected) expected.after = -1;
  }

  // ---- snapshots ----

  function onFrame() {
    const text = pending;
    pending = null;
    if (!paused && !played && text !== null) apply(JSON.parse(text));
  }

  function onText(text) {
    if (document.hidden || played) return;
    if (paused) {
      missed += 1;
      return showStatus();
    }
    if (pending === null) requestAnimationFrame(onFrame);
    pending = text;
  }

  function showStatus() {
    const live = state.name === "live";
    const atTime = `Paused at ${snapshot?.time.toFixed(1) ?? 0} s; ${grouped(missed)} snapshots skipped.`;
    setData(statusText, "state", paused && live ? "paused" : state.name);
    setText(statusText, paused && live ? "Paused" : state.words);
    const waits = typeof state.wait === "number";
    const inTime = waits ? `Next try in ${Math.ceil(state.wait / 1000)} s.` : "";
    setText(countdown, paused && live ? atTime : inTime);
    const canAsk = waits || state.name === "refused" || state.name === "off";
    if (nowButton.hidden === canAsk) {
      if (!canAsk && document.activeElement === nowButton) pauseButton.focus();
      nowButton.hidden = !canAsk;
    }
    setData(box, "stale", String(!live && !played));
  }

  function onState(name, words, wait = null) {
    state = { name, words, wait };
    if (name === "live") play(null);
    else if (!snapshot && !played) playWhatIsThere();
    showStatus();
  }

  // ---- pause, rewind, a recorded session ----

  function setPaused(on) {
    paused = on;
    missed = 0;
    pauseButton.setAttribute("aria-pressed", String(paused));
    setText(pauseButton, paused ? "Resume" : "Pause");
    setData(box, "paused", String(paused));
    showStatus();
  }

  function resume() {
    scrubbed = null;
    triloop.strip.live();
    if (paused) setPaused(false);
  }

  function onScrub(connection) {
    scrubbed = connection;
    showDetail();
  }

  /** Shows recorded snapshots as if they were live; null: no longer. */
  function play(snapshots, words = "Recorded. Your own server: ./run.sh") {
    if (!played && !snapshots) return;
    played?.();
    forget();
    played = snapshots && playInTime(snapshots, (next, n) => {
      if (n === 0) forget(); // from the start again
      apply(next);
    });
    ribbon.hidden = !played;
    setText(ribbon, words);
    setData(box, "played", String(Boolean(played)));
    showStatus();
  }

  /** One after the other, as far apart as they were recorded; gives what ends it. */
  function playInTime(snapshots, show) {
    let n = 0;
    let timer = 0;
    const next = () => {
      const held = paused || document.hidden || scrubbed !== null;
      if (!held) show(snapshots[n], n);
      const wait = n + 1 < snapshots.length ? 1000 * (snapshots[n + 1].time - snapshots[n].time) : AGAIN_MS;
      if (!held) n = (n + 1) % snapshots.length;
      timer = setTimeout(next, Math.min(wait, AGAIN_MS));
    };
    next();
    return () => clearTimeout(timer);
  }

  triloop.playSession = (session) =>
    play(session?.snapshots ?? null, session ? `Recorded: ${session.recorded}. Your own server: ./run.sh` : "");

  /** Where there is nothing to show a recorded session stands, if there is one. */
  function playWhatIsThere() {
    if (triloop.session) triloop.playSession(triloop.session);
    else detail.showNobody("No connection to be seen");
  }

  triloop.view = {
    play,
    choose: (id) => {
      wanted = id;
      if (snapshot) chooseWanted(snapshot);
      showDetail();
    },
    isYours: (connection) => ownWord(connection) === "yours",
    togglePause: () => setPaused(!paused),
    /** This page's own connection as the last snapshot has it, or undefined. */
    find: (tab) => snapshot?.connections.find((one) => one.tab === tab),
  };

  pauseButton.addEventListener("click", () => setPaused(!paused));
  nowButton.addEventListener("click", () => triloop.tryInspect());
  showObservers.addEventListener("change", () => snapshot && showList());
  window.addEventListener("DOMContentLoaded", () => {
    triloop.strip.onScrub = onScrub;
    if (!triloop.served) {
      onState("disk", "From disk: a live view needs the page as its server hands it out.");
      return;
    }
    triloop.openInspect(triloop.withTab(`${triloop.webSocketBase()}/inspect`, triloop.newTab("view")), onText, onState);
  });
})();
