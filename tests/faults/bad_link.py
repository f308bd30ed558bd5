"""A bad link between two network namespaces, for kernels without netem.

    bad_link.py NAMESPACE ADDRESS NAMESPACE ADDRESS DELAY_MS JITTER_MS LOSS_PERCENT SEED

Two TUN devices named `bad0`, one in each namespace, and this program between them: each packet
waits DELAY_MS +- JITTER_MS, so that packets overtake each other, and LOSS_PERCENT of them are
dropped. Says "ready" when the link is up; ends with its standard input.
"""

import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
PACKET_BYTES = 65536
MOST_PACKETS_WAITING = 10_000


def enter(path):
    """Moves this process into the network namespace that `path` names."""
    libc = ctypes.CDLL(None, use_errno=True)
    with open(path) as namespace:
        if libc.setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns " + path)


def open_end(namespace, address):
    """A device in the namespace, up and with its address. It stays there when this process leaves."""
    enter("/run/netns/" + namespace)
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH", b"bad0", IFF_TUN | IFF_NO_PI))
    subprocess.run(["ip", "addr", "add", address + "/24", "dev", "bad0"], check=True)
    subprocess.run(["ip", "link", "set", "bad0", "up"], check=True)
    return device


def relay(ends, delay, jitter, loss):
    """Carries packets until standard input ends. Returns how many came and how many were dropped."""
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    waiting = []  # (when, number, device, packet)
    came = dropped = 0
    while True:
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting else None
        ready, _, _ = select.select([0, *ends], [], [], timeout)
        if 0 in ready:
            return came, dropped
        for end in ready:
            packet = os.read(end, PACKET_BYTES)
            came += 1
            if random.random() < loss or len(waiting) >= MOST_PACKETS_WAITING:
                dropped += 1
                continue
            when = time.monotonic() + delay + random.uniform(-jitter, jitter)
            heapq.heappush(waiting, (when, came, other[end], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(waiting)
            try:
                os.write(device, packet)
            except OSError:
                dropped += 1  # a device that is full or gone drops, as a link would


def main():
    first, address, second, other_address = sys.argv[1:5]
    delay, jitter, loss = (float(value) for value in sys.argv[5:8])
    random.seed(int(sys.argv[8]))
    ends = [open_end(first, address), open_end(second, other_address)]
    print("ready", flush=True)
    came, dropped = relay(ends, delay / 1000, jitter / 1000, loss / 100)
    print(f"{came} packets, {dropped} dropped", flush=True)


main()
