#!/usr/bin/env python3
# trial: good; Python asyncio Protocol with pause_writing and resume_writing
import asyncio
import sys


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)

    def eof_received(self):
        return False  # the transport sends what it holds, then closes

    def pause_writing(self):
        self.transport.pause_reading()

    def resume_writing(self):
        self.transport.resume_reading()


async def main(port):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if len(sys.argv) != 2:
    sys.exit(f"usage: {sys.argv[0]} PORT")
try:
    asyncio.run(main(int(sys.argv[1])))
except KeyboardInterrupt:
    sys.exit(130)
except (OSError, OverflowError, ValueError) as error:
    sys.exit(f"{sys.argv[0]}: {error}")
