"""How much of Brevo's budget a worker may use, and how long it waits after a failure. PURE."""

from __future__ import annotations

import math
from dataclasses import dataclass

from runtime.backoff import Backoff


@dataclass(frozen=True, slots=True)
class WriterFigures:
    """How the writer works; the defaults are Brevo's advice and ours."""

    probe_seconds: float = 60
    """Between two probes of a parked call family."""
    first_backoff_seconds: float = 1
    last_backoff_seconds: float = 60
    """Doubled from first to last: what Brevo's documentation advises (checked 2026-11-21)."""
    resend_grace_seconds: float = 45
    """Before an event that another worker may still be sending is sent again: longer than a call can last."""
    overtaken_seconds: float = 60
    """After a partition was taken over: so long its former owner may still write, being stopped and woken up. Longer
    than its session and a call together; a worker that sleeps longer has lost both for the time that it slept."""
    look_again_seconds: float = 1
    """How exact that is."""
    drain_seconds: float = 10
    """At a stop: how long events whose intent is confirmed may still be sent."""
    in_parallel: int = 32
    """Contacts at once, for each family."""
    bulk_in_parallel: int = 24
    """The rest of `in_parallel` is free for live work."""
    gather_seconds: float = 0.25
    """So long an upsert waits for others that could go with it in one import."""
    quiet_seconds: float = 1.0
    """An import batch to which nobody came for so long is imported."""
    patience_seconds: float = 10.0
    """An import batch is sent after so long, even if it still grows."""
    imports_at_once: int = 4
    import_polls: tuple[float, ...] = (5, 15, 30)
    """Seconds after the start of an import when its process is asked for first."""
    import_poll_seconds: float = 60
    """Between two questions after those: 100 calls an hour are all that Brevo gives for this and everything else."""
    import_grace_seconds: float = 5
    """Before Brevo is asked whether an import of a worker that died goes on: its call may still be under way."""
    import_wait_seconds: float = 900
    """The longest wait for imports of others, or of a worker that died, before writing goes on."""
    import_patience_seconds: float = 21_600
    """The longest wait for the end of one's own: contacts and their events wait with it."""

    def backoff(self, attempts: int, spread: float) -> float:
        """Seconds after so many attempts (1 or more); `spread` in 0..1 takes away up to half, so that workers part."""
        return Backoff(self.first_backoff_seconds, self.last_backoff_seconds).seconds(attempts, spread)


def share(per_second: float, assigned: int, total: int) -> float:
    """Calls per second of a worker with so many of all partitions."""
    return per_second * assigned / total


def next_poll(asked: int, figures: WriterFigures) -> float:
    """Seconds from the question number `asked` (0: the start of the import) to the next one."""
    at = (0.0, *figures.import_polls)
    return at[asked + 1] - at[asked] if asked + 1 < len(at) else figures.import_poll_seconds


def intent_window(per_second: float, open_seconds: float, *, parked: bool) -> int:
    """How many events may have an intent and no outcome: what the rate needs, and a second's worth at most.

    Args:
        per_second: calls.
        open_seconds: from an intent until its outcome is posted, as measured.
        parked: only probes are made, one at a time.

    >>> [intent_window(8, seconds, parked=False) for seconds in (0.05, 0.4, 5)], intent_window(8, 5, parked=True)
    ([2, 5, 8], 1)
    """
    if parked:
        return 1
    return max(2, min(math.ceil(per_second * open_seconds) + 1, math.floor(per_second)))
