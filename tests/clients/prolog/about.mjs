export default [
  {
    id: "swi-prolog",
    name: "SWI-Prolog's library(http/websocket)",
    language: "Prolog",
    packages: ["swi-prolog-nox"],
    run: ["swipl", "websocket.pl"],
    can: { ping: true },
    know: [
      "`library(http/http_stream)` has to be loaded, too: without it the request is HTTP/1.0 ([swipl-devel#618](https://github.com/SWI-Prolog/swipl-devel/issues/618)), which triloop, as RFC 6455 asks, answers with 400; `http_open_websocket` then has `No permission to open websocket`, as for any other answer.",
      "`ws_receive` answers pings, so only while the program is inside it, and gives pongs and the Close as messages: it tells code and reason. A Close without a code is 1000 to it.",
      "`ws_close` wants a code; one without is `ws_send(WebSocket, _{opcode: close})`. Sends and receives may be in two threads. It does not compress; it follows redirects.",
    ],
  },
];
