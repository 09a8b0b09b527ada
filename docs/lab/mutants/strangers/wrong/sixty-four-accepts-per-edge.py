#!/usr/bin/env python3
# trial: wrong; edge-triggered listener, at most 64 accepts per edge: the rest of a burst is left waiting
# caught by: burst
import errno
import select
import signal
import socket
import sys

ep = select.epoll()
clients = {}        # descriptor: [socket, bytes owed]


def serve(fd):
    sock, out = client = clients[fd]
    jammed = bool(out)
    try:
        if not jammed:
            out = sock.recv(65536)
            if not out:
                return drop(fd)
        client[1] = out
        client[1] = out[sock.send(out):]
    except (BlockingIOError, InterruptedError):
        pass
    except OSError:
        return drop(fd)
    if jammed != bool(client[1]):
        ep.modify(fd, select.EPOLLOUT if client[1] else select.EPOLLIN)


def drop(fd):
    ep.unregister(fd)
    clients.pop(fd)[0].close()


def accept_one():
    """False: there was nobody, or no descriptor for him."""
    global starved
    try:
        sock, _ = ls.accept()
    except OSError as e:
        if e.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
            starved = True
        elif e.errno == errno.EAGAIN:
            starved = False
        return False
    sock.setblocking(False)
    clients[sock.fileno()] = [sock, b""]
    ep.register(sock, select.EPOLLIN)
    return True


if len(sys.argv) != 2 or not sys.argv[1].isdecimal() or not 0 < int(sys.argv[1]) < 65536:
    sys.exit("bad port")
signal.signal(signal.SIGINT, signal.SIG_DFL)
starved = False
ls = socket.socket()
ls.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
try:
    ls.bind(("127.0.0.1", int(sys.argv[1])))
except OSError as e:
    sys.exit(f"port: {e}")
ls.listen(4096)
ls.setblocking(False)
ep.register(ls, select.EPOLLIN | select.EPOLLET)
while True:
    for fd, _ in ep.poll(0.1 if starved else None):
        if fd == ls.fileno():
            for _ in range(64):     # a burst must not delay the others
                if not accept_one():
                    break
        else:
            serve(fd)
    while starved and accept_one():
        pass
