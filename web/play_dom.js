"use strict";

// Making elements; moving one so that the eye can follow; storing what may not be stored.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const MOVE_MS = 200;

  const byId = (id) => document.getElementById(id);
  const stillness = matchMedia("(prefers-reduced-motion: reduce)");
  const reducedMotion = () => stillness.matches;

  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    const { data, ...rest } = properties;
    Object.assign(made, rest);
    Object.assign(made.dataset, data);
    made.append(...children);
    return made;
  }

  const setText = (node, text) => {
    if (node.textContent !== text) node.textContent = text;
  };

  // aria-disabled and not disabled: a button that has just been pressed keeps the focus.
  function enable(button, enabled) {
    button.setAttribute("aria-disabled", String(!enabled));
  }
  const isEnabled = (button) => button.getAttribute("aria-disabled") !== "true";

  /** Does `change`, then lets what it has moved glide from where it was. */
  function gliding(elements, change) {
    const before = elements.map((moved) => moved.getBoundingClientRect());
    change();
    if (reducedMotion()) return;
    elements.forEach((moved, at) => {
      const now = moved.getBoundingClientRect();
      const [x, y] = [before[at].left - now.left, before[at].top - now.top];
      if ((x === 0 && y === 0) || before[at].width === 0) return;
      moved.animate([{ transform: `translate(${x}px, ${y}px)` }, { transform: "none" }],
        { duration: MOVE_MS, easing: "ease-out" });
    });
  }

  const store = {
    get(key) {
      try {
        return JSON.parse(localStorage.getItem(key));
      } catch {
        return null;
      }
    },
    set(key, value) {
      try {
        localStorage.setItem(key, JSON.stringify(value));
      } catch {
        // Private windows and some file: pages keep nothing; the game goes on without.
      }
    },
  };

  const plural = (count, noun, more = `${noun}s`) => `${count} ${count === 1 ? noun : more}`;

  Object.assign(play, {
    byId, element, setText, enable, isEnabled, gliding, reducedMotion, store, plural,
  });
})();
