"""aiohttp. With AIOHTTP_PAUSES its program receives only now and then, and does something else between."""
import asyncio
import os
import ssl

import aiohttp
from aiohttp import WSMsgType
from records import *

PAUSES = "AIOHTTP_PAUSES" in os.environ
DEFLATE = {"on": 15, "small-windows": 9}


async def send(socket):
    try:
        if PING is not None:
            await socket.ping(PING.encode())
        for message in messages():
            await (socket.send_str if isinstance(message, str) else socket.send_bytes)(message)
    except ConnectionError:
        pass  # it is closed, which receive() says


async def receive(socket):
    expected, heard, reason = len(asked("SEND", "").split()), 0, ""
    while not socket.closed:
        if heard >= TO_COME:
            await socket.close(code=CLOSE_CODE or 1000, message=CLOSE_REASON.encode())
            break
        if PAUSES:
            await asyncio.sleep(0.002 if heard < expected - 3 else 0.05)
        message = await socket.receive()
        if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
            say_message(message.data)
            heard += 1
        elif message.type == WSMsgType.PONG:
            say(f"pong {message.data.decode()}")
            heard += 1
        elif message.type == WSMsgType.PING:
            await socket.pong(message.data)
        elif message.type == WSMsgType.CLOSE:
            reason = message.extra
        elif message.type == WSMsgType.ERROR:
            say(f"failed {message.data!r}")
    say(f"closed {socket.close_code} - {reason}")


async def main():
    context = ssl.create_default_context(cafile=asked("CA")) if asked("CA") else None
    async with aiohttp.ClientSession() as session:
        try:
            async with session.ws_connect(URL, protocols=PROTOCOLS or (), origin=asked("ORIGIN"), headers=HEADERS,
                                          compress=DEFLATE.get(asked("COMPRESS"), 0), ssl=context, max_msg_size=0,
                                          autoping=PING is None) as socket:
                say(f"open {socket.protocol or ''}")
                await asyncio.gather(receive(socket), send(socket))
        except (aiohttp.ClientError, OSError) as error:
            say(f"failed {error}")


asyncio.run(main())
