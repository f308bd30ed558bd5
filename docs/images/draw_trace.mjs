#!/usr/bin/env node
// Draws a part of a trace as SVG, in the colours of web/page.css.
//
//     docs/images/draw_trace.mjs TRACE.json CONNECTION [FROM_MS TO_MS] >picture.svg
//
// Without times it draws the whole life of the connection.

import { readFileSync } from "node:fs";
import { readTrace } from "../../tests/e2e/trace_file.mjs";

const WIDTH = 1100, GUTTER = 96, MARGIN = 18, ROW = 24, GAP = 30, CHART = 46, TOP = 44;
const ROLES = { read: "reader", proc: "processor", write: "writer" };

const [file, connection, fromMs, toMs] = process.argv.slice(2);
const trace = readTrace(file);
const tracks = Object.keys(ROLES).map((role) => `${role}-${connection}`);
const lives = tracks.flatMap((name) => trace.on(name));
const from = fromMs === undefined ? Math.min(...lives.map((slice) => slice.from)) : fromMs * 1e6;
const to = toMs === undefined ? Math.max(...lives.map((slice) => slice.to)) : toMs * 1e6;

const x = (at) => GUTTER + (at - from) / (to - from) * (WIDTH - GUTTER - MARGIN);
const inside = (at) => at >= from && at <= to;
const escape = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
const f = (number) => number.toFixed(1).replace(/\.0$/, "");
const out = [];
const put = (...parts) => out.push(parts.join(""));

