"use strict";

// Sessions: what the strip has seen becomes a file, and the view plays a file as if it were live
// (triloop.playSession). session.js has a recorded one for wherever there is nothing to show.
(() => {
  const triloop = (window.triloop ??= {});
  const FORM = 1;
  const MOST_BYTES = 20 * 1024 * 1024;
  const MOST_SNAPSHOTS = 20_000;
  const MOST_CONNECTIONS = 1000;
  const { strip, make, THREADS } = triloop;

  // ---- is it one? ----

  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const isCount = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;

  function wrongThread(thread) {
    if (!isObject(thread) || typeof thread.doing !== "string") return "says nothing of what it does";
    if (!isObject(thread.seconds) || !Object.values(thread.seconds).every(isCount)) return "has no seconds";
    return null;
  }

  const isQueue = (queue) =>
    isObject(queue) && ["messages", "bytes", "max_messages", "max_bytes"].every((name) => isCount(queue[name]));
  const isTraffic = (traffic) => isObject(traffic) && isCount(traffic.messages) && isCount(traffic.bytes);
  const isEvent = (event) => event === null
    || (isObject(event) && ["by", "reason"].every((name) => typeof event[name] === "string") && isCount(event.code));

  /** What is wrong with a connection, or null. */
  function wrongConnection(one) {
    if (!isObject(one) || !isCount(one.id)) return "has no number";
    for (const name of ["peer", "path", "state"]) if (typeof one[name] !== "string") return `has no ${name}`;
    if (!isCount(one.age)) return "has no age";
    for (const name of THREADS) {
      const wrong = wrongThread(one.threads?.[name]);
      if (wrong) return `has a ${name} that ${wrong}`;
    }
    if (!isQueue(one.queues?.in) || !isQueue(one.queues?.out)) return "has no queues";
    if (!isObject(one.latch) || !isEvent(one.latch.closing) || !isEvent(one.latch.closed)) return "has no latch";
    return isTraffic(one.received) && isTraffic(one.sent) ? null : "has no traffic";
  }

  function wrongSnapshot(snapshot, before) {
    if (!isObject(snapshot) || !isCount(snapshot.time)) return "has no time";
    if (before && snapshot.time <= before.time) return "is not later than the one before it";
    const { connections } = snapshot;
    if (!Array.isArray(connections)) return "has no connections";
    if (connections.length > MOST_CONNECTIONS) return `has more than ${MOST_CONNECTIONS} connections`;
    for (const one of connections) {
      const wrong = wrongConnection(one);
      if (wrong) return `has a connection that ${wrong}`;
    }
    return null;
  }

  /** The session in a file's text. Throws an Error that says what is wrong with it. */
  function parseSession(text) {
    let session;
    try {
      session = JSON.parse(text);
    } catch (error) {
      throw new Error(`it is not JSON (${error.message})`);
    }
    if (!isObject(session) || !("triloop_session" in session)) throw new Error("it is no session of this page");
    if (session.triloop_session !== FORM) {
      throw new Error(`it has form ${JSON.stringify(session.triloop_session)}, and this page reads form ${FORM}`);
    }
    const { snapshots } = session;
    if (!Array.isArray(snapshots) || snapshots.length === 0) throw new Error("it has no snapshots");
    if (snapshots.length > MOST_SNAPSHOTS) throw new Error(`it has more than ${MOST_SNAPSHOTS} snapshots`);
    snapshots.forEach((snapshot, i) => {
      const wrong = wrongSnapshot(snapshot, snapshots[i - 1]);
      if (wrong) throw new Error(`snapshot ${i + 1} of ${snapshots.length} ${wrong}`);
    });
    return { ...session, recorded: typeof session.recorded === "string" ? session.recorded : "" };
  }

  /** A session of what the strip has seen of one connection. */
  const makeSession = (samples, recorded) => ({
    triloop_session: FORM,
    recorded,
    snapshots: samples.map(({ time, connection }) => ({ time, accepted: 1, websockets: 1, connections: [connection] })),
  });

  Object.assign(triloop, { sessions: { makeSession, parseSession } });

  // ---- the buttons ----

  const saveButton = make("button", "strip-save", "Save");
  const openButton = make("button", "strip-open", "Open a file");
  saveButton.type = openButton.type = "button";
  saveButton.title = "Save the last 20 s as a file";
  openButton.title = "Open a session from a file; or drop one on the page";
  const stopButton = make("button", "strip-stop", "Stop playing");
  stopButton.type = "button";
  stopButton.hidden = true;
  const chooser = document.createElement("input");
  Object.assign(chooser, { type: "file", accept: ".json,application/json", hidden: true, id: "strip-file" });
  const error = make("p", "strip-error");
  error.setAttribute("role", "alert");
  strip.tools.append(saveButton, openButton, stopButton, chooser);
  document.getElementById("strip").append(error);

  function save() {
    const samples = strip.samples();
    if (samples.length === 0) return void (error.textContent = "There is nothing to save yet.");
    error.textContent = "";
    const now = new Date().toISOString();
    const recorded = `${now.slice(0, 16).replace("T", " ")} UTC, connection ${strip.chosen()}`;
    const text = `${JSON.stringify(makeSession(samples, recorded))}\n`;
    const address = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    const link = document.createElement("a");
    Object.assign(link, { href: address, download: `triloop-${now.slice(0, 19).replace(/[:T]/g, "-")}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  async function open(file) {
    try {
      if (file.size > MOST_BYTES) throw new Error("it is larger than 20 MiB");
      const session = parseSession(await file.text());
      error.textContent = "";
      strip.forget();
      triloop.playSession?.(session);
      stopButton.hidden = false;
    } catch (failure) {
      error.textContent = `“${file.name}” cannot be played: ${failure.message}.`;
    }
  }

  function stop() {
    strip.forget();
    triloop.playSession?.(null);
    stopButton.hidden = true;
    openButton.focus({ preventScroll: true });
  }

  saveButton.addEventListener("click", save);
  stopButton.addEventListener("click", stop);
  openButton.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    if (chooser.files.length > 0) open(chooser.files[0]);
    chooser.value = ""; // the same file can be opened again
  });

  const setDrop = (on) => (document.documentElement.dataset.drop = String(on));
  const hasFile = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  document.addEventListener("dragover", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    setDrop(true);
  });
  document.addEventListener("dragleave", (event) => event.relatedTarget === null && setDrop(false));
  document.addEventListener("drop", (event) => {
    if (!hasFile(event)) return;
    event.preventDefault();
    setDrop(false);
    if (event.dataTransfer.files.length > 0) open(event.dataTransfer.files[0]);
  });
})();
