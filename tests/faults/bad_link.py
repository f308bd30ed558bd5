"""A bad link between two network namespaces, for kernels without netem.

    bad_link.py NAMESPACE ADDRESS NAMESPACE ADDRESS [OPTION...]

Two TUN devices named `bad0`, one in each namespace, and this program between them. Each packet
waits --delay +- --jitter ms, so that packets overtake each other, and --loss percent of them are
dropped. With --rate each direction carries that many bytes per second, and a megabyte waits before
it, as in a modem. Says "ready" when the link is up. The lines "stop" and "go" on its standard input
make it stand still, with all that is on its way, and go on; it ends with its standard input.
"""

import argparse
import ctypes
import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import time

TUNSETIFF = 0x400454CA
IFF_TUN, IFF_NO_PI = 0x0001, 0x1000
CLONE_NEWNET = 0x40000000
PACKET_BYTES = 65536
MOST_PACKETS_WAITING = 10_000
QUEUE_BYTES = 1 << 20


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
    # Reno fills the queue of a slow link; cubic would see it grow, and keep it short.
    network = address.rsplit(".", 1)[0] + ".0/24"
    subprocess.run(["ip", "route", "change", network, "dev", "bad0", "src", address, "congctl", "reno"],
                   check=True)
    return device


class Pipe:
    """One direction of a link that carries `rate` bytes per second; 0 is as many as there are."""

    def __init__(self, rate):
        self.rate = rate
        self.free = 0.0  # when all that is in it is through

    def through(self, size):
        """When a packet that comes now is through; None if there is no room for it."""
        now = time.monotonic()
        if self.rate == 0:
            return now
        if (self.free - now) * self.rate > QUEUE_BYTES:
            return None
        self.free = max(self.free, now) + size / self.rate
        return self.free


def relay(ends, options):
    """Carries packets until standard input ends. Returns how many came and how many were dropped."""
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    pipes = {end: Pipe(options.rate) for end in ends}
    waiting = []  # (when, number, device, packet)
    came = dropped = 0
    still_since = None
    while True:
        stands = still_since is not None
        timeout = max(0, waiting[0][0] - time.monotonic()) if waiting and not stands else None
        ready, _, _ = select.select([0] if stands else [0, *ends], [], [], timeout)
        if 0 in ready:
            said = os.read(0, PACKET_BYTES)
            if not said:
                return came, dropped
            if said == b"stop\n":
                still_since = time.monotonic()
            if said == b"go\n":  # nothing has come nearer meanwhile
                pause, still_since = time.monotonic() - still_since, None
                waiting = [(when + pause, *rest) for when, *rest in waiting]
                for pipe in pipes.values():
                    pipe.free += pause
            continue
        for end in ready:
            packet = os.read(end, PACKET_BYTES)
            came += 1
            through = pipes[end].through(len(packet))
            if through is None or random.random() < options.loss / 100 \
                    or len(waiting) >= MOST_PACKETS_WAITING:
                dropped += 1
                continue
            delay = options.delay + random.uniform(-options.jitter, options.jitter)
            heapq.heappush(waiting, (through + delay / 1000, came, other[end], packet))
        while waiting and waiting[0][0] <= time.monotonic():
            _, _, device, packet = heapq.heappop(waiting)
            try:
                os.write(device, packet)
            except OSError:
                dropped += 1  # a device that is full or gone drops, as a link would


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("ends", nargs=4)
    for name in ("--delay", "--jitter", "--loss", "--rate"):
        parser.add_argument(name, type=float, default=0)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    random.seed(options.seed)
    first, address, second, other_address = options.ends
    ends = [open_end(first, address), open_end(second, other_address)]
    print("ready", flush=True)
    came, dropped = relay(ends, options)
    print(f"{came} packets, {dropped} dropped", flush=True)


main()
