#!/usr/bin/env python3
# trial: wrong; out of descriptors it stops watching the listener and never takes it up again
# caught by: descriptors
import selectors
import signal
import socket
import sys

sel = selectors.DefaultSelector()


class Client:
    def __init__(self, sock):
        self.sock = sock
        self.out = b""
        sel.register(sock, selectors.EVENT_READ, self.ready)

    def ready(self):
        jammed = bool(self.out)
        try:
            if not jammed:
                self.out = self.sock.recv(65536)
                if not self.out:
                    return self.close()
            self.out = self.out[self.sock.send(self.out):]
        except (BlockingIOError, InterruptedError):
            pass
        except OSError:
            return self.close()
        if jammed != bool(self.out):
            sel.modify(self.sock, selectors.EVENT_WRITE if self.out else selectors.EVENT_READ,
                       self.ready)

    def close(self):
        sel.unregister(self.sock)
        self.sock.close()


def accept():
    while True:
        try:
            sock, _ = ls.accept()
        except (BlockingIOError, InterruptedError):
            return
        except ConnectionError:
            continue
        except OSError as e:        # would be reported again and again
            print("accept:", e, file=sys.stderr)
            sel.unregister(ls)
            return
        sock.setblocking(False)
        Client(sock)


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
sel.register(ls, selectors.EVENT_READ, accept)
while True:
    for key, _ in sel.select():
        key.data()
