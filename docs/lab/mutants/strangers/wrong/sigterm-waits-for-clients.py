#!/usr/bin/env python3
# trial: wrong; SIGTERM waits until every client has left: with an idle client it never ends
# caught by: terminates
import asyncio
import signal
import socket
import sys

tasks = set()


async def echo(conn):
    reader, writer = await asyncio.open_connection(sock=conn)
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
        try:
            await writer.wait_closed()      # what is owed goes out first
        except OSError:
            pass


async def serve(ls):
    loop = asyncio.get_running_loop()
    while True:
        try:
            conn, _ = await loop.sock_accept(ls)
        except ConnectionError:
            continue
        except OSError:                     # out of descriptors: a short rest
            await asyncio.sleep(0.1)
            continue
        task = asyncio.create_task(echo(conn))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
        del conn, task


async def main(ls):
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for sig in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sig, stop.set)
    accepting = asyncio.create_task(serve(ls))
    await stop.wait()
    accepting.cancel()
    if tasks:
        await asyncio.wait(tasks)           # finish in good order


if len(sys.argv) != 2 or not sys.argv[1].isdecimal() or not 0 < int(sys.argv[1]) < 65536:
    sys.exit("bad port")
ls = socket.socket()
ls.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    ls.bind(("127.0.0.1", int(sys.argv[1])))
    ls.listen(4096)
except OSError as e:
    sys.exit(f"port: {e}")
ls.setblocking(False)
asyncio.run(main(ls))
