# Autobahn, with Twisted's ReconnectingClientFactory.
import sys
from urllib.parse import urlsplit

from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol
from twisted.internet import reactor
from twisted.internet.protocol import ReconnectingClientFactory


class Greeter(WebSocketClientProtocol):
    hellos = 0

    def onOpen(self):
        self.factory.resetDelay()
        print("open", flush=True)
        Greeter.hellos += 1
        self.sendMessage(f"hello {Greeter.hellos}".encode())

    def onMessage(self, payload, isBinary):
        print(payload.decode().replace("hello", "echo"), flush=True)

    def onClose(self, wasClean, code, reason):
        print("closed", "-" if code is None else code, flush=True)


class Factory(WebSocketClientFactory, ReconnectingClientFactory):
    protocol = Greeter

    def clientConnectionFailed(self, connector, reason):
        self.retry(connector)

    clientConnectionLost = clientConnectionFailed


url = urlsplit(sys.argv[1])
reactor.connectTCP(url.hostname, url.port, Factory(sys.argv[1]))
reactor.run()
