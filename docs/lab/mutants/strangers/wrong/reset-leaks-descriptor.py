#!/usr/bin/env python3
# trial: wrong; when recv raises (a client resets) its socket stays open in the set of clients
# caught by: reset_before_data
import signal
import socket
import sys
import threading
import time

clients = set()
lock = threading.Lock()


def forget(conn):
    with lock:
        clients.discard(conn)
    conn.close()


def echo(conn):
    with lock:
        clients.add(conn)
    while True:
        try:
            data = conn.recv(65536)
        except ConnectionError:
            return                  # he is gone already
        if not data:
            break
        try:
            conn.sendall(data)
        except OSError:
            break
    forget(conn)


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
        while True:
            try:
                threading.Thread(target=echo, args=(conn,), daemon=True).start()
                break
            except RuntimeError:    # no more threads for now
                time.sleep(0.1)


main()
