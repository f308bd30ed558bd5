"""What a program of this folder is asked for, and how it says what happens: ../README.md."""
import os
import sys
from pathlib import Path

URL = sys.argv[1]


def asked(name, default=None):
    return os.environ.get(f"WS_{name}", default)


PING = asked("PING")
TO_COME = float(asked("RECEIVE", "inf")) + (PING is not None)
CLOSE_CODE = int(asked("CLOSE_CODE", 0)) or None
CLOSE_REASON = asked("CLOSE_REASON", "")
PROTOCOLS = asked("PROTOCOLS", "").split(",") if asked("PROTOCOLS") else None
HEADERS = [line.split(": ", 1) for line in asked("HEADERS", "").splitlines()]
FRAGMENT = int(asked("FRAGMENT", 0))


def messages():
    """Those to send: a str is text, bytes are binary."""
    for path in asked("SEND", "").split():
        data = Path(path).read_bytes()
        yield data.decode() if path.endswith(".txt") else data


def fragments(message):
    """A character is four bytes at most."""
    size = FRAGMENT if isinstance(message, bytes) else FRAGMENT // 4
    return (message[at : at + size] for at in range(0, len(message) or 1, size))


def say(line, data=b""):
    sys.stdout.buffer.write(f"{line}\n".encode() + data)
    sys.stdout.buffer.flush()


def say_message(message):
    data = message.encode() if isinstance(message, str) else message
    say(f"{'text' if isinstance(message, str) else 'binary'} {len(data)}", data)
