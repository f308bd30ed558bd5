"""ws4py, with a thread."""
from records import *
from ws4py.client.threadedclient import WebSocketClient
from ws4py.messaging import PingControlMessage


class Client(WebSocketClient):
    left = TO_COME

    def opened(self):
        say(f"open {b''.join(self.protocols or []).decode()}")

    def received_message(self, message):
        say_message(message.data.decode() if message.is_text else message.data)
        self.one_less()

    def ponged(self, pong):
        say(f"pong {pong.data.decode()}")
        self.one_less()

    def one_less(self):
        self.left -= 1
        if self.left <= 0:
            self.close(CLOSE_CODE, CLOSE_REASON)

    def closed(self, code, reason):
        say(f"closed {code} - {reason.decode() if isinstance(reason, bytes) else reason}")


try:
    headers = HEADERS + ([("Origin", asked("ORIGIN"))] if asked("ORIGIN") else [])
    client = Client(URL, protocols=PROTOCOLS, headers=headers,
                    ssl_options={"ca_certs": asked("CA"), "cert_reqs": 2} if asked("CA") else None)
    client.connect()
    if PING is not None:
        client.send(PingControlMessage(PING))
    for message in messages():
        client.send(fragments(message) if FRAGMENT else message, binary=isinstance(message, bytes))
    client.run_forever()
except Exception as error:
    say(f"failed {error}")
