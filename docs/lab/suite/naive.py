# A server as many learners write it first: it waits inside recv, and trusts.
import socket
import sys

listener = socket.socket()
listener.bind(("127.0.0.1", int(sys.argv[1])))
listener.listen()
while True:
    client, _ = listener.accept()
    while True:
        data = client.recv(1024)
        if not data:
            break
        client.send(data)
    client.close()
