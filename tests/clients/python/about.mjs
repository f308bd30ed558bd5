const python = (id, program, entry) => ({ id, language: "Python", run: ["/usr/bin/python3", program], ...entry });

const issue = (repository, number) => `[${repository.split("/")[1]} #${number}](https://github.com/${repository}/issues/${number})`;

export default [
  python("websockets", "websockets_client.py", {
    name: "websockets (Python)",
    packages: ["python3-websockets"],
    can: { compress: ["on", "no-context", "client-no-context", "small-windows"], fragments: true, ping: true, clean: true,
      emptyClose: false },
    know: [
      "It offers permessage-deflate unless it is told `compression=None`. A Close of its own always has a code, and it tells code and reason of both sides (`ConnectionClosed.rcvd`, `.sent`).",
      `A message above \`max_size\`, by default 1 MiB, ends the connection with 1009, and \`recv()\` raises only 20 s later, after twice its \`close_timeout\`: until then it waits for the TCP stream to end, without reading (${issue("python-websockets/websockets", 724)} has such a log).`,
      "It answers pings by itself as long as fewer than 32 messages (`max_queue`) wait for `recv()`. With more it is silent: a program that does not receive for longer than `--pong-timeout` loses its connection.",
      "It pings every 20 s, and fails a connection without a pong for 20 s with 1011; if the server's stream does not end either, `recv()` raises 20 s after that.",
      "A redirect is followed if it goes to `ws:` or to a path, not to `http:`.",
    ],
  }),
  python("websocket-client", "websocket_client.py", {
    name: "websocket-client",
    packages: ["python3-websocket"],
    can: { fragments: true, ping: true, emptyClose: false },
    know: [
      `It has no permessage-deflate, and offers none (${issue("websocket-client/websocket-client", 819)}).`,
      `After its own \`close()\` a \`WebSocketApp\` does not call \`on_close\`; \`run_forever()\` returns (${issue("websocket-client/websocket-client", 612)}).`,
      "It answers pings only inside `recv()` or `run_forever()`: a program that does something else for longer than `--pong-timeout` loses its connection. It answers each Close with 1000.",
      "It sends `Origin: http://HOST:PORT` by itself, which `--allow-origin` refuses unless it is listed: `origin=` sends another one, `suppress_origin=True` none.",
      "It fails where it offers subprotocols and none is chosen, and tells the chosen one in lower case. It follows a redirect to `ws:`, not to `http:` or to a path.",
    ],
    except: { close: { is: "closes, and does not tell", seen: /NaN !== 3001/ } },
  }),
  python("aiohttp", "aiohttp_client.py", {
    name: "aiohttp",
    packages: ["python3-aiohttp"],
    can: { compress: ["on", "small-windows"], ping: true, emptyClose: false },
    know: [
      "It compresses only with `compress=15`, or with fewer bits. A Close of its own always has a code.",
      "A message of `max_msg_size`, by default 4 MiB, or more ends the connection with 1009: `receive()` returns an ERROR, and `close_code` is 1006.",
      `It answers pings only inside \`receive()\`, so there has to be a task that always receives ([its maintainer on that](https://github.com/aio-libs/aiohttp/pull/10985)). A program that does something else for longer than \`--pong-timeout\` loses its connection, and the next \`receive()\` raises \`ConnectionResetError\` if pings are waiting in it.`,
      `\`close_code\` is 1006 if the TCP stream had ended before \`receive()\` came to the Close; the code then still is the \`data\` of the CLOSE message (${issue("aio-libs/aiohttp", 5180)}). triloop ends its stream only after the client has answered its Close, so the code is told.`,
      "It shows pongs only with `autoping=False`, where the program answers pings itself. It follows redirects, to `http:` too.",
    ],
  }),
  python("aiohttp-lazy", "aiohttp_client.py", {
    environment: { AIOHTTP_PAUSES: "1" },
    name: "aiohttp, receiving now and then",
    packages: ["python3-aiohttp"],
    can: { compress: ["on", "small-windows"], ping: true, emptyClose: false },
    know: ["The same aiohttp, whose program sleeps for 2 ms before each `receive()`, and for 50 ms before the last messages and the Close: nothing is lost, and the code is told."],
  }),
  python("tornado", "tornado_client.py", {
    name: "tornado",
    packages: ["python3-tornado"],
    can: { compress: ["on"] },
    know: [
      "A message above `max_message_size`, by default 10 MiB, ends the connection with 1009; the program only sees the `None` of an end, without a code.",
      "It reads one message ahead of `read_message()`, and answers pings by itself only up to there: a program that leaves more unread for longer than `--pong-timeout` loses its connection. With `on_message_callback` it always reads.",
      "`close_code` is `None` where the connection was lost without a Close. It can ping, but has no call that tells of pongs. It follows no redirect (`HTTP 302`).",
    ],
  }),
  python("autobahn", "autobahn_client.py", {
    name: "Autobahn (Twisted)",
    packages: ["python3-autobahn", "python3-twisted"],
    can: { compress: ["on", "no-context", "client-no-context", "small-windows"], fragments: true, ping: true, clean: true },
    know: [
      `With Twisted, \`connectWS\` without a context of \`ssl.optionsForClientTLS()\` trusts any certificate (${issue("crossbario/autobahn-python", 537)}).`,
      "It drops the connection, with 1006, when the answer to its own Close takes longer than `closeHandshakeTimeout`: 1 s by default, and often much less in fact, since its timers end at full seconds of the clock. What the server still owes is lost then: set it to 10 s or so.",
      "It has no limit for messages unless one is set. That the server refuses it is told by `onClose` with 1006 and the status in the reason (`upgrade failed [404]`); `onOpen` is not called.",
    ],
    except: { tls: { is: "trusts any certificate", seen: /it takes this for a connection/ } },
  }),
  python("autobahn-asyncio", "autobahn_asyncio_client.py", {
    name: "Autobahn (asyncio)",
    packages: ["python3-autobahn"],
    can: { compress: ["on", "no-context", "client-no-context", "small-windows"], fragments: true, ping: true, clean: true },
    know: [
      "With asyncio the TLS context is that of `create_connection()`, and `ssl.create_default_context()` looks at certificate and name. `closeHandshakeTimeout` is as short as with Twisted, and has to be set, too.",
    ],
  }),
  python("ws4py", "ws4py_client.py", {
    name: "ws4py",
    packages: ["python3-ws4py"],
    can: { fragments: true, ping: true },
    know: [
      "`heartbeat_freq` sends pongs from a thread of its own, in the middle of a frame that another thread is just sending: the server sees garbage and ends the connection. Over TLS the answers to the server's pings do the same, and even the TLS records break (`bad record mac` in the server's log). Do without a heartbeat; over TLS, send nothing large.",
      `What the server says right behind its handshake is read by two threads: of two messages that come with it the second is lost, and one that comes in two parts can end the connection (what was mended in ${issue("Lawouach/WebSocket-for-Python", 46)} is not enough).`,
      "It trusts any certificate unless `ssl_options` has `cert_reqs` and `ca_certs`, and never looks at the name in it ([mended after this version](https://github.com/Lawouach/WebSocket-for-Python/pull/285)). It has no permessage-deflate.",
      "It sends `Origin: ws://HOST:PORT` by itself, which `--allow-origin` refuses unless it is listed. It tells the subprotocol in lower case, in the list `protocols`.",
    ],
    except: {
      ...Object.fromEntries(["subprotocol", "no-subprotocol", "request", "origin"].map((check) =>
        [check, { is: "loses the first message", sometimes: true, seen: /closed 1006|already executing|'parser'/ }])),
      tls: { is: "trusts any certificate", seen: /it takes this for a connection/ },
    },
  }),
];
