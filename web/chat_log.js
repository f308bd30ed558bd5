"use strict";

// The lines of the chat.
(() => {
  const triloop = (window.triloop ??= {});

  // Names and texts come from other people: they are only ever text, never markup.
  function part(className, text) {
    const node = document.createElement("span");
    node.className = className;
    node.textContent = text;
    node.dir = "auto";
    return node;
  }

  function makeNode({ className, parts, title }) {
    const node = part(`line ${className}`, "");
    for (const [name, text] of parts) node.append(part(name, text), " ");
    if (title) node.title = title;
    return node;
  }

  const frames = triloop.makeFrameLog(document.getElementById("log"), document.getElementById("below"), {
    makeNode, leftOutWords: (count) => `(${count} more before these)`,
  });

  triloop.lines = {
    /** Shows one line of parts, each a class and a text; gives it, for remove() and explain(). */
    add: (className, ...parts) => frames.add({ className, parts, node: null, title: "" }),
    remove: frames.remove,
    explain(line, title) {
      line.title = title;
      if (line.node) line.node.title = title;
    },
    clear: frames.clear,
  };
})();
