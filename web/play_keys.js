"use strict";

// Everything by keys: 1, 2, 3 choose, arrows go back and forth, letters press the buttons below.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const BUTTONS = { u: "undo", r: "reset", h: "hint", e: "way", c: "copy", l: "all-levels", n: "next-level", g: "go" };

  const writes = (target) => target instanceof HTMLElement
    && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== "checkbox");

  function press(id) {
    const button = document.getElementById(id);
    if (!button || button.closest("[hidden]")) return false;
    button.click();
    return true;
  }

  play.listenToKeys = (commands) => {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || writes(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      const done = /^[1-9]$/.test(event.key) ? commands.press(Number(event.key) - 1)
        : event.key === "ArrowLeft" ? commands.undo()
        : event.key === "ArrowRight" ? commands.redo()
        : BUTTONS[event.key.toLowerCase()] !== undefined && press(BUTTONS[event.key.toLowerCase()]);
      if (done !== false) event.preventDefault();
    });
  };
})();
