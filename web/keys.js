"use strict";

// Places (#watch=16, #walk=7), keys, projector mode, drawers.
(() => {
  const triloop = (window.triloop ??= {});
  const element = (id) => document.getElementById(id);
  const watch = element("watch");
  const walk = element("walk");
  const help = element("help");
  const keysOn = element("keys-on");
  const projector = element("projector");
  const tabs = Object.fromEntries([...document.querySelectorAll(".tabs a")]
    .map((link) => [link.getAttribute("href"), link]));

  // ---- places ----

  const inWalk = () => /^#walk(=|$)/.test(location.hash);

  function showPlace() {
    const walks = inWalk();
    watch.hidden = walks;
    walk.hidden = !walks;
    document.body.dataset.place = walks ? "walk" : "watch";
    for (const [href, link] of Object.entries(tabs)) {
      if (href === (walks ? "index.html#walk" : "index.html")) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const id = /^#watch=(\d+)$/.exec(location.hash)?.[1];
    if (id) triloop.view.choose(Number(id));
  }

  // A page that is left loses its connections: so these two places are one page.
  function stay(link, hash) {
    link?.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (location.hash !== hash) location.hash = hash;
    });
  }

  stay(tabs["index.html"], "#watch");
  stay(tabs["index.html#walk"], "#walk");
  document.querySelector("[data-skip]").addEventListener("click", (event) => {
    event.preventDefault(); // the place stays as it is
    (inWalk() ? element("walk-next") : element("view")).focus();
  });
  window.addEventListener("hashchange", showPlace);

  // ---- projector mode, help, drawers ----

  function setProjector(on) {
    document.body.classList.toggle("projector", on);
    projector.setAttribute("aria-pressed", String(on));
  }

  const toggleProjector = () => setProjector(!document.body.classList.contains("projector"));

  const ring = document.createElement("div");
  ring.className = "cursor-ring";
  document.body.append(ring);
  document.addEventListener("pointermove", ({ clientX, clientY }) => {
    ring.style.transform = `translate(${clientX}px, ${clientY}px)`;
  });

  for (const drawer of document.querySelectorAll(".drawer")) {
    drawer.addEventListener("click", () => {
      const open = drawer.getAttribute("aria-expanded") !== "true";
      drawer.setAttribute("aria-expanded", String(open));
      drawer.closest(".record").dataset.open = String(open);
    });
  }

  projector.addEventListener("click", toggleProjector);
  element("help-open").addEventListener("click", () => help.showModal());
  setProjector(new URLSearchParams(location.search).has("projector"));

  // ---- keys ----

  const isTyped = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");
  const isPressed = (target) => target.closest?.("button, a, summary, input, [role=option], [role=slider]");

  // In the walk the arrow keys are the walk's own.
  function step(by) {
    if (!inWalk()) triloop.strip.step(by);
  }

  const keys = {
    " ": () => (inWalk() ? element("walk-play").click() : triloop.view.togglePause()),
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    p: toggleProjector,
    "?": () => help.showModal(),
  };

  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || help.open) return;
    if (!keysOn.checked || isTyped(target)) return;
    const digit = /^[1-9]$/.test(key) && !inWalk();
    const act = digit ? () => triloop.runScenario(Number(key)) : keys[key];
    if (!act || (key === " " && isPressed(target)) || (key.startsWith("Arrow") && target.closest?.("[role]"))) return;
    event.preventDefault();
    act();
  });

  showPlace();
})();
