"use strict";

// The server hands out docs/ and src/ beside the page; on disk they lie beside web/.
(() => {
  if (location.protocol !== "file:") return;
  for (const link of document.querySelectorAll("a[href]")) {
    const target = link.getAttribute("href");
    if (/^(docs|src|include)\//.test(target)) link.setAttribute("href", `../${target}`);
  }
})();
