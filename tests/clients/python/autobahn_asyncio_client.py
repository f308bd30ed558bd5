"""Autobahn, with asyncio."""
import asyncio
import ssl

from autobahn.asyncio.websocket import WebSocketClientFactory, WebSocketClientProtocol
from autobahn_talk import Talk, make
from records import asked, say


class Client(Talk, WebSocketClientProtocol):
    pass


async def main():
    factory = make(WebSocketClientFactory, Client)
    context = ssl.create_default_context(cafile=asked("CA")) if factory.isSecure else None
    _, client = await asyncio.get_running_loop().create_connection(factory, factory.host, factory.port, ssl=context)
    await client.is_closed


try:
    asyncio.run(main())
except OSError as error:
    say(f"failed {error}")
