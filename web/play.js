"use strict";

// The page "You are the scheduler": puts together the game, what draws it, and who asks for what.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const { byId, setText, enable, isEnabled, plural, progress } = play;
  const LAST = "triloop.play.last";

  const levels = triloop.levels ?? [];
  const models = new Map();
  const modelOf = (level) => {
    if (!models.has(level.id)) models.set(level.id, new play.Model(level));
    return models.get(level.id);
  };

  let game = null;
  let asked = null;  // what is to be played: a server's scenario is asked for before it is there
  let server = null;
  let proven = null;
  const replay = new play.Replay();
  const cards = new play.Cards(byId("cards"), choose, (text) => setText(byId("said"), text));
  const objects = new play.Objects(byId("objects"), (thread) => cards.press(thread));
  const code = new play.Code();
  const dots = new play.Dots(byId("dots-of-all"));
  const hints = new play.Hints(cards);
  const list = new play.Levels(levels, (level) => open(level));
  const schedule = new play.Schedule(() => replay.stop());
  const quiz = new play.Quiz(code, { button: nextButton, solved, proof, showCode, allSeen });

  function choose(index) {
    replay.stop();
    if (index !== undefined) game.choose(index);
  }

  function start(source, path = []) {
    replay.stop();
    const spurious = game?.level === source.level && game.spurious;
    byId("spurious").checked = spurious;
    const begun = new play.Game(source, (what) => begun === game && changed(what));
    game = begun;
    game.spurious = spurious;
    proven = null;
    hints.reset();
    quiz.begin(game.level);
    draw();
    if (path.length) replay.start(game, path);
  }

  function open(level, path = []) {
    play.store.set(LAST, level.id);
    asked = modelOf(level);
    server?.hangUp();
    start(asked, path);
  }

  function changed(what) {
    if (what === "refused") return setText(byId("said"), game.source.error ?? "That choice does not exist here.");
    setText(byId("said"), "");
    if (what !== "compared") hints.reset();
    noteProgress();
    draw();
  }

  function noteProgress() {
    const { level, node } = game;
    if (!game.source.known) return;
    // One that asks for the line to blame is done when it is mended.
    if (level.kind === "wrong" && node.e === play.BROKEN) note(level, game.path.length, !play.Quiz.asks(level));
    if (level.kind === "right" && allSeen()) note(level, 0, true);
  }

  function allSeen() {
    if (game.level.kind !== "right" || !game.source.known) return false;
    return game.source.statesWith(game.spurious).every((at) => game.visited.has(at));
  }

  function note(level, choices, done) {
    const before = progress.of(level.id);
    const better = !before.broken || (before.choices ?? Infinity) > choices;
    progress.note(level.id, { broken: true, ...(done && { done }), ...(better && { choices, hints: game.hints }) });
  }

  function solved(level) {
    progress.note(level.id, { done: true, mended: true });
    const twin = levels.find(({ id }) => id === play.textsOf(level).twin);
    proven = twin ? modelOf(twin) : null;
    if (proven) drawMap();
    list.draw(level);
  }

  function proof(twinId) {
    const twin = levels.find(({ id }) => id === twinId);
    return twin ? `Without the mistake there are ${modelOf(twin).reached.length} states, and none fails: see the map.` : null;
  }

  function nextButton() {
    const next = list.after(game.level);
    const button = play.element("button", { type: "button", id: "next-level", className: "next" },
      next ? `Next: ${play.textsOf(next).title}` : "All levels");
    button.addEventListener("click", () => {
      if (next) open(next);
      else list.dialog.showModal();
      byId("cards").focus({ preventScroll: true });
    });
    return button;
  }

  // ---- drawing ----

  let drawn = null;

  function drawTask() {
    const { level } = game;
    drawn = level;
    const texts = play.textsOf(level);
    const at = levels.indexOf(level);
    setText(byId("title"), at < 0 ? texts.title : `${at + 1}. ${texts.title}`);
    const bound = level.bound ? ` Its graph is bounded: ${level.bound === true ? "not all states are in it"
      : typeof level.bound === "number" ? `at most ${plural(level.bound, "preemption")}` : level.bound}.` : "";
    setText(byId("goal"), texts.goal + bound);
    byId("does").hidden = !texts.does;
    setText(byId("does"), texts.does ?? "");
    document.body.dataset.kind = level.kind;
    play.hues(level.threads).forEach((hue, thread) => document.body.style.setProperty(`--t${thread}`, `var(--hue${hue})`));
    document.body.style.setProperty("--threads", level.threads.length);
    byId("way").hidden = level.kind !== "wrong";
    byId("hint").hidden = !game.source.known || level.kind === "right";
    byId("map-next").replaceChildren(...(level.kind === "right" ? [nextButton()] : []));
    const spurious = game.source.known ? level.nodes.some(({ o }) => o.some(([, kind]) => kind === play.SPURIOUS)) : true;
    byId("spurious").parentElement.hidden = !spurious;
  }

  function draw() {
    keepingFocus(drawAll);
  }

  // What had the focus may have gone: then the threads have it.
  function keepingFocus(change) {
    const focused = document.activeElement;
    change();
    if (focused && focused !== document.body && !focused.checkVisibility()) byId("cards").focus({ preventScroll: true });
  }

  function drawAll() {
    if (drawn !== game.level) drawTask();
    cards.draw(game);
    objects.draw(game);
    code.draw(game);
    quiz.draw(game);
    drawStatus();
    drawMap();
    schedule.draw(game);
    list.draw(game.level);
    play.share.draw(game);
  }

  function drawStatus() {
    setText(byId("status"), play.status(game));
    document.body.dataset.begins = String(game.path.length === 0);
    const lost = game.source.known && game.level.kind === "wrong" && game.node.e !== play.BROKEN
      && game.source.distance[game.index] === play.NEVER;
    document.body.dataset.lost = String(lost);
    const many = byId("undo-many");
    many.hidden = !lost;
    if (lost) setText(many, `Undo ${game.source.undosNeeded(game.path)}`);
    enable(byId("undo"), game.path.length > 0);
    enable(byId("reset"), game.path.length > 0);
    setText(byId("preemptions"), plural(game.switches(), "switch", "switches"));
  }

  function drawMap() {
    const right = game.level.kind === "right";
    byId("map").hidden = !right && !(proven && quiz.stage === "solved" && game.over);
    if (byId("map").hidden) return;
    const model = right ? game.source : proven;
    const states = model.statesWith(right && game.spurious);
    const visited = right ? game.visited : new Set(states);
    const count = states.filter((at) => visited.has(at)).length;
    const label = count === states.length ? `All ${count} states seen, none fails.`
      : `${count} of ${states.length} states seen, none fails.`;
    setText(byId("seen"), label);
    dots.draw(model, right && game.spurious, visited, right ? game.index : null, label);
    byId("go").hidden = !right || count === states.length;
    byId("map-next").hidden = !right || count < states.length;
    setText(byId("caveat"), caveat(right && game.spurious));
  }

  const caveat = (spurious) => "A proof for this scenario: these threads, these items, every order of their locks, waits, "
    + `notifies and atomics, ${spurious ? "with at most one wait that ends for no reason" : "without waits that end for no reason"}.`;

  // ---- who asks for what ----

  function wire() {
    const onPress = (id, action) => byId(id).addEventListener("click", () => {
      replay.stop();
      if (isEnabled(byId(id))) action();
    });
    onPress("undo", () => game.undo());
    onPress("undo-many", () => game.undo(game.source.undosNeeded(game.path)));
    onPress("reset", () => game.backTo(0));
    onPress("hint", () => hints.next(game));
    onPress("way", () => game.compareWith(game.source.shortestFrom(0), "The explorer's way"));
    onPress("copy", () => play.share.copy(game));
    onPress("go", () => play.explore(game.source.statesWith(game.spurious), game.visited, () => keepingFocus(drawMap), () => changed("explored")));
    onPress("show-code", () => showCode(true));
    onPress("code-close", () => showCode(false));
    byId("spurious").addEventListener("change", ({ target }) => {
      game.spurious = target.checked;
      draw();
    });
    play.listenToKeys({
      press: (thread) => cards.press(thread),
      undo: () => byId("undo").click(),
      redo: () => {
        replay.stop();
        game.redo();
      },
    });
    window.addEventListener("hashchange", () => openHash() || undefined);
  }

  // Only a phone has it in a sheet; elsewhere it is always there.
  function showCode(open) {
    if (document.body.classList.contains("code-open") === open) return;
    document.body.classList.toggle("code-open", open);
    const next = byId(open ? "code" : "show-code");
    if (next.checkVisibility()) next.focus();
  }

  function openHash() {
    const link = play.share.read(location.hash);
    const level = levels.find(({ id }) => id === link?.id);
    if (level) open(level, link.path);
    else if (link?.scenario && server) openRemote(link.scenario, link.path);
    else return false;
    return true;
  }

  function openRemote(scenario, path = []) {
    const source = new play.Remote(server, scenario);
    asked = source;
    source.load([], (known) => {
      if (asked !== source) return;
      if (known) start(source, path);
      else setText(byId("said"), source.error ?? "The server does not answer.");
    });
  }

  async function findServer(link) {
    server = await play.findServer((why) => setText(byId("said"), why));
    list.offer(server && (() => listScenarios()), openRemote);
    if (link?.scenario && server) openRemote(link.scenario, link.path);
    else if (link?.scenario) setText(byId("said"), "That scenario is played through a server: ./run.sh scheduler");
  }

  async function listScenarios() {
    const answer = await server.ask({ list: true });
    if (game.source.known) server.hangUp();
    return answer;
  }

  wire();
  const link = play.share.read(location.hash);
  if (levels.length === 0) {
    setText(byId("goal"), "There are no levels here: levels.js is missing.");
  } else if (!openHash()) {
    open(levels.find(({ id }) => id === play.store.get(LAST)) ?? levels[0]);
  }
  findServer(link);
  Object.assign(play, { game: () => game, modelOf, list });
})();
