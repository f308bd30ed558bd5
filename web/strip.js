"use strict";

// The last 20 s of the chosen connection. Scrubbing it is rewind: onScrub gets the connection as it
// was then, or null when the live view goes on. One frame for each snapshot at the most, and none
// while nobody sees it.
(() => {
  const triloop = (window.triloop ??= {});
  const { make, setText, doingWord, latchWord, THREADS } = triloop;
  const { WINDOW_SECONDS, firingsIn, levelOf, makeRings } = triloop.stripModel;
  const { ROWS, draw, makePalette } = triloop.stripDraw;
  const root = document.getElementById("strip");
  const STEP_SAMPLES = 1; // an arrow key,
  const PAGE_SAMPLES = 10; // and Page Up and Down
  const LEAST_SHARE = 0.05; // what took less of a tenth is not read out
  const NEAR = 0.3; // latches that are nearer than this share of the strip have one label
  const LABELS = { in: "in-queue", out: "out-queue" };
  const KEY = [
    ["waiting", "waits for input"], ["working", "works"], ["writing", "writes to the socket"],
    ["room", "waits for room"], ["unknown", "no snapshot"],
  ];

  const rings = makeRings();
  const palette = makePalette();
  let chosen = null; // id of the connection that is shown
  let held = null; // while rewound: the samples as they were when that began,
  let index = -1; // and which of them is shown
  let planned = false;

  // ---- the elements ----

  const title = make("h3", "", "The last 20 s");
  title.id = "strip-title";
  const key = make("p", "strip-key note");
  for (const [name, words] of KEY) {
    const swatch = make("span", "swatch");
    swatch.dataset.swatch = name;
    swatch.setAttribute("aria-hidden", "true");
    const item = make("span", "item");
    item.append(swatch, ` ${words}`);
    key.append(item, " ");
  }
  key.append(make("span", "item", "queues: level against bound"));
  const when = make("p", "strip-when");
  const liveButton = make("button", "strip-live", "Back to live");
  liveButton.type = "button";
  liveButton.hidden = true;
  const tools = make("div", "strip-tools");
  tools.append(when, liveButton);
  const head = make("div", "strip-head");
  head.append(title, key, tools);

  const canvas = document.createElement("canvas");
  const slider = make("div", "strip-slider");
  const nothing = make("p", "strip-nothing note", "No connection is chosen: nothing to show yet.");
  slider.append(canvas, nothing);
  const axis = make("p", "strip-axis");
  axis.setAttribute("aria-hidden", "true");
  axis.append(...["20 s", "15 s", "10 s", "5 s", "now"].map((word) => make("span", "", word)));
  const latches = make("p", "strip-latches");
  const labels = make("div", "strip-labels");
  labels.setAttribute("aria-hidden", "true"); // the slider says what the rows are
  for (const { name } of ROWS) {
    const label = make("span", "", LABELS[name] ?? name);
    label.dataset.row = name;
    labels.append(label);
  }
  const body = make("div", "strip-body");
  body.append(labels, slider, make("span", "strip-latch-label", "latch"), latches, make("span"), axis);
  root.setAttribute("aria-labelledby", title.id);
  root.append(head, body, palette.box);

  slider.tabIndex = 0;
  for (const [name, value] of [["role", "slider"], ["aria-label", "Time: rewind the last 20 seconds"],
    ["aria-valuemin", String(-WINDOW_SECONDS)], ["aria-valuemax", "0"]]) slider.setAttribute(name, value);

  // ---- words ----

  function threadWords(name, { connection, cell }) {
    const thread = connection.threads[name];
    if (!cell) return `${name} ${doingWord(name, thread.doing)}`;
    const words = Object.entries(cell[name])
      .filter(([, share]) => share >= LEAST_SHARE)
      .sort((a, b) => b[1] - a[1])
      .map(([state, share]) => {
        const word = state === "idle" ? (thread.left ? "ended" : "not started") : doingWord(name, state);
        return `${word} ${Math.round(100 * share)} %`;
      });
    return `${name} ${words.join(" and ")}`;
  }

  const agoOf = (sample) => (rings.samples(chosen).at(-1) ?? sample).time - sample.time;
  const agoWords = (sample) => `${agoOf(sample).toFixed(1)} s ago`;

  function valueWords(sample) {
    const queues = ["in", "out"].map((name) =>
      `${LABELS[name]} ${Math.round(100 * levelOf(sample.connection.queues[name]))} % full`);
    const { closing, closed } = sample.connection.latch;
    const latch = closed ? "closed" : closing ? "closing" : "open";
    return [agoWords(sample), ...THREADS.map((name) => threadWords(name, sample)), ...queues, `latch ${latch}`].join("; ");
  }

  // ---- drawing ----

  const shown = () => held ?? rings.samples(chosen);

  function place(label, time, end) {
    const share = 1 - (end - time) / WINDOW_SECONDS;
    label.dataset.side = share > 0.5 ? "left" : "right";
    label.style.left = share > 0.5 ? "" : `${(100 * share).toFixed(2)}%`;
    label.style.right = share > 0.5 ? `${(100 * (1 - share)).toFixed(2)}%` : "";
  }

  function labelLatches(firings, end) {
    const lines = [];
    for (const { name, event, time } of firings) {
      const last = lines.at(-1);
      const after = last ? time - last.time : 0;
      if (last && after < NEAR * WINDOW_SECONDS) {
        if (after < 0.05) last.names += ` and ${name}`;
        else last.later += `; ${name} ${after.toFixed(1)} s later`;
      } else {
        lines.push({ time, names: name, words: latchWord(event), later: "" });
      }
    }
    while (latches.children.length > lines.length) latches.lastChild.remove();
    lines.forEach(({ names, words, later, time }, i) => {
      const label = latches.children[i] ?? latches.appendChild(make("bdi"));
      setText(label, `${names}: ${words}${later}`);
      place(label, time, end);
    });
  }

  function paint() {
    planned = false;
    if (document.hidden) return;
    const samples = shown();
    nothing.hidden = samples.length > 0;
    const firings = firingsIn(samples).filter(({ seen }) => seen);
    labelLatches(firings, samples.at(-1)?.time ?? 0);
    draw(canvas, palette, { samples, firings, cursor: held ? samples[index].time : null });
    root.dataset.painted = String(samples.at(-1)?.time ?? "");
  }

  function plan() {
    if (planned) return;
    planned = true;
    requestAnimationFrame(paint);
  }

  // The walk has a picture, too: while it is shown the code is of its step.
  function showCode(connection) {
    if (root.getClientRects().length > 0) triloop.sheet.update(connection);
  }

  // ---- rewind ----

  // Live it says no more than that: a slider that reads out ten times a second helps nobody.
  function say() {
    const sample = held?.[index];
    setText(when, sample ? agoWords(sample) : "");
    if (liveButton.hidden !== !sample) liveButton.hidden = !sample;
    root.dataset.rewound = String(Boolean(sample));
    setText(axis.lastChild, sample ? "rewound" : "now");
  }

  function announce() {
    const sample = held?.[index];
    slider.setAttribute("aria-valuenow", sample ? (sample.time - held.at(-1).time).toFixed(1) : "0");
    slider.setAttribute("aria-valuetext", sample ? valueWords(sample) : "now: follows the live view");
    const about = sample && { time: sample.time, ago: agoOf(sample), words: agoWords(sample) };
    strip.onScrub?.(sample?.connection ?? null, about ?? null);
    if (sample) showCode(sample.connection);
    if (sample) triloop.follow.rewind(sample.connection);
  }

  function scrubTo(wanted) {
    held ??= rings.samples(chosen);
    if (held.length === 0) return live();
    index = Math.min(Math.max(wanted, 0), held.length - 1);
    say();
    announce();
    plan();
  }

  function live() {
    const was = held;
    held = null;
    index = -1;
    say();
    if (was) announce();
    plan();
  }

  function indexAt(clientX) {
    const samples = shown();
    const { left, width } = canvas.getBoundingClientRect();
    const time = (samples.at(-1)?.time ?? 0) - WINDOW_SECONDS * (1 - (clientX - left) / width);
    const found = samples.findIndex((sample) => sample.time >= time);
    return found < 0 ? samples.length - 1 : found;
  }

  function stepTo(to) {
    if (to > shown().length - 1) live();
    else scrubTo(to);
  }

  function onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    const last = shown().length - 1;
    const here = held ? index : last;
    const by = event.shiftKey ? PAGE_SAMPLES : STEP_SAMPLES;
    const to = {
      ArrowLeft: here - by, ArrowDown: here - by, ArrowRight: here + by, ArrowUp: here + by,
      PageDown: here - PAGE_SAMPLES, PageUp: here + PAGE_SAMPLES, Home: 0, End: last + 1, Escape: last + 1,
    }[event.key];
    if (to === undefined || last < 0) return;
    if (event.key === "Escape" && !held) return;
    event.preventDefault();
    event.stopPropagation();
    stepTo(to);
  }

  slider.addEventListener("keydown", onKey);
  slider.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    slider.setPointerCapture(event.pointerId);
    scrubTo(indexAt(event.clientX));
  });
  slider.addEventListener("pointermove", (event) => {
    if (slider.hasPointerCapture(event.pointerId)) scrubTo(indexAt(event.clientX));
  });
  liveButton.addEventListener("click", () => {
    live();
    slider.focus({ preventScroll: true });
  });
  new ResizeObserver(plan).observe(canvas);
  for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
    matchMedia(query).addEventListener("change", plan);
  }
  document.addEventListener("visibilitychange", plan);

  // ---- what the view calls ----

  const strip = (triloop.strip = {
    onScrub: null,

    /** At each snapshot, for the chosen connection; for others too if their past is to be kept. */
    add(time, connection) {
      if (chosen === null) chosen = connection.id;
      rings.add(time, connection);
      if (connection.id !== chosen) return;
      if (!held) showCode(connection);
      if (!held) triloop.follow.update(connection);
      if (held) say();
      else plan();
    },

    /** NOBODY: none is. */
    choose(id) {
      if (id === chosen) return;
      chosen = id;
      triloop.follow.leave();
      live();
    },

    /** Another server, or a recording: what was is of no use. */
    forget() {
      rings.clear();
      chosen = null;
      live();
    },

    NOBODY: -1,
    live,
    tools,
    /** One snapshot back (-1) or on (1), as by the arrow keys. */
    step: (by) => stepTo((held ? index : shown().length - 1) + by),
    chosen: () => chosen,
    samples: () => rings.samples(chosen),
  });
  say();
  announce();
})();
