"""Decides which connections of a port stay open when there are many, or when one is slow to say what it wants. PURE.

A client that is idle costs a descriptor and some memory, so there are limits: in all, and for each address. Over a
limit the connection that has waited longest without a request goes (of an address: the oldest that waits); a client
that sends its request at once is never that one. Only where every connection is at work the new one is refused.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

C = TypeVar("C", bound=Hashable)


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """How many connections a port has, and for how long one may stay silent."""

    total: int = 4_096
    per_address: int = 1_024
    """Of one client. Not of a proxy, behind which there are many."""
    header_seconds: float = 10.0
    """From the connection, or from the first byte of a later request, to the end of its headers."""
    idle_seconds: float = 75.0
    """Between two requests; as nginx keeps its own."""


class Connections(Generic[C]):
    """The open connections of one port; instants are of any monotonic clock, in seconds."""

    def __init__(self, limits: ConnectionLimits) -> None:
        self._limits = limits
        self._addresses: dict[C, str | None] = {}
        self._of: dict[str, dict[C, None]] = {}
        # Dicts keep their order: the first has waited longest. Each request passes through both, so no more is kept.
        self._owing: dict[C, float] = {}  # since when the headers of a request are awaited
        self._idle: dict[C, None] = {}  # answered, and nothing of the next request has come

    def __len__(self) -> int:
        return len(self._addresses)

    def opened(self, connection: C, address: str | None, now: float) -> C | None:
        """Note a new connection, and return the one that has to go for it: an older one, itself, or nobody.

        Args:
            connection: it owes the headers of its first request from now on.
            address: whose limit it counts for; ``None``: for nobody's.
            now: the time.
        """
        victim: C | None = None
        if address is not None and len(own := self._of.get(address, {})) >= self._limits.per_address:
            victim = next(
                (candidate for candidate in own if candidate in self._owing or candidate in self._idle), connection
            )
        elif len(self._addresses) >= self._limits.total:
            victim = next(iter(self._owing), None) or next(iter(self._idle), connection)
        if victim is connection:
            return connection
        if victim is not None:
            self.closed(victim)
        self._addresses[connection] = address
        self._owing[connection] = now
        if address is not None:
            self._of.setdefault(address, {})[connection] = None
        return victim

    def receives(self, connection: C, now: float) -> None:
        """Bytes have come: of an idle one they are the first of its next request."""
        if connection in self._idle:
            del self._idle[connection]
            self._owing[connection] = now

    def begins(self, connection: C) -> None:
        """The headers of a request are complete: it is at work, and not to be closed."""
        if self._owing.pop(connection, None) is None:
            self._idle.pop(connection, None)

    def waits(self, connection: C) -> None:
        """Its request is answered; the next may come."""
        if connection in self._addresses:
            self._owing.pop(connection, None)  # whose answer came before its request began: it is in one of both
            self._idle[connection] = None

    def closed(self, connection: C) -> None:
        """It is gone; harmless when it was not known."""
        if connection not in self._addresses:
            return
        self.begins(connection)
        address = self._addresses.pop(connection)
        if address is not None:
            del self._of[address][connection]
            if not self._of[address]:
                del self._of[address]

    def late(self, now: float) -> list[C]:
        """Those whose headers have not come in time, oldest first."""
        found = []
        for connection, since in self._owing.items():
            if now - since < self._limits.header_seconds:
                break
            found.append(connection)
        return found
