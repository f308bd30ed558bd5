"use strict";

// A log that is written once a frame: entries are kept until then, so that a flood costs no more than
// what is shown of it. What is not shown is counted. Whoever scrolled back to read something is left
// where they are, and told.
(() => {
  const triloop = (window.triloop ??= {});
  const MOST_ENTRIES = 400;
  const NEAR_END = 40; // pixels

  /**
   * log: the element that scrolls. below: the button that says how many are new below.
   * makeNode(entry): its element, which becomes entry.node.
   * leftOutWords(count): in grouped digits, what stands before the first.
   * aFrame: so many at a time; what comes faster waits, and most of it is left out.
   * fresh: so many at once light up.
   * toGo(entries): the index of the one that makes room. counts(entry): is it missed?
   */
  triloop.makeFrameLog = (log, below, options) => {
    const { makeNode, leftOutWords, aFrame = MOST_ENTRIES, fresh = 0, toGo = () => 0, counts = () => true } = options;
    const leftOut = document.createElement("p");
    leftOut.className = "left-out note";
    leftOut.setAttribute("aria-live", "off");

    let waiting = []; // not yet written
    let entries = []; // written, oldest first
    let skipped = 0; // never written, or removed again
    let unseen = 0; // below what one is reading
    let planned = false;

    const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_END;

    function makeRoom(count) {
      while (entries.length + count > MOST_ENTRIES && entries.length > 0) {
        const [gone] = entries.splice(toGo(entries), 1);
        if (counts(gone)) skipped += 1;
        gone.node.remove();
      }
    }

    function flush() {
      const items = waiting.splice(0, aFrame);
      planned = waiting.length > 0;
      if (planned) requestAnimationFrame(flush);
      if (items.length === 0) return;
      const atEnd = isAtEnd();
      makeRoom(items.length);
      for (const item of items) item.node = makeNode(item);
      if (items.length <= fresh) for (const { node } of items) node.classList.add("fresh");
      log.append(...items.map(({ node }) => node));
      entries.push(...items);
      showLeftOut();
      if (atEnd) log.scrollTop = log.scrollHeight;
      else unseen += items.length;
      showBelow();
    }

    function showLeftOut() {
      if (skipped === 0) return;
      leftOut.textContent = leftOutWords(triloop.grouped(skipped));
      if (!leftOut.isConnected) log.prepend(leftOut);
    }

    function showBelow() {
      below.hidden = unseen === 0;
      below.textContent = `↓ ${triloop.grouped(unseen)} new`;
    }

    function sawAll() {
      unseen = 0;
      showBelow();
    }

    log.addEventListener("scroll", () => unseen > 0 && isAtEnd() && sawAll());
    below.addEventListener("click", () => {
      log.scrollTop = log.scrollHeight;
      log.focus({ preventScroll: true });
      sawAll();
    });

    return {
      add(entry) {
        waiting.push(entry);
        if (waiting.length > MOST_ENTRIES) {
          waiting.shift();
          skipped += 1;
        }
        if (!planned) requestAnimationFrame(flush);
        planned = true;
        return entry;
      },
      last: () => waiting.at(-1) ?? entries.at(-1),
      remove(entry) {
        waiting = waiting.filter((one) => one !== entry);
        entries = entries.filter((one) => one !== entry);
        entry.node?.remove();
      },
      clear() {
        waiting = [];
        entries = [];
        skipped = 0;
        log.replaceChildren();
        sawAll();
      },
    };
  };
})();
