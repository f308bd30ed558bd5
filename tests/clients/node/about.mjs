export default [
  {
    id: "ws",
    name: "ws",
    language: "JavaScript (Node.js)",
    npm: "ws",
    run: ["node", "ws.mjs"],
    can: { compress: ["on", "no-context"], fragments: true, ping: true },
    know: [
      "It offers permessage-deflate unless `perMessageDeflate: false` is said, and then compresses all it sends.",
      "Of a message it takes 100 MiB (`maxPayload`); at a larger one it closes with 1009, and tells 1006 to its own " +
        "program.",
      "When it has closed it waits 30 s for the answer, then it tells 1006.",
      "If it offers subprotocols and none is chosen, it fails.",
    ],
  },
  {
    id: "websocket-node",
    name: "WebSocket-Node",
    language: "JavaScript (Node.js)",
    npm: "websocket",
    run: ["node", "websocket.mjs"],
    can: { fragments: true, ping: true, emptyClose: false },
    know: [
      "It has no compression ([asked for in 2019](https://github.com/theturtle32/WebSocket-Node/pull/357)).",
      "A message may have 8 MiB and a frame 1 MiB (`maxReceivedMessageSize`, `maxReceivedFrameSize`): triloop sends " +
        "each message in one frame, so that 1 MiB is what counts; at more it closes with 1009.",
      "What it has read, but not yet told when the server ends the stream, is lost, the Close too: of 100 messages " +
        "with a Close and the end of the stream right behind it tells some, and 1006 " +
        "([report](https://github.com/theturtle32/WebSocket-Node/pull/436)). triloop waits for the client's Close " +
        "before it ends the stream, and nothing is lost.",
      "If it offers subprotocols and none is chosen, it fails. It never closes without a code: 1000 is what it " +
        "takes then.",
    ],
  },
  {
    id: "faye-websocket-node",
    name: "faye-websocket (Node.js)",
    language: "JavaScript (Node.js)",
    npm: "faye-websocket",
    run: ["node", "faye.mjs"],
    can: { ping: true, emptyClose: false },
    know: [
      "It compresses only with another package, `permessage-deflate`, which is not tried here.",
      "Of a message it takes 64 MiB less one byte (`maxLength`); at a larger one it closes with 1009.",
      "When it has closed it waits 30 s for the answer, then it tells 1006; messages that come in between are not " +
        "told.",
      "An offer of subprotocols of which none is chosen does not keep it from going on. It never closes without a " +
        "code: 1000 is what it takes then.",
    ],
  },
  {
    id: "undici",
    name: "undici",
    language: "JavaScript (Node.js)",
    npm: "undici",
    run: ["node", "undici.mjs"],
    can: { compress: ["on"], ping: true, clean: true },
    know: [
      "It is the `WebSocket` of Node.js too, since 22.",
      "It always offers permessage-deflate, reads compressed messages, and compresses none of its own.",
      "Of a message it takes 128 MiB (`maxPayloadSize`); at a larger one it closes with 1009, and tells 1006 to its " +
        "own program.",
      "A refusal is an `error` without a word, and 1006, as in browsers: that it was a 404 is not told " +
        "([report](https://github.com/nodejs/undici/issues/4625)).",
      "If it offers subprotocols and none is chosen, it fails, but keeps the stream: the connection lasts on the " +
        "server until the heartbeat finds nobody there.",
    ],
  },
];
