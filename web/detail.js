"use strict";

// The connection that is shown in full: its picture, and the words around it.
(() => {
  const triloop = (window.triloop ??= {});
  const { make, setText, setData, latchWord, THREADS } = triloop;
  const element = (id) => document.getElementById(id);

  const IDLE_THREAD = { doing: "not_started", seconds: {}, left: null };
  const IDLE_QUEUE = { messages: 0, bytes: 0, max_messages: 1000, max_bytes: 4194304 };
  const NOBODY = {
    threads: { reader: IDLE_THREAD, processor: IDLE_THREAD, writer: IDLE_THREAD },
    queues: { in: IDLE_QUEUE, out: IDLE_QUEUE },
    latch: { closing: null, closed: null },
  };

  function ordinal(number) {
    const last = number % 100;
    const ending = last > 10 && last < 14 ? "th" : ["th", "st", "nd", "rd"][number % 10] ?? "th";
    return `${triloop.grouped(number)}${ending}`;
  }

  triloop.makeDetail = () => {
    const detail = element("view-detail");
    const leaving = element("view-leaving");
    const order = element("view-order");
    const why = element("view-why");
    const gone = element("view-gone");
    const ago = element("view-ago");
    const facts = (name) => element("view-facts").querySelector(`[data-part="${name}"]`);
    const parts = Object.fromEntries(["own", "nth", "path", "peer", "state", "age"].map((name) => [name, facts(name)]));
    const picture = triloop.makePicture();
    element("view-picture").append(picture.root);
    parts.nth.title = "So many WebSockets there have been; the connection's own number counts HTTP, too";

    function showLeaving({ threads, latch, state }) {
      const left = THREADS.filter((name) => threads[name].left)
        .sort((a, b) => threads[a].left - threads[b].left);
      const names = left.join(" ");
      if (leaving.hidden !== (left.length === 0)) leaving.hidden = left.length === 0;
      if (order.dataset.order !== names) {
        order.dataset.order = names;
        order.replaceChildren(...left.map((name) => make("li", name, name)));
      }
      const reason = latch.closing ?? latch.closed;
      setText(why, `${state === "ended" ? "Why" : "Why so far"}: the latch was ${latchWord(reason)}.`);
    }

    /** facts: what is known beside the snapshot: here, own, past (seconds ago), rates, shares, buffered. */
    function show(connection, { here = true, own = "", past = null, ...numbers } = {}) {
      setData(detail, "connection", String(connection.id));
      setData(detail, "state", connection.state);
      setText(element("view-title-one"), `Connection ${connection.id}`);
      setText(parts.nth, connection.number ? `${ordinal(connection.number)} without HTTP` : "");
      setText(parts.own, own);
      setText(parts.path, connection.path);
      setText(parts.peer, connection.peer);
      setText(parts.state, connection.state);
      setText(parts.age, `${connection.age.toFixed(1)} s old`);
      if (gone.hidden !== here) gone.hidden = here;
      if (ago.hidden !== (past === null)) ago.hidden = past === null;
      if (past !== null) setText(ago, `${past.toFixed(1)} s ago`);
      setData(detail, "past", String(past !== null));
      picture.show(connection, numbers);
      showLeaving(connection);
    }

    function showNobody(words) {
      setData(detail, "connection", "");
      setText(element("view-title-one"), words);
      for (const part of Object.values(parts)) setText(part, "");
      gone.hidden = ago.hidden = leaving.hidden = true;
      picture.show(NOBODY);
    }

    return { show, showNobody };
  };
})();
