const go = (name) => ({
  language: "Go",
  build: [["go", "build", "-o", `{build}/${name}`, `${name}.go`, "records.go"]],
  run: [`{build}/${name}`],
  environment: { GOPATH: "/usr/share/gocode", GO111MODULE: "off" },
});

export default [
  {
    ...go("gorilla"),
    id: "gorilla",
    name: "gorilla/websocket",
    packages: ["golang-github-gorilla-websocket-dev", "golang-go"],
    can: { compress: ["no-context"], fragments: true, ping: true },
    know: [
      "It compresses only if told to (`EnableCompression`), and only without context takeover.",
      "A message of more than 4096 bytes (`WriteBufferSize`) leaves as several frames " +
        "([gorilla/websocket#814](https://github.com/gorilla/websocket/issues/814)); triloop puts them together.",
      "It has no limit for what it receives unless `SetReadLimit` sets one, answers pings and a Close by itself, but " +
        "only " +
        "while `ReadMessage` runs, and tells the server's code and reason by a `CloseError`.",
      "It follows no redirect: `Dial` fails with `ErrBadHandshake`, and the response beside it has the status.",
    ],
    except: {},
  },
  {
    ...go("nhooyr"),
    id: "nhooyr",
    name: "nhooyr.io/websocket",
    packages: ["golang-nhooyr-websocket-dev", "golang-go"],
    can: { compress: ["on", "no-context"], fragments: true },
    know: [
      "It offers compression unless told otherwise, and up to 1.8.7 fails when the server says how large its window " +
        "is, as " +
        "RFC 7692 lets it ([coder/websocket#351](https://github.com/coder/websocket/issues/351)): disable it " +
        "(`CompressionDisabled`), or let triloop have `--compress-window 15`; both were tried here.",
      "It takes messages of at most 32768 bytes unless `SetReadLimit` says more, and closes with 1009 at a longer one.",
      "When a ping crosses its Close, `Close` waits for 5 s and fails " +
        "([coder/websocket#298](https://github.com/coder/websocket/issues/298)).",
      "It answers pings and a Close by itself, but only while `Read` runs; `Ping` has a payload of its own making. " +
        "It tells " +
        "the server's code and reason (`CloseError`).",
    ],
    except: {
      compress: { is: "fails unless `--compress-window 15`",
        seen: /unsupported permessage-deflate parameter: "server_max_window_bits=/ },
      heartbeat: { is: "a ping that crosses its Close costs 5 s", sometimes: true,
        seen: /failed to write control frame opPong: context deadline exceeded/ },
    },
  },
  {
    ...go("x_net"),
    id: "x_net",
    name: "golang.org/x/net/websocket",
    packages: ["golang-golang-x-net-dev", "golang-go"],
    can: { close: false, emptyClose: false, code: false, reason: false },
    know: [
      "Its own manual advises others. It closes with 1000 and can close with nothing else, does not wait for the " +
        "server's " +
        "Close, and gives `io.EOF` for the server's, whatever its code.",
      "It takes each frame for a message: one that a server sends in several frames comes in pieces " +
        "([golang/go#16945](https://github.com/golang/go/issues/16945)). triloop sends each message in one.",
      "It always sends an Origin, which the program has to make up and it writes in small letters. It has neither " +
        "compression nor pings of its own, and answers pings only while `Receive` runs.",
      "`websocket.Message` receives text as binary and binary as text, as its variable wants it: only a `Codec` of " +
        "one's own " +
        "hears the type.",
    ],
    except: {},
  },
];
