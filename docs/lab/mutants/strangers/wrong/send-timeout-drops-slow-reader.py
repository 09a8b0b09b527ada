#!/usr/bin/env python3
# trial: wrong; a send timeout of 5 s meant for dead peers cuts off a client that reads late
# caught by: patience
import signal
import socket
import sys
import threading
import time


def echo(conn):
    try:
        while True:
            data = conn.recv(65536)
            if not data:
                break
            conn.settimeout(5)      # a peer that vanished must not hold this thread for ever
            conn.sendall(data)
            conn.settimeout(None)   # but an idle client may be silent for long
    except OSError:
        pass
    finally:
        conn.close()


def start(conn):
    while True:
        try:
            threading.Thread(target=echo, args=(conn,), daemon=True).start()
            return
        except RuntimeError:        # no more threads for now
            time.sleep(0.1)


def main():
    if len(sys.argv) != 2 or not sys.argv[1].isdecimal() or not 0 < int(sys.argv[1]) < 65536:
        sys.exit("bad port")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.stack_size(256 * 1024)
    ls = socket.socket()
    ls.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        ls.bind(("127.0.0.1", int(sys.argv[1])))
    except OSError as e:
        sys.exit(f"port: {e}")
    ls.listen(4096)
    while True:
        try:
            conn, _ = ls.accept()
        except ConnectionError:
            continue
        except OSError:             # out of descriptors: a short rest
            time.sleep(0.1)
            continue
        start(conn)
        del conn


main()
