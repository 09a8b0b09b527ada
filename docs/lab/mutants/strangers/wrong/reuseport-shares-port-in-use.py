#!/usr/bin/env python3
# trial: wrong; SO_REUSEPORT: a second server on the port starts too and takes half the clients
# caught by: port_in_use
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


if len(sys.argv) != 2 or not sys.argv[1].isdecimal() or not 0 < int(sys.argv[1]) < 65536:
    sys.exit("bad port")
signal.signal(signal.SIGINT, signal.SIG_DFL)
ls = socket.socket()
for option in (socket.SO_REUSEADDR, socket.SO_REUSEPORT):   # so that a restart works at once
    ls.setsockopt(socket.SOL_SOCKET, option, 1)
try:
    ls.bind(("127.0.0.1", int(sys.argv[1])))
    ls.listen(4096)
except OSError as e:
    sys.exit(f"port: {e}")
ls.setblocking(False)
asyncio.run(serve(ls))
