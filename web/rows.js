"use strict";

// The list of connections: a compact row each, keyed by the connection's id, newest first. It is a
// listbox: one stop for the Tab key, arrows move and choose. Of 500 rows one sees ten: only those
// in sight are written, the others when they come into sight.
(() => {
  const triloop = (window.triloop ??= {});
  const { make, setText, setData, setBar, sizeWord, grouped, fullness, doingWord, THREADS } = triloop;

  function makeRow(id) {
    const root = make("div", "line");
    root.setAttribute("role", "option");
    root.setAttribute("aria-selected", "false");
    root.tabIndex = -1;
    root.dataset.row = id;
    const cell = (name) => {
      const node = make("span", name);
      node.dataset.part = name;
      root.append(node);
      return node;
    };
    const row = { id, root, inSight: true, number: cell("number"), path: cell("path"), peer: cell("peer-address") };
    row.state = cell("phase");
    row.marks = cell("marks");
    row.host = make("span", "host");
    row.port = make("span", "port");
    row.peer.append(row.host, row.port);
    row.words = {}; // what a sighted person sees in marks and bars
    for (const name of THREADS) {
      row.marks.append((row[name] = make("span", "mark")), (row.words[name] = make("span", "unseen")));
      row[name].dataset.mark = name;
    }
    row.levels = cell("levels");
    for (const name of ["in", "out"]) {
      const bar = make("span", "bar level");
      bar.dataset.level = name;
      bar.append((row[name] = make("span", "fill")));
      row.levels.append(bar, (row.words[name] = make("span", "unseen")));
    }
    row.rates = cell("rates");
    return row;
  }

  const rateWord = (arrow, rate) => `${arrow} ${grouped(Math.round(rate.messages))}/s ${sizeWord(rate.bytes)}/s`;

  function showRow(row, connection, rates) {
    setText(row.number, `#${connection.id}`);
    const colon = connection.peer.lastIndexOf(":");
    setText(row.host, colon < 0 ? connection.peer : connection.peer.slice(0, colon));
    setText(row.port, colon < 0 ? "" : connection.peer.slice(colon));
    setText(row.path, connection.path);
    setText(row.state, connection.state);
    setData(row.root, "state", connection.state);
    for (const name of THREADS) {
      const { doing } = connection.threads[name];
      setData(row[name], "doing", doing);
      setText(row.words[name], ` ${name} ${doingWord(name, doing)},`);
    }
    for (const name of ["in", "out"]) {
      const level = fullness(connection.queues[name]);
      setBar(row[name], 0, level);
      setData(row[name], "full", String(level >= 1));
      setText(row.words[name], ` ${name}-queue ${level >= 1 ? "full" : `${Math.round(100 * level)} %`},`);
    }
    setText(row.rates, `${rateWord("↓", rates.received)}\n${rateWord("↑", rates.sent)}`);
  }

  /** list: the listbox element. onChoose(id) when a person has chosen a row. */
  triloop.makeRows = (list, onChoose) => {
    const rows = new Map();
    let chosen = null;
    let tabStop = null;
    let rates = null; // how to get a connection's rates, from the last snapshot

    const observer = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) {
        const row = rows.get(Number(target.dataset.row));
        if (!row) continue;
        row.inSight = isIntersecting;
        if (isIntersecting) showRow(row, row.connection, rates(row.connection));
      }
    }, { root: list, rootMargin: "100px" });

    function moveTabStop(row) {
      if (tabStop === row) return;
      if (tabStop) tabStop.root.tabIndex = -1;
      tabStop = row;
      if (row) row.root.tabIndex = 0;
    }

    function remove(row) {
      const hadFocus = document.activeElement === row.root;
      const heir = row.root.nextElementSibling ?? row.root.previousElementSibling;
      rows.delete(row.id);
      observer.unobserve(row.root);
      row.root.remove();
      if (tabStop !== row) return;
      tabStop = null;
      if (heir) moveTabStop(rows.get(Number(heir.dataset.row)));
      if (heir && hadFocus) heir.focus({ preventScroll: true });
    }

    /** connections by id, as in a snapshot: so a new one always comes to the top. */
    function show(connections, ratesOf) {
      rates = ratesOf;
      const seen = new Set();
      for (const connection of connections) {
        seen.add(connection.id);
        let row = rows.get(connection.id);
        if (!row) {
          rows.set(connection.id, (row = makeRow(connection.id)));
          list.prepend(row.root);
          observer.observe(row.root);
        }
        row.connection = connection;
        if (row.inSight) showRow(row, connection, ratesOf(connection));
      }
      if (rows.size > seen.size) {
        for (const row of [...rows.values()]) if (!seen.has(row.id)) remove(row);
      }
      if (!tabStop && list.firstElementChild) {
        moveTabStop(rows.get(Number(list.firstElementChild.dataset.row)));
      }
    }

    /** Marks a row as chosen; no event, no focus. */
    function choose(id) {
      if (chosen === id) return;
      rows.get(chosen)?.root.setAttribute("aria-selected", "false");
      const row = rows.get(id);
      chosen = row ? id : null;
      if (!row) return;
      row.root.setAttribute("aria-selected", "true");
      moveTabStop(row);
    }

    function clear() {
      observer.disconnect();
      rows.clear();
      list.replaceChildren();
      chosen = tabStop = null;
    }

    const rowOf = (target) => rows.get(Number(target.closest?.("[data-row]")?.dataset.row));

    function take(row) {
      showRow(row, row.connection, rates(row.connection)); // its name is to be read now
      choose(row.id);
      row.root.focus();
      onChoose(row.id);
    }

    const PAGE = 10;
    function neighbour(row, key) {
      let node = row.root;
      if (key === "Home") return list.firstElementChild;
      if (key === "End") return list.lastElementChild;
      const down = key === "ArrowDown" || key === "PageDown";
      for (let i = key.startsWith("Page") ? PAGE : 1; i > 0; i -= 1) {
        node = (down ? node.nextElementSibling : node.previousElementSibling) ?? node;
      }
      return node;
    }

    // The row that was under the pointer when it was pressed: others may come in above it before it
    // is let go, and then the click is not that row's any more. Who moves the pointer away has
    // thought better of it.
    let pressed = null;
    list.addEventListener("pointerdown", ({ target, clientX, clientY }) => {
      pressed = { row: rowOf(target), x: clientX, y: clientY };
    });
    list.addEventListener("click", ({ target, detail, clientX, clientY }) => {
      const here = pressed !== null && Math.hypot(clientX - pressed.x, clientY - pressed.y) < 5;
      const byPointer = here ? pressed.row : null;
      const row = detail === 0 ? rowOf(target) : byPointer; // 0: no pointer, such as a screen reader
      if (rows.has(row?.id)) take(row);
    });
    list.addEventListener("keydown", (event) => {
      const row = rowOf(event.target);
      if (!row || event.ctrlKey || event.altKey || event.metaKey) return;
      const moves = /^(Arrow(Up|Down)|Page(Up|Down)|Home|End)$/.test(event.key);
      if (!moves && event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      take(moves ? rowOf(neighbour(row, event.key)) : row);
    });

    return { show, choose, clear };
  };
})();
