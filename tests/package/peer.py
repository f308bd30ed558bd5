#!/usr/bin/env python3
"""A WebSocket client for the service, peer.py PATH [COMMAND]...: what it receives goes to standard
output, a line each, until the connection is over. Lines of standard input are sent."""
import os
import socket
import struct
import sys
import threading

peer = socket.create_connection(("127.0.0.1", int(os.environ.get("PORT", "7777"))), 10)
peer.settimeout(20)
peer.sendall(f"GET {sys.argv[1]} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
             "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==\r\n\r\n".encode())
received = peer.makefile("rb")
head = received.readline().decode().strip()
while received.readline() not in (b"\r\n", b""):
    pass


def send(opcode, payload):
    assert len(payload) < 126
    peer.sendall(bytes([0x80 | opcode, 0x80 | len(payload), 0, 0, 0, 0]) + payload)  # a mask of zeros


def send_lines():
    for line in sys.stdin:
        send(1, line.rstrip("\n").encode())


print(head, flush=True)
if " 101 " not in head:
    sys.exit(1)
threading.Thread(target=send_lines, daemon=True).start()
while True:
    opcode, size = received.read(2)
    if size == 126:
        size, = struct.unpack(">H", received.read(2))
    payload = received.read(size)
    if opcode == 0x88:
        print("closed with", struct.unpack(">H", payload[:2])[0], flush=True)
        send(8, payload[:2])
        break
    if opcode == 0x81:
        print(payload.decode(), flush=True)
