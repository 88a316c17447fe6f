"""Contacts that a former owner of their partition may still be writing: what is written of them now is not the last.

Between its last look at who owns the partition and the call's first byte a worker may be stopped (SIGSTOP, swap), and
its older state then arrives long after the newer one. Nothing at Brevo can refuse it, so whoever took over writes such
contacts once more, after a time in which the former owner has woken up and found out, or its call has ended.
"""

from __future__ import annotations

from collections.abc import Callable


class Takeovers:
    """Which contacts, and until when.

    Args:
        grace_seconds: from the take-over on; the same for all.
        now: monotonic seconds.
    """

    def __init__(self, grace_seconds: float, now: Callable[[], float]) -> None:
        self._grace_seconds = grace_seconds
        self._now = now
        self._until: dict[str, tuple[float, int]] = {}  # in order of time; with the partition

    def begin(self, partition: int, contact: str) -> None:
        """The contact was open when its partition became ours."""
        self._until.pop(contact, None)
        self._until[contact] = (self._now() + self._grace_seconds, partition)

    def is_unsure(self, contact: str) -> bool:
        """Whether what is written now may still be overwritten."""
        return contact in self._until and self._until[contact][0] > self._now()

    def over(self) -> list[tuple[int, str]]:
        """Partition and contact of those whose time is over; each is told once."""
        now, found = self._now(), []
        for contact, (until, partition) in self._until.items():
            if until > now:
                break
            found.append((partition, contact))
        for _, contact in found:
            del self._until[contact]
        return found
