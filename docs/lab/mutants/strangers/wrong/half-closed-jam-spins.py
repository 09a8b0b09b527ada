#!/usr/bin/env python3
# trial: wrong; after EOF with bytes still owed, read interest stays on: the loop spins
# caught by: half_close_owed
import errno
import selectors
import signal
import socket
import sys

CAP = 1 << 20
sel = selectors.DefaultSelector()


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.out = bytearray()
        self.eof = False
        self.mask = selectors.EVENT_READ
        sel.register(sock, self.mask, self.ready)

    def ready(self, mask):
        try:
            if mask & selectors.EVENT_READ:
                data = self.sock.recv(65536)
                self.out += data
                self.eof = not data
            if self.out:
                del self.out[:self.sock.send(self.out[:262144])]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            return self.close()
        if self.eof and not self.out:
            return self.close()
        mask = selectors.EVENT_WRITE if self.out else 0
        if len(self.out) < CAP:
            mask |= selectors.EVENT_READ
        if mask != self.mask:
            self.mask = mask
            sel.modify(self.sock, mask, self.ready)

    def close(self):
        sel.unregister(self.sock)
        self.sock.close()


def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal() or not 0 < int(sys.argv[1]) < 65536:
        sys.exit("bad port")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ls = socket.socket()
    ls.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        ls.bind(("127.0.0.1", int(sys.argv[1])))
    except OSError as e:
        sys.exit(f"port: {e}")
    ls.listen(4096)
    ls.setblocking(False)
    sel.register(ls, selectors.EVENT_READ, None)
    starved = False
    while True:
        for key, mask in sel.select(0.1 if starved else None):
            if key.data:
                key.data(mask)
        if starved:
            sel.register(ls, selectors.EVENT_READ, None)
            starved = False
        try:
            while True:
                sock, _ = ls.accept()
                sock.setblocking(False)
                Client(sock)
        except OSError as e:
            if e.errno in (errno.EMFILE, errno.ENFILE):
                sel.unregister(ls)
                starved = True


main()
