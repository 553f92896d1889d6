"""``python ask.py SOCKET FILE``: have the server run the tests of that file; its exit status is theirs, printed too."""

import socket
import sys

if __name__ == "__main__":
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(sys.argv[1])
        server.sendall(sys.argv[2].encode())
        status = int(server.recv(100))
    print(f"exit status {status}")
    sys.exit(status != 0)
