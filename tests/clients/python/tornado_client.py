"""tornado."""
import asyncio

from records import *
from tornado.httpclient import HTTPRequest
from tornado.httputil import HTTPHeaders
from tornado.websocket import WebSocketClosedError, websocket_connect


async def send(socket):
    try:
        for message in messages():
            await socket.write_message(message, binary=isinstance(message, bytes))
    except WebSocketClosedError:
        pass  # which receive() says


async def receive(socket):
    left = TO_COME
    while True:
        if left == 0:
            socket.close(CLOSE_CODE, CLOSE_REASON or None)
        message = await socket.read_message()
        if message is None:
            break
        say_message(message)
        left -= 1
    say(f"closed {socket.close_code or '-'} - {socket.close_reason or ''}")


async def main():
    headers = HTTPHeaders()
    for name, value in HEADERS:
        headers.add(name, value)
    if asked("ORIGIN"):
        headers.add("Origin", asked("ORIGIN"))
    request = HTTPRequest(URL, headers=headers, ca_certs=asked("CA"))
    try:
        socket = await websocket_connect(request, subprotocols=PROTOCOLS, max_message_size=1 << 30,
                                         compression_options={} if asked("COMPRESS") else None)
    except Exception as error:
        say(f"failed {error!r}")
        return
    say(f"open {socket.selected_subprotocol or ''}")
    await asyncio.gather(send(socket), receive(socket))


asyncio.run(main())
