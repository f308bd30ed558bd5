"""python-websockets: asyncio, one thread for all connections."""

import argparse
import asyncio
import signal

import websockets

MOST_MESSAGE_BYTES = 64 << 20


async def echo(connection, *_):
    try:
        async for message in connection:
            await connection.send(message)
    except websockets.ConnectionClosed:
        pass


members = set()


async def room(connection, *_):
    members.add(connection)
    try:
        await connection.send("joined")
        async for message in connection:
            websockets.broadcast(members, message)
    except websockets.ConnectionClosed:
        pass
    finally:
        members.discard(connection)


async def main(port, compress, handler):
    stop = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set_result, None)
    server = await websockets.serve(
        handler, "127.0.0.1", port, max_size=MOST_MESSAGE_BYTES, backlog=4096,
        compression="deflate" if compress else None)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    await stop


parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int, default=0)
parser.add_argument("--compress", action="store_true")
parser.add_argument("--room", action="store_true")
arguments = parser.parse_args()
asyncio.run(main(arguments.port, arguments.compress, room if arguments.room else echo))
