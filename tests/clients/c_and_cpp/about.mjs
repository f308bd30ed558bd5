const compiled = (name, flags) => ({
  build: [["sh", "-c", `${name.endsWith(".c") ? "cc" : "c++ -std=c++17"} -O1 ${name} -o {build}/client ${flags}`]],
  run: ["{build}/client"],
});

export default [
  {
    ...compiled("poco.cpp", "-pthread -lPocoNetSSL -lPocoCrypto -lPocoNet -lPocoFoundation"),
    id: "poco",
    name: "POCO",
    language: "C++",
    packages: ["libpoco-dev"],
    can: { fragments: true, ping: true },
    know: [],
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
      "It sends its Close and ends the TCP connection at once, without waiting for the server's: triloop's log then says " +
        "`cut short by network` where the reset comes before its Close is out.",
      "It always closes with a code (1000), has no compression, and Qt 5 no call to offer a subprotocol or to tell the " +
        "chosen one.",
      "It sends a message in frames of at most 512 KiB (`setOutgoingFrameSize`), answers pings and a Close by itself, as long " +
        "as the event loop runs, and tells the server's code and reason after `disconnected`.",
    ],
    except: {
      close: { is: "resets when it has closed", seen: /closed by peer, 3001 "x{123}"; cut short by network/, sometimes: true },
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
      "It takes messages of at most 128 KiB unless `soup_websocket_connection_set_max_incoming_payload_size` says more.",
      "It compresses only if the session has the feature `SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER`.",
      "It follows a redirect, answers pings and a Close by itself while its main loop runs, can send pings only at an " +
        "interval (`keepalive-interval`), and tells the server's code and reason after `closed`.",
    ],
    except: {},
  },
];
