# Echo servers with one mistake: python3 mistakes.py MISTAKE PORT
# trial: wrong zombies; a process for each client, and nobody waits for it when it has ended; caught by: goodbye
# trial: wrong children_spin; a process for each client, which asks all the time; caught by: idle
# trial: wrong no_drain; asyncio, and nobody waits until what was written has left; caught by: never_reads
# trial: wrong whole_lines; it answers when a line is whole; caught by: byte_by_byte
# trial: wrong quit; the word quit ends the connection; caught by: words
# trial: wrong no_budget; a client is served for as long as it has something; caught by: flooder
# trial: wrong prints_each; each message is printed on stdout, and an error there ends it; caught by: stdout_dead
# trial: wrong two_seconds; recv with a time limit of 2 s, and then the client is closed; caught by: patience
# trial: wrong waits_inside; clients are served in turn, each until it has left; caught by: silent
# trial: wrong text; what comes is decoded, and encoded again; caught by: byte_values
# trial: wrong thread_error; an error in a thread leaves the connection open; caught by: reset_after_data
# trial: wrong every_address; it listens on every address; caught by: loopback
# trial: wrong ignores_term; it ignores SIGTERM, to end when all have left; caught by: terminates
# trial: wrong eight_workers; a pool of eight threads serves a client each; caught by: together
import asyncio
import os
import select
import selectors
import signal
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

mistake, port = sys.argv[1], int(sys.argv[2])


def listener():
    here = "" if mistake == "every_address" else "127.0.0.1"
    return socket.create_server((here, port), backlog=1024, reuse_port=False)


def set_up(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def print_or_end(*words):
    try:
        print(*words, flush=True)
    except OSError:
        os._exit(1)


def echo(client):
    """Until the client has ended, with blocking calls."""
    set_up(client)
    if mistake == "two_seconds":
        client.settimeout(2)
    line = b""
    try:
        while data := client.recv(65536):
            if mistake == "quit" and data.strip() == b"quit":
                break
            if mistake == "prints_each":
                print_or_end("echo", len(data))
            if mistake == "text":
                data = data.decode("utf-8", "replace").encode()
            if mistake == "whole_lines":
                line += data
                data, newline, line = line.rpartition(b"\n")
                data += newline
            client.sendall(data)
        client.sendall(line)
    except OSError:
        if mistake == "thread_error":
            kept.append(client)
            return
    client.close()


kept = []


def threads():
    door = listener()
    pool = ThreadPoolExecutor(8)
    if mistake == "ignores_term":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        try:
            client, _ = door.accept()
        except OSError:
            threading.Event().wait(0.2)
            continue
        if mistake == "eight_workers":
            pool.submit(echo, client)
        elif mistake == "waits_inside":
            echo(client)
        else:
            threading.Thread(target=echo, args=(client,), daemon=True).start()


def processes():
    door = listener()
    if mistake != "zombies":
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        client, _ = door.accept()
        if os.fork() == 0:
            door.close()
            if mistake == "children_spin":
                client.setblocking(False)
                while True:
                    try:
                        data = client.recv(65536)
                        if not data:
                            break
                        client.setblocking(True)
                        client.sendall(data)
                        client.setblocking(False)
                    except BlockingIOError:
                        pass
                    except OSError:
                        break
            else:
                echo(client)
            os._exit(0)
        client.close()


async def no_drain():
    async def serve(reader, writer):
        try:
            while data := await reader.read(65536):
                writer.write(data)
            await writer.drain()
        except OSError:
            pass
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


def no_budget():
    door = listener()
    door.setblocking(False)
    sel = selectors.DefaultSelector()
    sel.register(door, selectors.EVENT_READ)
    owed = {}
    while True:
        for key, _ in sel.select():
            client = key.fileobj
            try:
                if client is door:
                    client, _ = door.accept()
                    set_up(client)
                    client.setblocking(False)
                    owed[client] = b""
                    sel.register(client, selectors.EVENT_READ)
                    continue
                while True:
                    if not owed[client]:
                        owed[client] = client.recv(65536)
                        if not owed[client]:
                            raise OSError
                    sel.modify(client, selectors.EVENT_WRITE)
                    owed[client] = owed[client][client.send(owed[client]):]
                    if not owed[client]:
                        sel.modify(client, selectors.EVENT_READ)
                        select.select([client], [], [], 0.001)
            except BlockingIOError:
                pass
            except OSError:
                if client is not door:
                    sel.unregister(client)
                    owed.pop(client)
                    client.close()


if mistake in ("zombies", "children_spin"):
    processes()
elif mistake == "no_drain":
    asyncio.run(no_drain())
elif mistake == "no_budget":
    no_budget()
else:
    threads()
