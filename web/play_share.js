"use strict";

// A game as a link: #LEVEL:CHOICES, a character of base 36 for each choice. The explorer takes the same.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const { byId, setText } = play;
  const STEP_MS = 300;
  const BY_SERVER = "server=";

  const encode = (path) => path.map((choice) => choice.toString(36)).join("");
  const decode = (text) => [...text].map((sign) => parseInt(sign, 36));

  /** {id, path} or {scenario, path} of a hash; null if it is none. */
  function read(hash) {
    let text;
    try {
      text = decodeURIComponent(hash.replace(/^#/, ""));
    } catch {
      return null;
    }
    const found = /^(.+?)(?::([0-9a-z]*))?$/.exec(text);
    if (!found) return null;
    const [, name, choices = ""] = found;
    if (name.startsWith(BY_SERVER)) return { scenario: name.slice(BY_SERVER.length), path: decode(choices) };
    return { id: name, path: decode(choices) };
  }

  function hashOf(game) {
    const name = game.source.known ? game.level.id : BY_SERVER + encodeURIComponent(game.source.scenario);
    return `#${name}:${encode(game.path)}`;
  }

  function commandOf(game) {
    const choices = encode(game.path);
    if (game.source.known) return `explorer --replay ${game.level.id}:${choices}`;
    return `explorer --scenario '${game.source.scenario}' --replay ${choices}`;
  }

  function draw(game) {
    history.replaceState(null, "", hashOf(game));
    setText(byId("command"), `In a terminal: ${commandOf(game)}`);
  }

  async function copy(game) {
    const text = location.href.split("#")[0] + hashOf(game);
    try {
      await navigator.clipboard.writeText(text);
      setText(byId("said"), `Link copied. The same in a terminal: ${commandOf(game)}`);
    } catch {
      setText(byId("said"), `The link is in the address bar: ${text}`);
    }
  }

  /** Plays the choices of a link one by one; whoever chooses meanwhile takes over. */
  class Replay {
    stop() {
      clearTimeout(this.timer);
      this.left = [];
    }

    start(game, path) {
      this.stop();
      if (play.reducedMotion()) return game.moveTo(path, "chosen");
      Object.assign(this, { game, left: [...path] });
      this.next();
    }

    // A server takes its time for a choice: the next one comes after its answer.
    next() {
      const { game, left } = this;
      if (left.length === 0) return;
      const goOn = (moved) => moved && left === this.left && this.next();
      this.timer = setTimeout(() => game.choose(left.shift(), goOn), STEP_MS);
    }
  }

  Object.assign(play, { share: { encode, decode, read, hashOf, commandOf, draw, copy }, Replay });
})();
