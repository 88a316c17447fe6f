"""TCP ports that stay free: outside the range from which outgoing connections take theirs."""

from __future__ import annotations

import os
import random
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice

# Linux hands 32768-60999 to outgoing connections, macOS 49152-65535. A port below those is not lost to some client's
# connection while its server is down, so a broker that was killed can come back on it.
_FIRST, _LAST = 20_000, 32_000
_ATTEMPTS = 200
RANGE = "ROLLCALL_SANDBOX_PORTS"
"""Variable with another range, `20000-22999`: processes that run side by side must not take each other's ports."""


def free_port(host: str = "127.0.0.1", *, but: int | None = None) -> int:
    """A port on which nothing listens now, another than `but`, which is picked and not bound yet.

    A process is given each port of the range once before one comes again: of two servers that are started together
    none takes the other's. Another process may still take it first: whoever binds it must expect that.

    Raises:
        OSError: no free port was found.
    """
    first, last = map(int, os.environ.get(RANGE, f"{_FIRST}-{_LAST}").split("-"))
    for port in islice(_in_turn(first, last), _ATTEMPTS):
        if port == but:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                continue
            return port
    raise OSError(f"no free port between {first} and {last} on {host}")


@cache
def _in_turn(first: int, last: int) -> Iterator[int]:
    """The ports of a range again and again, in an order of this process; kept, since ports are the process's too."""
    # Its own generator: a test that seeds `random` must not make two processes pick the same ports.
    return cycle(random.SystemRandom().sample(range(first, last + 1), last + 1 - first))
