#!/usr/bin/env python3
# trial: good; Python asyncio streams, a coroutine per client
import asyncio
import signal
import sys


async def echo(reader, writer):
    try:
        while data := await reader.read(64 * 1024):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
        try:
            await writer.wait_closed()
        except OSError:
            pass


async def main(port):
    server = await asyncio.start_server(echo, "127.0.0.1", port, backlog=128)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


if __name__ == "__main__":
    try:
        number = int(sys.argv[1])
        if not 0 <= number <= 65535:
            raise ValueError(f"port out of range: {number}")
        asyncio.run(main(number))
    except IndexError:
        sys.exit(f"usage: {sys.argv[0]} PORT")
    except (OSError, ValueError) as error:
        sys.exit(f"{sys.argv[0]}: {error}")
