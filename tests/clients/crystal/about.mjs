// After so long a ping of the server may lie unread when it closes: then its Close is lost in a reset.
const slow = {
  is: "takes a minute for 10 MiB",
  sometimes: true,
  seen: /the end of crystal|closed by network, 1006 "Connection reset by peer"/,
};

export default [
  {
    id: "crystal",
    name: "Crystal's HTTP::WebSocket",
    language: "Crystal",
    packages: ["crystal", "libssl-dev"],
    build: [["crystal", "build", "websocket.cr", "-o", "{build}/websocket"]],
    run: ["{build}/websocket"],
    can: { fragments: true, ping: true, protocols: false },
    know: [
      "`close` sends the Close and closes the socket at once: what is still on its way is lost, its own `on_close` is told 1006, and the server's log may have `cut short by network` behind the code. Of a Close by the server it tells code and reason.",
      "Up to 1.6.0 each byte that it sends over plain TCP is a system call of its own ([crystal#12610](https://github.com/crystal-lang/crystal/issues/12610), mended in [#12613](https://github.com/crystal-lang/crystal/pull/12613)): 2 MiB take 5 seconds. TLS does not have this.",
      "It answers pings by itself while `run` runs. Subprotocols can be offered as a header, but which one was chosen is not told. It does not compress and does not reconnect.",
    ],
    except: { binary: slow, text: slow, close: { is: "tells 1006", seen: /1006 !== 3001/ } },
  },
];
