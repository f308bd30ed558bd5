"""websocket-client, with callbacks: its WebSocketApp."""
import threading

import websocket
from records import *
from websocket import ABNF

left = TO_COME


def one_less(app):
    global left
    left -= 1
    if left <= 0:
        app.close(status=CLOSE_CODE or 1000, reason=CLOSE_REASON.encode())


def send(app):
    try:
        for message in messages():
            opcode = ABNF.OPCODE_TEXT if isinstance(message, str) else ABNF.OPCODE_BINARY
            if FRAGMENT:
                *others, last = [piece.encode() if isinstance(piece, str) else piece for piece in fragments(message)]
                for piece in others:
                    app.sock.send_frame(ABNF.create_frame(piece, opcode, fin=0))
                    opcode = ABNF.OPCODE_CONT
                app.sock.send_frame(ABNF.create_frame(last, opcode))
            else:
                app.send(message, opcode)
    except (websocket.WebSocketException, OSError, AttributeError):
        pass  # it is closed, and app.sock may be None: on_close says it


def on_open(app):
    say(f"open {app.sock.subprotocol or ''}")
    if PING is not None:
        app.sock.ping(PING)
    threading.Thread(target=send, args=[app], daemon=True).start()


def on_message(app, message):
    say_message(message)
    one_less(app)


def on_pong(app, payload):
    say(f"pong {payload.decode()}")
    one_less(app)


app = websocket.WebSocketApp(
    URL, header=[": ".join(pair) for pair in HEADERS], subprotocols=PROTOCOLS,
    on_open=on_open, on_message=on_message, on_pong=on_pong,
    on_error=lambda app, error: say(f"failed {error!r}"),
    on_close=lambda app, code, reason: say(f"closed {code or '-'} - {reason or ''}"))
app.run_forever(origin=asked("ORIGIN"), sslopt={"ca_certs": asked("CA")} if asked("CA") else None)
