const jars = (...names) => names.map((name) => `/usr/share/java/${name}.jar`).join(":");
const program = (name, classpath) => ({
  build: [["javac", "-cp", classpath, "-d", "{build}", "Told.java", `${name}.java`]],
  run: ["java", "-cp", `{build}:${classpath}`, name],
});
const TOMCAT = ["websocket", "websocket-client-api", "websocket-api", "api", "juli", "util"]
  .map((part) => `tomcat10-${part}`);

export default [
  {
    id: "jdk",
    name: "java.net.http.WebSocket",
    language: "Java",
    packages: ["openjdk-17-jdk-headless"],
    ...program("Jdk", ""),
    can: { fragments: true, ping: true, emptyClose: false },
    know: [
      "It has to be asked for what comes: without `request()` it hears nothing and answers no ping, so the "
        + "server takes it for silent.",
      "A message comes in parts, of any total size; a Close is answered by itself, and `onClose` tells code "
        + "and reason.",
      "It never compresses, and follows no redirect. The exception of a refused handshake has no message: its "
        + "`getResponse()` has the status.",
      "`sendClose` wants a code, and takes none of 1002, 1003, 1007, 1009 and 1012.",
      "That the server chose none of its subprotocols is no error: `getSubprotocol()` is empty.",
    ],
    except: {},
  },
  {
    id: "tomcat",
    name: "Tomcat",
    language: "Java",
    packages: ["libtomcat10-java", "openjdk-17-jdk-headless"],
    ...program("Tomcat", jars(...TOMCAT)),
    can: { compress: ["on", "no-context", "small-windows"], fragments: true, ping: true, emptyClose: false },
    know: [
      "It holds messages of at most 8192 characters or bytes unless told otherwise "
        + "(`setDefaultMaxTextMessageBufferSize`, `setDefaultMaxBinaryMessageBufferSize`): a longer one ends the "
        + "connection with 1009.",
      "It compresses only if it is given permessage-deflate as an extension, in each mode; it answers pings and "
        + "a Close by itself.",
      "`close()` sends 1000. Told to close with `NO_STATUS_CODE` it puts 1005 on the wire, which is no code for "
        + "a Close: the server answers 1002.",
      "It follows redirects, and goes on if the server chose none of its subprotocols.",
    ],
    except: {},
  },
  {
    id: "okhttp",
    name: "OkHttp",
    language: "Java",
    packages: ["libokhttp-java", "openjdk-17-jdk-headless"],
    ...program("OkHttp", jars("okhttp", "okio")),
    can: { emptyClose: false },
    know: [
      "What waits to be sent is at most 16 MiB: with more, `send()` returns false and it closes with 1001 "
        + "([#3619](https://github.com/lysine-dev/okhttp/issues/3619)).",
      "At the server's Close `onClosing` tells code and reason; the program has to call `close()` there, or "
        + "`onClosed` never comes.",
      "It answers pings by itself, has no call that sends one (only `pingInterval`), and this version never "
        + "compresses.",
      "It follows redirects, and goes on if the server chose none of its subprotocols.",
    ],
    except: {},
  },
];
