const split = { is: "fails if a message comes in pieces", sometimes: true, seen: /websocket\.lua:\d+: read: Connection timed out/ };

export default [
  {
    id: "lua-http",
    name: "lua-http",
    language: "Lua",
    packages: ["lua-http", "lua5.2"],
    run: ["lua5.2", "http.lua"],
    can: { emptyClose: false, fragments: true },
    know: [
      "A message of 126 to 65535 bytes that does not arrive in one piece is an error, `read: Connection timed out`, and the connection is lost ([lua-http#140](https://github.com/daurnimator/lua-http/issues/140), mended in [#197](https://github.com/daurnimator/lua-http/pull/197), which is not in 0.4): seen here with one of 60,000 bytes, while one of 70,000 arrives. On a real network this is the rule; send such a client messages of up to 125 bytes, or of 65536 and more.",
      "It answers pings only while the program is inside `receive`; sends and receives may be in two coroutines. It can send pings, but does not tell of pongs; it does not compress.",
      "It has the code and reason of a Close as `got_close_code` and `got_close_message`, but takes 1012 and 1013 (service restart, try again later), which are younger than RFC 6455, for a protocol error: `got_close_code` is then `true`. `close` without a code sends 1000. It follows redirects.",
      "Debian's works with Lua 5.1 and 5.2; parts that it needs are not there for 5.3 and 5.4.",
    ],
    except: { binary: split, text: split, fragments: split, tls: split },
  },
];
