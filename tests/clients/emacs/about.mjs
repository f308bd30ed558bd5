// It masks byte by byte: 10 MiB take it half a minute, in which it answers no ping. A connection that is lost meanwhile
// kills it by SIGPIPE, in a batch.
const busy = { is: "busy for half a minute", seen: /echoes: open|the end of emacs/, sometimes: true };

export default [
  {
    id: "emacs",
    name: "websocket.el",
    language: "Emacs Lisp",
    packages: ["elpa-websocket", "emacs-nox"],
    run: ["emacs", "--batch", "--load", "websocket.el"],
    can: { fragments: true, close: false, code: false, reason: false },
    know: [
      "Its Close is not masked, so the server ends each connection that it closes with 1002. It can send neither code "
        + "nor reason, waits for no answer, and `on-close` hears neither of the server's.",
      "Offered more than one subprotocol, it wants the server to choose each of them, and fails: offer one.",
      "After a refused handshake (404, say) it calls `on-error`, and then `on-open` all the same.",
      "It needs half a minute to send 10 MiB, and answers no ping meanwhile: for such messages the server needs a "
        + "longer `--pong-timeout`. `on-message` hears of frames, not of messages.",
      "It never compresses, and follows no redirect.",
    ],
    except: {
      text: busy,
      binary: busy,
      "plain-close": { is: "a Close without a mask", seen: /closed by peer, 1002 "a frame without a mask/ },
      subprotocol: { is: "wants all it offers", seen: /Incorrect or missing protocol|\+ ''\n\s*- 'favourite'/ },
      // With the answer comes a message; if both are read at once, it hears that, too.
      "no-subprotocol": { is: "fails", seen: /it says nothing/, sometimes: true },
      404: { is: "says so, and opens", seen: /it takes this for a connection: failed Error response .*: 404; open/ },
    },
  },
];
