"use strict";

// All states of a scenario as dots: columns by the choices that lead there. Those that one has seen are
// filled; the explorer fills the rest.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const SVG = "http://www.w3.org/2000/svg";
  const WIDTH = 300, HEIGHT = 170, FILL_MS = 1200;

  function svg(tag, attributes) {
    const made = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    return made;
  }

  /** Where each node's dot is, and how large. */
  function layout(model, spurious) {
    const columns = [];
    const depth = model.depthWith(spurious);
    for (const node of model.statesWith(spurious)) (columns[depth[node]] ??= []).push(node);
    const most = Math.max(...columns.map((column) => column.length));
    const [across, down] = [WIDTH / columns.length, (HEIGHT - 6) / most];
    const radius = Math.min(across, down, 9) * 0.38;
    const place = new Map();
    columns.forEach((column, choices) => column.forEach((node, at) => {
      const y = HEIGHT / 2 + (at - (column.length - 1) / 2) * down;
      place.set(node, { x: (choices + 0.5) * across, y });
    }));
    return { place, radius };
  }

  class Dots {
    constructor(place) {
      this.place = place;
      this.drawn = null;
    }

    begin(model, spurious) {
      Object.assign(this, { model, spurious });
      this.drawn = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": "All states" });
      const { place, radius } = layout(model, spurious);
      if (place.size < 400) this.drawEdges(place);
      this.dots = new Map();
      for (const [node, { x, y }] of place) {
        const dot = svg("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: radius.toFixed(2), class: "dot" });
        this.dots.set(node, dot);
        this.drawn.append(dot);
      }
      this.place.replaceChildren(this.drawn);
    }

    drawEdges(place) {
      let way = "";
      [...place.keys()].forEach((from) => this.model.nodes[from].o.forEach(([, kind, to]) => {
        if (kind === play.SPURIOUS && !this.spurious) return;
        const [a, b] = [place.get(from), place.get(to)];
        way += `M${a.x.toFixed(1)} ${a.y.toFixed(1)}L${b.x.toFixed(1)} ${b.y.toFixed(1)}`;
      }));
      this.drawn.append(svg("path", { d: way, class: "ways" }));
    }

    /** visited: the nodes that have been seen; here: the one that one is at. */
    draw(model, spurious, visited, here, label) {
      if (this.model !== model || this.spurious !== spurious) this.begin(model, spurious);
      for (const [node, dot] of this.dots) {
        const end = model.nodes[node].e;
        dot.setAttribute("class", `dot ${visited.has(node) ? "seen" : ""} ${["", "well", "broken"][end]} `
          + (node === here ? "here" : "")
          + (end === 0 && model.distance[node] !== play.NEVER ? " can-break" : ""));
      }
      this.drawn.setAttribute("aria-label", label);
    }
  }

  /** Visits all that is left within about a second, a column after the other; done() at the end. */
  function explore(states, visited, redraw, done) {
    const left = states.filter((node) => !visited.has(node));
    const all = () => left.splice(0).forEach((node) => visited.add(node));
    if (play.reducedMotion()) {
      all();
      redraw();
      return done();
    }
    const [began, count] = [performance.now(), left.length];
    const frame = (now) => {
      const should = Math.ceil(count * Math.min(1, (now - began) / FILL_MS));
      while (left.length && count - left.length < should) visited.add(left.shift());
      redraw();
      if (left.length) requestAnimationFrame(frame);
      else done();
    };
    requestAnimationFrame(frame);
  }

  Object.assign(play, { Dots, explore });
})();
