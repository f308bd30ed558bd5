#!/usr/bin/env python3
"""notify.py PROGRAM: what the program tells the service manager, with a socket in its place."""
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

with tempfile.TemporaryDirectory() as folder:
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.settimeout(10)
    manager.bind(os.path.join(folder, "notify"))
    program = subprocess.Popen(
        [sys.argv[1], "--bind", "127.0.0.1", "--port", "0", "--quiet"],
        env={**os.environ, "NOTIFY_SOCKET": os.path.join(folder, "notify")},
        stdout=subprocess.PIPE, text=True)
    try:
        assert manager.recv(100) == b"READY=1"
        # Not before it listens: a connection is taken at once.
        port = int(re.search(r":(\d+)/", program.stdout.readline()).group(1))
        with socket.create_connection(("127.0.0.1", port), 10) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert peer.recv(12) == b"HTTP/1.1 200"
        program.send_signal(signal.SIGTERM)
        assert manager.recv(100) == b"STOPPING=1"
        assert program.wait(20) == 0
    finally:
        program.kill()
