"""Autobahn, with Twisted."""
from autobahn.twisted.websocket import WebSocketClientFactory, WebSocketClientProtocol, connectWS
from autobahn_talk import Talk, make
from records import asked
from twisted.internet import reactor, ssl


class Client(Talk, WebSocketClientProtocol):
    def onClose(self, wasClean, code, reason):
        super().onClose(wasClean, code, reason)
        reactor.stop()


factory = make(WebSocketClientFactory, Client)
trusted = ssl.trustRootFromCertificates([ssl.Certificate.loadPEM(open(asked("CA")).read())]) if asked("CA") else None
connectWS(factory, trusted and ssl.optionsForClientTLS(factory.host, trusted))
reactor.run()
