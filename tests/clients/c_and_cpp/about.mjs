const compiled = (name, flags) => ({
  build: [["sh", "-c", `${name.endsWith(".c") ? "cc" : "c++ -std=c++17"} -O1 ${name} -o {build}/client ${flags}`]],
  run: ["{build}/client"],
});

export default [
  {
    ...compiled("beast.cpp", "-pthread -lssl -lcrypto"),
    id: "beast",
    name: "Boost.Beast",
    language: "C++",
    packages: ["libboost-dev", "libssl-dev"],
    can: { compress: ["on", "no-context", "client-no-context", "small-windows"], fragments: true, ping: true },
    know: [
      "It takes messages of at most 16 MiB (`read_message_max`), and sends those of more than 4096 bytes in frames " +
        "of so many " +
        "(`write_buffer_bytes`).",
      "`async_close` waits for the server's Close; a read that is under way then ends with `operation_aborted`, not " +
        "`error::closed` ([boostorg/beast#1071](https://github.com/boostorg/beast/issues/1071)).",
      "It answers pings and a Close by itself, but only while a read is under way, and tells the server's code and " +
        "reason " +
        "(`reason()`). It follows no redirect.",
    ],
    except: {},
  },
  {
    ...compiled("poco.cpp", "-pthread -lPocoNetSSL -lPocoCrypto -lPocoNet -lPocoFoundation"),
    id: "poco",
    name: "POCO",
    language: "C++",
    packages: ["libpoco-dev"],
    can: { fragments: true, ping: true },
    know: [
      "It hands out frames, not messages: the program puts fragments together, and answers pings and Closes itself " +
        "(`receiveFrame`, `sendFrame`); it hears code and reason as the bytes of the Close.",
      "It has no compression, and no limit for what it receives unless `setMaxPayloadSize` sets one.",
    ],
    except: {},
  },
  {
    ...compiled("qt.cpp", "-fPIC $(pkg-config --cflags --libs Qt5WebSockets)"),
    id: "qt",
    name: "Qt WebSockets",
    language: "C++",
    packages: ["libqt5websockets5-dev", "pkg-config"],
    can: { fragments: true, ping: true, emptyClose: false, protocols: false },
    know: [
      "It sends its Close and ends the TCP connection at once, without waiting for the server's: triloop's log then " +
        "says " +
        "`cut short by network` where the reset comes before its Close is out.",
      "It always closes with a code (1000), has no compression, and Qt 5 no call to offer a subprotocol or to tell " +
        "the " +
        "chosen one.",
      "It sends a message in frames of at most 512 KiB (`setOutgoingFrameSize`), answers pings and a Close by " +
        "itself, as long " +
        "as the event loop runs, and tells the server's code and reason after `disconnected`.",
    ],
    except: {
      close: { is: "resets when it has closed", sometimes: true,
        seen: /closed by peer, 3001 "x{123}"; cut short by network/ },
    },
  },
  {
    ...compiled("libsoup.c", "$(pkg-config --cflags --libs libsoup-3.0)"),
    id: "libsoup",
    name: "libsoup",
    language: "C",
    packages: ["libsoup-3.0-dev", "glib-networking", "pkg-config"],
    can: { compress: ["on"] },
    know: [
      "It takes messages of at most 128 KiB unless `soup_websocket_connection_set_max_incoming_payload_size` says " +
        "more.",
      "It compresses only if the session has the feature `SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER`.",
      "It follows a redirect, answers pings and a Close by itself while its main loop runs, can send pings only at " +
        "an " +
        "interval (`keepalive-interval`), and tells the server's code and reason after `closed`.",
    ],
    except: {},
  },
  {
    ...compiled("libwebsockets.c", "$(pkg-config --cflags --libs libwebsockets)"),
    id: "libwebsockets",
    name: "libwebsockets",
    language: "C",
    packages: ["libwebsockets-dev", "pkg-config"],
    can: { compress: ["on", "no-context"], fragments: true, ping: true, emptyClose: false },
    know: [
      "With permessage-deflate it aborts in its own assertion when an empty message is sent compressed, or the " +
        "connection ends; of messages on a compressed connection that are not compressed others report endless loops " +
        "([warmcat/libwebsockets#2794](https://github.com/warmcat/libwebsockets/issues/2794)): offer no extension.",
      "It writes `http://` before the Origin that it is told.",
      "A callback that returns -1 ends the connection, with a Close only after `lws_close_reason`; the server's " +
        "answer to " +
        "one's own Close is told nowhere, a Close by the server in `LWS_CALLBACK_WS_PEER_INITIATED_CLOSE`.",
    ],
    except: {
      compress: { is: "aborts at an empty message", seen: /^echoes: open \n/ },
      close: { is: "does not tell the server's answer", seen: /closed - - / },
      origin: { is: "writes `http://` before it", seen: /http:\/\/https:\/\/example\.org/ },
    },
  },
];
