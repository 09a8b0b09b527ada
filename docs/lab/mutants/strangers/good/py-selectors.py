#!/usr/bin/env python3
# trial: good; Python selectors, one thread, one small buffer per client
import selectors
import signal
import socket
import sys

SIZE = 64 * 1024
selector = selectors.DefaultSelector()
accepting = False


def set_accepting(listener, on):
    """Stop listening to the listener while there are no descriptors left."""
    global accepting
    if on and not accepting:
        selector.register(listener, selectors.EVENT_READ, None)
    elif accepting and not on:
        selector.unregister(listener)
    accepting = on


def accept(listener):
    try:
        conn, _ = listener.accept()
    except (BlockingIOError, ConnectionAbortedError):
        return
    except OSError:
        set_accepting(listener, False)
        return
    conn.setblocking(False)
    selector.register(conn, selectors.EVENT_READ, bytearray())


def serve(conn, pending, mask):
    """Returns False when the client is finished with."""
    try:
        if mask & selectors.EVENT_READ:
            data = conn.recv(SIZE)
            if not data:
                return False
            pending += data
        del pending[:conn.send(pending)]
    except BlockingIOError:
        pass
    except OSError:
        return False
    wanted = selectors.EVENT_WRITE if pending else selectors.EVENT_READ
    selector.modify(conn, wanted, pending)
    return True


def main(port):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    listener = socket.create_server(("127.0.0.1", port), backlog=128)
    listener.setblocking(False)
    set_accepting(listener, True)
    while True:
        # when out of descriptors, look again after a while
        events = selector.select(None if accepting else 0.2)
        set_accepting(listener, True)
        for key, mask in events:
            if key.data is None:
                accept(listener)
            elif not serve(key.fileobj, key.data, mask):
                selector.unregister(key.fileobj)
                key.fileobj.close()


try:
    main(int(sys.argv[1]))
except (IndexError, ValueError, OverflowError, OSError) as error:
    sys.exit(f"{sys.argv[0]}: {error}")