// As many whole words as there is room for, unless the last says nothing by itself.
function fitting(name, room) {
  const words = name.split(" ");
  while (words.length > 0 && (words.join(" ").length > room || /^(for|the|a|into|out|of|user's)$/.test(words.at(-1)))) {
    words.pop();
  }
  const last = name.slice(name.lastIndexOf(" ") + 1);
  return words.join(" ") || (last.length <= room ? last : "");
}

const isWait = (name) => /^(waiting|receiving|read\(\)|out of)/.test(name);

// -- Where each slice is: tracks below each other, slices below those that they lie in

const placed = [];
let y = TOP;
const bands = [];
for (const name of tracks) {
  const open = [];
  let depth = 1;
  for (const slice of trace.on(name)) {
    while (open.length > 0 && open.at(-1).to <= slice.from) open.pop();
    open.push(slice);
    if (slice.to < from || slice.from > to) continue;
    depth = Math.max(depth, open.length);
    placed.push({ ...slice, track: name, row: y + (open.length - 1) * ROW });
  }
  bands.push({ name, y, height: depth * ROW });
  y += depth * ROW + GAP;
}

// -- The time

function axis() {
  const unit = [1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 2e5, 5e5, 1e6, 2e6, 5e6, 1e7, 2e7, 5e7, 1e8, 2e8, 5e8, 1e9]
    .find((step) => (to - from) / step <= 11) ?? 2e9;
  const label = (ns) => unit >= 1e6 ? `${f(ns / 1e6)} ms` : `${f(ns / 1e3)} µs`;
  for (let at = 0; at <= to - from; at += unit) {
    const at_x = f(x(from + at));
    put(`<line class="grid" x1="${at_x}" x2="${at_x}" y1="${TOP - 14}" y2="%BOTTOM%"/>`);
    put(`<text class="quiet" x="${at_x}" y="${TOP - 22}" text-anchor="middle">${label(at)}</text>`);
  }
}

function drawTracks() {
  for (const { name, y: top } of bands) {
    const role = ROLES[name.split("-")[0]];
    put(`<text class="${role} name" x="${GUTTER - 12}" y="${top + 16}" text-anchor="end">${name}</text>`);
  }
  placed.forEach((slice, i) => {
    const role = ROLES[slice.track.split("-")[0]];
    const left = Math.max(x(slice.from), GUTTER), right = Math.min(x(slice.to), WIDTH - MARGIN);
    const width = Math.max(right - left, 1.2);
    put(`<rect class="${role} ${isWait(slice.name) ? "wait" : width < 3 ? "thin" : "work"}" x="${f(left)}" y="${slice.row}"`,
      ` width="${f(width)}" height="${ROW - 3}" rx="2"><title>${escape(slice.name)}, `,
      `${((slice.to - slice.from) / 1e3).toFixed(1)} µs</title></rect>`);
    const text = fitting(slice.name, Math.floor((width - 8) / 6.5));
    if (text) {
      put(`<text class="${isWait(slice.name) ? role : "on"}" x="${f(left + 5)}" y="${slice.row + 15}">`,
        `${escape(text)}</text>`);
    }
  });
}

function drawArrows() {
  // At the edge of the innermost slice in which it begins or ends.
  const place = (track, at) => placed
    .filter((slice) => slice.track === track && slice.from <= at && at <= slice.to)
    .reduce((a, b) => (b.row > a.row ? b : a), { row: bands.find((band) => band.name === track).y });
  for (const { from: source, to: target, departs, arrives } of trace.arrows) {
    if (!tracks.includes(source) || !tracks.includes(target)) continue;
    if (!inside(departs.ts) || !inside(arrives.ts)) continue;
    const x1 = x(departs.ts), y1 = place(source, departs.ts).row + ROW - 3;
    const x2 = x(arrives.ts), y2 = place(target, arrives.ts).row - 1;
    const bend = Math.max(14, (y2 - y1) * 0.45);
    put(`<path class="arrow" marker-end="url(#tip)" d="M${f(x1)} ${f(y1)}C${f(x1)} ${f(y1 + bend)} `,
      `${f(x2)} ${f(y2 - bend)} ${f(x2)} ${f(y2)}"/>`);
  }
}

// -- The queues

function drawFill(queue, role) {
  const all = trace.counters.filter(({ name }) => name === `${queue}-${connection} messages`)
    .map(({ ts, args }) => ({ ts, value: args.messages })).sort((a, b) => a.ts - b.ts);
  const before = all.filter(({ ts }) => ts < from).at(-1)?.value ?? 0;
  const shown = all.filter(({ ts }) => inside(ts));
  const most = Math.max(before, 1, ...shown.map(({ value }) => value));
  const level = (value) => f(y + CHART - (value / most) * (CHART - 6));
  let path = `M${GUTTER} ${f(y + CHART)}V${level(before)}`;
  for (const { ts, value } of shown) path += `H${f(x(ts))}V${level(value)}`;
  path += `H${WIDTH - MARGIN}V${f(y + CHART)}Z`;
  put(`<path class="${role} fill" d="${path}"/>`);
  put(`<line class="base" x1="${GUTTER}" x2="${WIDTH - MARGIN}" y1="${y + CHART}" y2="${y + CHART}"/>`);
  put(`<text class="name" x="${GUTTER - 12}" y="${y + 20}" text-anchor="end">${queue}</text>`);
  put(`<text class="quiet" x="${GUTTER - 12}" y="${y + 37}" text-anchor="end">up to ${most}</text>`);
  y += CHART + 16;
}

function drawLatches() {
  const own = trace.instants.filter(({ ts, args }) => inside(ts) && args.connection === Number(connection))
    .sort((a, b) => a.ts - b.ts);
  own.forEach(({ ts, name, args }, i) => {
    const at = x(ts), flip = at > WIDTH * 0.6;
    const band = bands[bands.length - 1];
    const text_y = band.y + band.height + 18 + i * 17;
    put(`<line class="latch" x1="${f(at)}" x2="${f(at)}" y1="${TOP - 14}" y2="%BOTTOM%"/>`);
    put(`<text class="alarm" x="${f(at + (flip ? -6 : 6))}" y="${text_y}" text-anchor="${flip ? "end" : "start"}">`,
      escape(`${name}: ${args.by}, ${args.code}`), `</text>`);
  });
  y += own.length * 17;
}

axis();
drawTracks();
drawArrows();
drawLatches();
drawFill("in-queue", "reader");
drawFill("out-queue", "writer");
const bottom = y - 10, height = y;

// The colours, light and dark, as the page has them.
const css = readFileSync(new URL("../../web/page.css", import.meta.url), "utf8");
const NAMES = ["sheet", "ink", "quiet", "rule", "edge", "on-ink", "reader", "processor", "writer", "alarm"];
const palette = (text) => NAMES.map((name) => `--${name}:${new RegExp(`--${name}: (#\\w+)`).exec(text)[1]}`).join(";");
const [light, dark] = css.split("prefers-color-scheme: dark");
process.stdout.write(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img">
<style>
svg{${palette(light)};background:var(--sheet);font:12px system-ui,"DejaVu Sans",sans-serif}
@media(prefers-color-scheme:dark){svg{${palette(dark)}}}
text{fill:var(--ink)}
.quiet{fill:var(--quiet)}
.name{font-weight:650}
text.on{fill:var(--on-ink)}
text.alarm{fill:var(--alarm);font-weight:650;paint-order:stroke;stroke:var(--sheet)!important;stroke-width:4}
.reader{fill:var(--reader);stroke:var(--reader)}
.processor{fill:var(--processor);stroke:var(--processor)}
.writer{fill:var(--writer);stroke:var(--writer)}
text{stroke:none!important}
rect{stroke-width:1}
rect.work{stroke:var(--sheet)}
rect.wait{fill-opacity:.1;stroke-opacity:.5}
.fill{fill-opacity:.25;stroke-width:1.2}
.grid{stroke:var(--rule)}
.base{stroke:var(--edge)}
.latch{stroke:var(--alarm);stroke-dasharray:4 3}
.arrow{fill:none;stroke:var(--ink);stroke-width:1.3}
.tip{fill:var(--ink)}
</style>
<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0L8 4L0 8z"/></marker></defs>
${out.join("\n").replaceAll("%BOTTOM%", String(bottom))}
</svg>
`);
