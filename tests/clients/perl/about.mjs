export default [
  {
    id: "mojo",
    name: "Mojolicious",
    language: "Perl",
    packages: ["libmojolicious-perl", "libio-socket-ssl-perl"],
    run: ["perl", "mojo.pl"],
    can: { compress: ["on"], fragments: true, ping: true },
    know: [
      "It tells code and reason of a Close and answers pings by itself while its loop runs. It does not wait for the answer to its own Close: the server's log may say so behind the code (`cut short by network`).",
      "The event `finish` comes before the Close is sent: a program that stops the loop there (`Mojo::IOLoop->stop`) sends none, and the server sees 1006. Let the loop end by itself.",
      "Messages of more than 256 KiB end the connection with 1009: raise `max_websocket_size`. After 40 seconds without a byte in either direction it closes, with 1006: set `inactivity_timeout`, or let the server ping (triloop does, every 20 seconds).",
      "It compresses if the header `Sec-WebSocket-Extensions: permessage-deflate` is set by hand. An empty message, unless it is the first, then goes out as a frame without a byte, which is no DEFLATE ([RFC 7692, section 7.2.3.6](https://www.rfc-editor.org/rfc/rfc7692#section-7.2.3.6) has one byte): triloop takes it for the empty message that it is, and others may end the connection.",
    ],
  },
  {
    id: "anyevent",
    name: "AnyEvent::WebSocket::Client",
    language: "Perl",
    packages: ["libanyevent-websocket-client-perl", "libio-socket-ssl-perl"],
    run: ["perl", "anyevent.pl"],
    know: [
      "It tells code and reason of a Close, and answers pings by itself while its loop runs. It can send pings, but does not tell of pongs; it does not compress.",
      "`close` without a code, and its answer to any Close, carry 1005, which must not be on the wire ([RFC 6455, section 7.4.1](https://www.rfc-editor.org/rfc/rfc6455#section-7.4.1)): triloop answers the first with 1002, `a Close with code 1005, which may not be sent`, and its log says so. Give `close` a code: `$connection->close(1000)`.",
      "It always sends an `Origin` of its own, made of the URL's host. One given in `http_headers` becomes a second, and triloop refuses the request with 400.",
      "Messages of more than 64 KiB are an error unless `max_payload_size` is raised; the connection then ends without a Close. When it offers subprotocols and the server chooses none, `connect` fails.",
    ],
    except: {
      "plain-close": { is: "sends 1005", seen: /closed by peer, 1002 "a Close with code 1005/ },
      origin: { is: "sends two", seen: /400 Bad Request/ },
    },
  },
];
