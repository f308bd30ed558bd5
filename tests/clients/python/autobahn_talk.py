"""What the two programs of Autobahn have in common: all but the loop that they run in."""
from autobahn.websocket.compress import PerMessageDeflateOffer, PerMessageDeflateResponseAccept
from records import *

DEFLATE = {  # what it asks of the server, and what it does itself
    "on": ({}, {}),
    "no-context": ({"request_no_context_takeover": True}, {"no_context_takeover": True}),
    "client-no-context": ({}, {"no_context_takeover": True}),
    "small-windows": ({"request_max_window_bits": 9}, {"window_bits": 9}),
}


class Talk:
    left = TO_COME
    opened = False

    def onOpen(self):
        self.opened = True
        say(f"open {self.websocket_protocol_in_use or ''}")
        if PING is not None:
            self.sendPing(PING.encode())
        for message in messages():
            binary = isinstance(message, bytes)
            self.sendMessage(message if binary else message.encode(), binary, fragmentSize=FRAGMENT or None)

    def onMessage(self, payload, isBinary):
        say_message(payload if isBinary else payload.decode())
        self.one_less()

    def onPong(self, payload):
        say(f"pong {payload.decode()}")
        self.one_less()

    def one_less(self):
        self.left -= 1
        if self.left <= 0:
            self.sendClose(CLOSE_CODE, CLOSE_REASON or None)

    def onClose(self, wasClean, code, reason):
        if self.opened:
            say(f"closed {code or '-'} {'yes' if wasClean else 'no'} {reason or ''}")
        else:
            say(f"failed {reason}")


def make(Factory, Client):
    factory = Factory(URL, origin=asked("ORIGIN"), protocols=PROTOCOLS, headers=dict(HEADERS))
    factory.protocol = Client
    factory.setProtocolOptions(openHandshakeTimeout=30, closeHandshakeTimeout=10)
    if asked("COMPRESS"):
        offer, own = DEFLATE[asked("COMPRESS")]
        factory.setProtocolOptions(perMessageCompressionOffers=[PerMessageDeflateOffer(**offer)],
                                   perMessageCompressionAccept=lambda it: PerMessageDeflateResponseAccept(it, **own))
    return factory
