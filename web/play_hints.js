"use strict";

// What the page knows about the rest of the game: the line of status after each choice, and the hint
// in three stages, of which the last one does it.
(() => {
  const triloop = (window.triloop ??= {});
  const play = (triloop.play ??= {});
  const { byId, setText, plural } = play;

  const isAsked = (game) => game.node.o.some(([, kind]) => kind === play.WHOM);

  /** Who went on by itself behind the last choice. */
  function byThemselves(game) {
    if (game.path.length === 0) return "";
    const forced = game.lines().filter(({ group, forced: alone }) => group === game.path.length && alone);
    const names = [...new Set(forced.map(({ event }) => game.level.threads[event.thread]))];
    const themselves = names.length > 1 ? "themselves" : "itself";
    return names.length ? ` (${names.join(" and ")} went on by ${themselves}: nobody else could.)` : "";
  }

  function outlook(game) {
    const { source, level } = game;
    if (!source.known) return "What follows is not known here: too many states.";
    if (level.kind === "right") return "";
    const left = source.distance[game.index];
    if (left !== play.NEVER) return `It can still break: ${plural(left, "more choice")} at the least.`;
    return `From here it cannot break any more: undo ${source.undosNeeded(game.path)}.`;
  }

  /** What a break took, and what the explorer needs. */
  function counts(game) {
    const shortest = game.source.known ? game.source.shortestFrom(0).length : game.path.length;
    return `Broken with ${plural(game.path.length, "choice")}, ${plural(game.steps(), "step")}, `
      + `${plural(game.switches(), "switch", "switches")}.`
      + (shortest < game.path.length ? ` The explorer needs ${plural(shortest, "choice")}: see its way.` : "");
  }

  /** The line of status. */
  function status(game) {
    if (isAsked(game)) return `notify_one wakes one of those who sleep. Whom? You choose.${byThemselves(game)}`;
    if (game.path.length === 0) return play.HOW;
    if (game.over) return game.node.e === play.BROKEN ? counts(game) : outlook(game);
    return (outlook(game) + byThemselves(game)).trim();
  }

  class Hints {
    constructor(cards) {
      this.cards = cards;
      this.line = byId("hint-text");
      this.button = byId("hint");
      this.reset();
    }

    reset() {
      this.stage = 0;
      setText(this.line, "");
      setText(this.button.firstChild, "Hint");
      this.cards.pointAt(null);
    }

    next(game) {
      if (game.over && game.node.e === play.BROKEN) return setText(this.line, "It is broken already.");
      if (!game.source.known) return setText(this.line, "What follows is not known here: too many states.");
      this.stage += 1;
      game.hints += 1;
      const lost = game.source.distance[game.index] === play.NEVER;
      if (lost) this.wayBack(game);
      else this.wayOn(game);
    }

    wayOn(game) {
      const choice = game.source.shortestFrom(game.index)[0];
      const thread = game.node.o[choice][0];
      const { idea } = play.textsOf(game.level);
      if (this.stage === 1) {
        const left = plural(game.source.distance[game.index], "more choice");
        this.say(`Still breakable, ${left}. ${idea ?? ""}`, "Hint: who?");
      } else if (this.stage === 2) {
        this.cards.pointAt(thread);
        this.say(`Look at ${game.level.threads[thread]}.`, "Hint: do it");
      } else {
        game.choose(choice);
      }
    }

    wayBack(game) {
      const times = game.source.undosNeeded(game.path);
      if (this.stage === 1) {
        const chosen = game.chosenThread(game.path, game.path.length - times);
        const who = chosen === null ? "the thread that was woken" : game.level.threads[chosen];
        this.say(`It was lost when ${who} was chosen in choice ${game.path.length - times + 1}: undo ${times}, and choose another.`, "Hint: undo it");
      } else {
        game.undo(times);
      }
    }

    say(text, next) {
      setText(this.line, text);
      setText(this.button.firstChild, next);
    }
  }

  Object.assign(play, { Hints, status });
})();
