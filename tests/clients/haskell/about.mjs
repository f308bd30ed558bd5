export default [
  {
    id: "haskell-websockets",
    name: "websockets (Haskell)",
    language: "Haskell",
    packages: ["libghc-websockets-dev", "ghc"],
    build: [["ghc", "-v0", "-outputdir", "{build}", "-o", "{build}/websockets", "Websockets.hs"]],
    run: ["{build}/websockets"],
    can: { ping: true, emptyClose: false, tls: false },
    know: [
      "`receiveDataMessage` answers pings and a Close, so only while the program is inside it; the end is its "
        + "exception `CloseRequest`, with code and reason. It never closes without a code (`sendClose`: 1000).",
      "As a client it does not compress ([#143](https://github.com/jaspervdj/websockets/issues/143)), whatever "
        + "`connectionCompressionOptions` says; nor has it TLS: that is another library's.",
      "Subprotocols are offered by a header of the program's own, and it does not tell which one was chosen; "
        + "`connectionOnPong` hears of a pong, but not of its payload.",
      "It follows no redirect; what is no 101 is a `MalformedResponse`, which shows the answer's head.",
    ],
    except: {
      ping: { is: "does not tell a pong's payload", seen: /\+ {3}''\n\s*- {3}'are you there'/ },
      subprotocol: { is: "does not tell which", seen: /\+ ''\n\s*- 'favourite'/ },
    },
  },
];
