#!/usr/bin/env python3
# trial: good; Python socketserver.ThreadingTCPServer
# fair: no_stall ten_thousand idle_10000; TCP_NODELAY is not set; ten thousand threads of Python take more than 20 s
import signal
import socketserver
import sys
import time


class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        try:
            while data := self.request.recv(16384):
                self.request.sendall(data)
        except OSError:
            pass


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def get_request(self):
        try:
            return super().get_request()
        except OSError:
            time.sleep(0.05)  # most likely no descriptors: don't spin
            raise


def main():
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    with Server(("127.0.0.1", int(sys.argv[1])), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()
