"""How much of Brevo's budget a worker may use, and how long it waits after a failure. PURE."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pace:
    """The pump's figures; the defaults are Brevo's advice and ours."""

    probe_seconds: float = 60
    """Between two probes of a parked lane."""
    first_backoff_seconds: float = 1
    last_backoff_seconds: float = 60
    """Doubled from first to last: what Brevo's documentation advises (checked 2026-11-21)."""
    resend_grace_seconds: float = 45
    """Before an event that another worker may still be sending is sent again: longer than a call can last."""
    drain_seconds: float = 10
    """At a stop: how long events whose intent is confirmed may still be sent."""
    in_parallel: int = 32
    """Contacts at once, for each family."""
    bulk_in_parallel: int = 24
    """The rest of `in_parallel` is free for the live lane."""

    def backoff(self, attempts: int, spread: float) -> float:
        """Seconds after so many attempts (1 or more); `spread` in 0..1 takes away up to half, so that workers part."""
        full = min(self.last_backoff_seconds, self.first_backoff_seconds * 2.0 ** min(attempts - 1, 30))
        return full * (1 - spread / 2)


def share(per_second: float, assigned: int, total: int) -> float:
    """Calls per second of a worker with so many of all partitions."""
    return per_second * assigned / total


def intent_window(per_second: float, *, parked: bool) -> int:
    """How many events may have an intent and no outcome: a second's worth, one while a parked lane is probed."""
    return 1 if parked else max(1, math.floor(per_second))
