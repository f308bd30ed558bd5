"""An echo server on python-websockets, as its documentation shows it, with an orderly end."""

import asyncio
import signal

import websockets


async def echo(connection, _path=None):
    async for message in connection:
        await connection.send(message)


async def main():
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with websockets.serve(echo, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"listening on http://127.0.0.1:{port}/", flush=True)
        await stop.wait()


asyncio.run(main())
