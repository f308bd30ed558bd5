// Of all that it closes itself the server hears nothing: see what to know.
const silent = {
  is: "yes, but ends without a Close",
  seen: /closed by network, 1006 "the stream (ended without a Close frame|was cut)/,
};
const TALK = ["binary", "text", "pipelined", "fragments", "heartbeat", "ping", "tls"];

export default [
  {
    id: "tcllib",
    name: "Tcllib's websocket",
    language: "Tcl",
    packages: ["tcllib", "tcl", "tcl-tls"],
    run: ["tclsh", "websocket.tcl"],
    can: { fragments: true, ping: true },
    know: [
      "`websocket::close` never sends a Close: it marks the connection as closed first, and then refuses to send on "
        + "it. So the server's log says 1006 of each end by this client, and neither code nor reason arrives.",
      "At the server's Close its event `close` has code and reason; of a connection that is lost it says 1001, too.",
      "Its socket is a blocking one, and what comes is read by the event loop: who sends much does it a message at a "
        + "time, with `after 0` between.",
      "Over TLS (tcl-tls 1.7) it takes a trusted certificate whatever name is in it, with `-require true`, too.",
      "It never compresses, follows no redirect, and goes on if the server chose none of its subprotocols.",
    ],
    except: {
      ...Object.fromEntries(TALK.map((check) => [check, silent])),
      close: { ...silent, is: "sends no Close" },
      "plain-close": { ...silent, is: "sends no Close" },
    },
  },
];
