#!/usr/bin/env python3
# trial: wrong; sent bytes leave the buffer only when it empties: grows with a client never idle
# caught by: lagging
import errno
import selectors
import signal
import socket
import sys

CAP = 1 << 18
sel = selectors.DefaultSelector()


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.out = bytearray()
        self.sent = 0
        self.eof = False
        sel.register(sock, selectors.EVENT_READ, self.ready)

    def ready(self, mask):
        try:
            if mask & selectors.EVENT_READ:
                data = self.sock.recv(65536)
                self.out += data
                self.eof = not data
            if self.sent < len(self.out):
                self.sent += self.sock.send(self.out[self.sent:self.sent + 65536])
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            return self.close()
        if self.sent == len(self.out):      # all is sent: begin anew
            self.out.clear()
            self.sent = 0
        pending = len(self.out) - self.sent
        if self.eof and not pending:
            return self.close()
        mask = selectors.EVENT_WRITE if pending else 0
        if pending < CAP and not self.eof:
            mask |= selectors.EVENT_READ
        sel.modify(self.sock, mask, self.ready)

    def close(self):
        sel.unregister(self.sock)
        self.sock.close()


def main():
    port = int(sys.argv[1]) if len(sys.argv) == 2 and sys.argv[1].isdecimal() else 0
    if not 0 < port < 65536:
        sys.exit("bad port")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ls = socket.socket()
    ls.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ls.setblocking(False)
    try:
        ls.bind(("127.0.0.1", port))
        ls.listen(4096)
    except OSError as e:
        sys.exit(f"port: {e}")
    starved = False
    sel.register(ls, selectors.EVENT_READ)
    while True:
        for key, mask in sel.select(0.1 if starved else None):
            key.data and key.data(mask)
        if starved:
            sel.register(ls, selectors.EVENT_READ)
        starved = False
        try:
            while True:
                sock, _ = ls.accept()
                sock.setblocking(False)
                Client(sock)
        except OSError as e:
            if starved := e.errno in (errno.EMFILE, errno.ENFILE):
                sel.unregister(ls)


main()
