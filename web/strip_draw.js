"use strict";

// Draws the strip on its canvas. In a thread's cell work grows from below and waiting for room hangs
// from above, so that neither is told by its colour alone. The colours come from the style sheet.
(() => {
  const triloop = (window.triloop ??= {});
  const { WINDOW_SECONDS, levelOf } = triloop.stripModel;
  const GAP = 3; // CSS pixels between two rows
  const ROWS = [
    { name: "reader", size: 1, waits: null },
    { name: "in", size: 0.8, waits: "reader" }, // who waits for room in it
    { name: "processor", size: 1, waits: null },
    { name: "out", size: 0.8, waits: "processor" },
    { name: "writer", size: 1, waits: null },
  ];
  const COLOURS = ["reader", "processor", "writer", "ink", "quiet", "rule", "alarm", "sheet"];
  const WAITING = 0.24; // how much of a thread's colour is left where it waits for input,
  const SENDING = 0.6; // where it hands bytes to the socket,
  const WORKING = 1; // and where it works
  const LEAST_SHARE = 0.0002; // 20 µs of a tenth are seen, however small they would be
  const LEAST_HEIGHT = 2;

  /** Hidden elements of which the style sheet sets the colour: system colours too come out as such. */
  function makePalette() {
    const box = triloop.make("span", "strip-palette");
    box.hidden = true;
    for (const name of COLOURS) {
      const probe = document.createElement("i");
      probe.dataset.colour = name;
      box.append(probe);
    }
    const read = () => Object.fromEntries(
      [...box.children].map((probe) => [probe.dataset.colour, getComputedStyle(probe).color]));
    return { box, read };
  }

  const patterns = new Map(); // of the canvas's only context

  function stripes(...how) {
    const key = how.slice(1).join();
    if (!patterns.has(key)) {
      if (patterns.size > 8) patterns.clear(); // another theme, another screen
      patterns.set(key, makeStripes(...how));
    }
    return patterns.get(key);
  }

  // Stripes of two colours: what they fill is told from a plain area without its colour.
  function makeStripes(context, colour, between, scale) {
    const tile = document.createElement("canvas");
    const size = Math.max(4, Math.round(5 * scale));
    tile.width = tile.height = size;
    const pen = tile.getContext("2d");
    if (between) {
      pen.fillStyle = between;
      pen.fillRect(0, 0, size, size);
    }
    pen.strokeStyle = colour;
    pen.lineWidth = size / 2.8;
    pen.beginPath();
    for (const shift of [-size, 0, size]) {
      pen.moveTo(shift, size);
      pen.lineTo(shift + size, 0);
    }
    pen.stroke();
    return context.createPattern(tile, "repeat");
  }

  function layOut(height, scale) {
    const all = ROWS.reduce((sum, row) => sum + row.size, 0);
    const free = height - GAP * scale * (ROWS.length - 1);
    let top = 0;
    return ROWS.map((row) => {
      const high = (free * row.size) / all;
      const place = { ...row, top: Math.round(top), height: Math.max(1, Math.round(high)) };
      top += high + GAP * scale;
      return place;
    });
  }

  function drawThread(pen, row, cells, at) {
    const { context, colours, scale } = pen;
    const least = LEAST_HEIGHT * scale;
    const high = (share) => (share > LEAST_SHARE ? Math.max(least, share * row.height) : 0);
    for (const cell of cells) {
      const shares = cell[row.name];
      const [left, right] = [at(cell.from), at(cell.to)];
      const fill = (style, alpha, top, height) => {
        context.fillStyle = style;
        context.globalAlpha = alpha;
        context.fillRect(left, top, Math.max(1, right - left), height);
      };
      const there = 1 - shares.idle - (shares.unknown ?? 0);
      const bottom = row.top + row.height;
      if (there > LEAST_SHARE) fill(colours[row.name], WAITING, bottom - there * row.height, there * row.height);
      const work = high(shares.working ?? 0);
      const send = high(shares.writing_socket ?? 0);
      const room = high(shares.waiting_for_room ?? 0);
      if (work) fill(colours[row.name], WORKING, bottom - work, work);
      if (send) fill(colours[row.name], SENDING, Math.max(row.top, bottom - work - send), send);
      if (room) fill(pen.noRoom, 1, row.top, room);
    }
    context.globalAlpha = 1;
  }

  function drawQueue(pen, row, samples, at) {
    const { context, colours, scale } = pen;
    const bottom = row.top + row.height;
    const levels = samples.map(({ connection }) => levelOf(connection.queues[row.name]));
    const high = (level) => (level > 0 ? Math.max(LEAST_HEIGHT * scale, level * row.height) : 0);
    context.fillStyle = colours.rule;
    context.fillRect(0, row.top, pen.width, scale); // the bound
    for (let i = 1; i < samples.length; i += 1) {
      const { cell } = samples[i];
      if (!cell || (levels[i - 1] === 0 && levels[i] === 0)) continue;
      const isFull = levels[i] > 0.999 || (cell[row.waits].waiting_for_room ?? 0) > 0.5;
      const [left, right] = [at(cell.from), Math.max(at(cell.from) + 1, at(cell.to))];
      context.fillStyle = isFull ? colours.alarm : colours.ink;
      context.globalAlpha = 0.75;
      context.beginPath();
      context.moveTo(left, bottom);
      context.lineTo(left, bottom - high(levels[i - 1]));
      context.lineTo(right, bottom - high(levels[i]));
      context.lineTo(right, bottom);
      context.fill();
    }
    context.globalAlpha = 1;
    context.fillStyle = colours.rule;
    context.fillRect(0, bottom - scale, pen.width, scale);
  }

  function drawGaps(pen, samples, at) {
    for (let i = 1; i < samples.length; i += 1) {
      if (samples[i].cell) continue;
      const left = at(samples[i - 1].time);
      pen.context.fillStyle = pen.unknown;
      pen.context.fillRect(left, 0, at(samples[i].time) - left, pen.height);
    }
  }

  function drawLine(pen, x, colour, width, dash = []) {
    const { context, scale } = pen;
    context.strokeStyle = colour;
    context.lineWidth = width * scale;
    context.setLineDash(dash.map((length) => length * scale));
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, pen.height);
    context.stroke();
    context.setLineDash([]);
  }

  /** Sizes the canvas to its box. Null if it has none: nobody can see it. */
  function prepare(canvas, palette) {
    const scale = window.devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((size) => Math.round(size * scale));
    if (width === 0 || height === 0) return null;
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext("2d");
    const colours = palette.read();
    context.clearRect(0, 0, width, height);
    const noRoom = stripes(context, colours.alarm, colours.sheet, scale);
    const unknown = stripes(context, colours.rule, null, scale);
    return { context, colours, scale, width, height, noRoom, unknown };
  }

  /** One picture: `samples` up to their last, the latches' `firings`, a cursor or null. */
  function draw(canvas, palette, { samples, firings, cursor }) {
    const pen = prepare(canvas, palette);
    if (!pen || samples.length === 0) return;
    const end = samples.at(-1).time;
    const at = (time) => Math.round(pen.width * (1 - (end - time) / WINDOW_SECONDS));
    for (const seconds of [5, 10, 15]) drawLine(pen, at(end - seconds), pen.colours.rule, 1);
    drawGaps(pen, samples, at);
    const cells = samples.slice(1).map(({ cell }) => cell).filter(Boolean);
    for (const row of layOut(pen.height, pen.scale)) {
      if (row.waits) drawQueue(pen, row, samples, at);
      else drawThread(pen, row, cells, at);
    }
    for (const { name, time } of firings) {
      drawLine(pen, at(time), pen.colours.alarm, 2, name === "closing" ? [3, 3] : []);
    }
    if (cursor !== null) drawLine(pen, at(cursor), pen.colours.ink, 2.5);
  }

  triloop.stripDraw = { ROWS, draw, makePalette };
})();
