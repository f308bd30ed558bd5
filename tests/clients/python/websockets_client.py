"""websockets, with asyncio."""
import asyncio
import ssl

import websockets
from records import *
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory as Deflate

DEFLATE = {
    "on": Deflate(),
    "no-context": Deflate(server_no_context_takeover=True, client_no_context_takeover=True),
    "client-no-context": Deflate(client_no_context_takeover=True),
    "small-windows": Deflate(server_max_window_bits=9, client_max_window_bits=9),
}


async def talk(socket):
    left = TO_COME

    async def one_less():
        nonlocal left
        left -= 1
        if left <= 0:
            await socket.close(CLOSE_CODE or 1000, CLOSE_REASON)

    async def send():
        if PING is not None:
            pong = await socket.ping(PING)
        for message in messages():
            await socket.send(fragments(message) if FRAGMENT else message)
        if PING is not None:
            await pong
            say(f"pong {PING}")
            await one_less()

    sending = asyncio.create_task(send())
    try:
        while True:
            say_message(await socket.recv())
            await one_less()
    except websockets.ConnectionClosed as end:
        clean = "yes" if end.rcvd and end.sent else "no"
        say(f"closed {socket.close_code} {clean} {socket.close_reason}")
    await asyncio.wait([sending])
    sending.exception()  # the end is said already


async def main():
    context = ssl.create_default_context(cafile=asked("CA")) if URL.startswith("wss:") else None
    mode = asked("COMPRESS")
    try:
        async with websockets.connect(URL, ssl=context, max_size=None, subprotocols=PROTOCOLS, origin=asked("ORIGIN"),
                                      extra_headers=HEADERS, compression=None,
                                      extensions=[DEFLATE[mode]] if mode else None) as socket:
            say(f"open {socket.subprotocol or ''}")
            await talk(socket)
    except Exception as error:
        say(f"failed {error!r}")


asyncio.run(main())
