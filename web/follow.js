"use strict";

// One's own message on its way through the picture: how long it was in each place, from the snapshot's
// `followed`, and how long it was away, as the page has measured it. A marker shows the way in slow
// motion; where motion is not wanted there are the numbers alone.
(() => {
  const triloop = (window.triloop ??= {});
  const { make, setText, sizeWord, grouped } = triloop;
  const line = document.getElementById("followed");
  const WAY_MS = 2000; // of the marker, however fast the message was
  const STUCK_SECONDS = 1; // others wait behind, and none has gone all the way for so long
  const LEAST_WEIGHT = 0.6; // so that a place of no microsecond is passed, not skipped
  const PLACES = [ // box of the picture, member of `seconds`, words
    ["in", "in_queue", "in-queue"],
    ["processor", "processing", "processor"],
    ["out", "out_queue", "out-queue"],
    ["writer", "sending", "sending"],
  ];
  const WAY = ["peer", "reader", "in", "processor", "out", "writer", "peer"];
  const BOX = { peer: ".node.peer", in: '[data-queue="in"]', out: '[data-queue="out"]' };

  const marker = make("span", "message follower");
  marker.setAttribute("aria-hidden", "true");
  marker.hidden = true;
  const wantsNoMotion = matchMedia("(prefers-reduced-motion: reduce)");
  let last = ""; // which message of which connection is told of
  let since = 0; // the connection's age when that one was first seen
  let way = null; // the marker's, while it goes

  function timeWord(seconds) {
    if (seconds < 0.001) return `${Math.round(1e6 * seconds)}\u00a0µs`;
    if (seconds < 1) return `${(1000 * seconds).toFixed(seconds < 0.01 ? 1 : 0)}\u00a0ms`;
    return `${seconds.toFixed(1)}\u00a0s`;
  }

  const picture = () => document.querySelector("#view-picture .picture");
  const boxOf = (name) => picture()?.querySelector(BOX[name] ?? `[data-thread="${name}"]`);

  // Alone, without the view, it is one's own.
  const isYours = (connection) => triloop.view?.isYours(connection) ?? true;

  /** In words, or "": how long the last message of this very connection was away. */
  const tripOf = ({ tab }) => (tab && triloop.roundTrip?.tab === tab ? triloop.roundTrip.words : "");

  // ---- numbers ----

  function tell(connection, { message, bytes, seconds }, stuckFor) {
    const whose = isYours(connection) ? "Your message" : "Message";
    const which = `${whose} ${grouped(message)} (${sizeWord(bytes)})`;
    const places = PLACES.map(([, member, words]) => `${words} ${timeWord(seconds[member] ?? 0)}`).join(", ");
    const isPast = stuckFor > 0 || connection.state === "ended"; // then it is no news at the boxes
    const trip = isPast ? "" : tripOf(connection);
    const when = stuckFor > 0 ? `Seen last to go all the way, ${Math.floor(stuckFor)} s ago: ` : "";
    setText(line, `${when}${which}: ${places}${trip ? `; there and back ${trip}` : ""}`);
    for (const [name, member] of PLACES) chip(name, isPast ? "" : timeWord(seconds[member] ?? 0));
    chip("peer", trip && `back after ${trip}`);
  }

  function chip(name, words) {
    const box = boxOf(name);
    if (!box) return;
    const found = box.querySelector(".took") ?? makeChip(box);
    setText(found, words);
  }

  function makeChip(box) {
    const made = make("span", "took");
    made.setAttribute("aria-hidden", "true"); // the line says it
    const name = box.querySelector(":scope > .head > .box-name");
    if (name) name.after(made);
    else box.append(made);
    return made;
  }

  function forget() {
    last = "";
    endWay();
    setText(line, "");
    for (const name of ["peer", ...PLACES.map(([box]) => box)]) chip(name, "");
  }

  // ---- the marker ----

  function pointOf(name, isReturn) {
    const { offsetLeft, offsetTop, offsetWidth, offsetHeight } = boxOf(name);
    const down = name === "peer" && !isReturn ? 0.5 : 1;
    const edge = marker.offsetHeight / 2 + 4; // it stays within the box
    const y = Math.min(Math.max(down * offsetHeight, edge), offsetHeight - edge);
    return `translate(${offsetLeft + offsetWidth / 2}px, ${offsetTop + y}px) translate(-50%, -50%)`;
  }

  // It rests in each place in proportion to the logarithm: 3 µs and 200 ms are both to be seen.
  function weightsOf(seconds) {
    const rest = Object.fromEntries(PLACES.map(([box, member]) => [box, Math.log10(1 + 1e6 * (seconds[member] ?? 0))]));
    return WAY.map((name) => LEAST_WEIGHT + (rest[name] ?? 0));
  }

  function startWay({ seconds }) {
    const root = picture();
    if (!root || way || wantsNoMotion.matches || root.getClientRects().length === 0) return;
    if (!WAY.every(boxOf)) return;
    if (marker.parentNode !== root) root.append(marker);
    marker.hidden = false;
    const weights = weightsOf(seconds);
    const all = weights.reduce((sum, weight) => sum + weight, 0) + WAY.length - 1; // and one for each leg
    const frames = [];
    let at = 0;
    WAY.forEach((name, i) => {
      const transform = pointOf(name, i > 0);
      frames.push({ transform, offset: at / all });
      at += weights[i];
      frames.push({ transform, offset: Math.min(1, at / all), easing: "ease-in-out" });
      at += 1;
    });
    way = marker.animate(frames, { duration: WAY_MS });
    way.onfinish = endWay;
  }

  // At once: the event of a cancel comes later.
  function endWay() {
    way?.cancel();
    way = null;
    marker.hidden = true;
  }

  // ---- what the view and the page call ----

  /** For the chosen connection. Gives whether it is another message than before. */
  function show(connection) {
    const { followed } = connection;
    if (!followed) {
      if (last) forget();
      return false;
    }
    const now = `${connection.id} ${followed.message}`;
    if (last && !last.startsWith(`${connection.id} `)) forget();
    const isNew = now !== last;
    last = now;
    if (isNew || connection.age < since) since = connection.age;
    const behind = connection.received.messages > followed.message;
    const stuckFor = behind && connection.age - since >= STUCK_SECONDS ? connection.age - since : 0;
    tell(connection, followed, stuckFor);
    return isNew && connection.state !== "ended";
  }

  /** At each snapshot. */
  function update(connection) {
    if (show(connection)) startWay(connection.followed);
  }

  /** As it was then: a message that has long come back does not go its way again. */
  function rewind(connection) {
    endWay();
    show(connection);
  }

  triloop.follow = {
    update,
    /** Another connection is chosen: what is told belongs to the one before. */
    leave: forget,
    rewind,
  };
})();
