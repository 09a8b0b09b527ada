#!/usr/bin/env python3
# trial: good; Python, a thread per client, blocking sockets
# fair: ten_thousand idle_10000; ten thousand threads of Python take more than 20 s
import signal
import socket
import sys
import threading
import time


def echo(conn):
    with conn:
        try:
            while data := conn.recv(65536):
                conn.sendall(data)
        except OSError:
            pass


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} PORT")
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
    except (OSError, OverflowError, ValueError) as error:
        sys.exit(f"{sys.argv[0]}: cannot listen on {sys.argv[1]}: {error}")
    while True:
        try:
            conn, _ = server.accept()
        except ConnectionAbortedError:
            continue
        except OSError as error:
            print(f"accept: {error}", file=sys.stderr)
            time.sleep(0.1)
            continue
        try:
            threading.Thread(target=echo, args=(conn,), daemon=True).start()
        except RuntimeError as error:
            print(f"no thread: {error}", file=sys.stderr)
            conn.close()


main()
