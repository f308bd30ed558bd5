# python-websockets: connect() as an iterator.
import asyncio
import sys

import websockets


async def main(url):
    hellos = 0
    async for websocket in websockets.connect(url):
        print("open", flush=True)
        hellos += 1
        try:
            await websocket.send(f"hello {hellos}")
            async for message in websocket:
                print(message.replace("hello", "echo"), flush=True)
        except websockets.ConnectionClosed:
            pass
        print("closed", websocket.close_code, flush=True)


asyncio.run(main(sys.argv[1]))
