# websocket-client: WebSocketApp, whose run_forever() is called again each time it returns.
import sys
import time

import websocket

hellos = 0


def on_open(app):
    global hellos
    print("open", flush=True)
    hellos += 1
    app.send(f"hello {hellos}")


def on_message(app, message):
    print(message.replace("hello", "echo"), flush=True)


def on_close(app, code, reason):
    print("closed", "-" if code is None else code, flush=True)


app = websocket.WebSocketApp(sys.argv[1], on_open=on_open, on_message=on_message, on_close=on_close)
while app.run_forever() is not False:
    time.sleep(1)
