"""Crowds: many contacts that wait for the same thing, and what that means for the order of work.

Upserts of one shape become an import once there are enough of them; events of one session stand back behind the rest,
so that one registration is not told half an hour late because a large webinar has just ended.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

from processors.brevo.decisions.bulk import Shape


def _nobody_listens() -> None:
    """Before there is a pump."""


@dataclass(slots=True)
class _Waiting:
    """Who waits in one shape, in order of arrival."""

    contacts: dict[str, float] = field(default_factory=dict)
    """When each came, in monotonic seconds."""
    grown_at: float = 0.0


class ImportCrowds:
    """Upserts that wait, by shape; those with the same lists count together.

    Args:
        threshold: so many make a crowd.
        now: monotonic seconds.
    """

    def __init__(self, threshold: int, now: Callable[[], float]) -> None:
        self.formed: Callable[[], None] = _nobody_listens
        """Called when a crowd has come together; the pump puts itself here."""
        self._threshold = threshold
        self._now = now
        self._shapes: dict[Shape, _Waiting] = {}
        self._shape_of: dict[str, Shape] = {}
        self._sizes: dict[tuple[int, ...], int] = {}
        self._crowded: set[tuple[int, ...]] = set()
        """Lists of crowds; one stays a crowd until nobody of it waits."""

    def add(self, contact: str, shape: Shape) -> None:
        """A contact waits with this shape; nothing changes if it did before."""
        if self._shape_of.get(contact) == shape:
            return
        self.discard(contact)
        self._shape_of[contact] = shape
        waiting = self._shapes.setdefault(shape, _Waiting())
        waiting.contacts[contact] = waiting.grown_at = self._now()
        self._sizes[shape[0]] = self._sizes.get(shape[0], 0) + 1
        if self._sizes[shape[0]] >= self._threshold and shape[0] not in self._crowded:
            self._crowded.add(shape[0])
            self.formed()

    def discard(self, contact: str) -> None:
        """A contact waits no more."""
        shape = self._shape_of.pop(contact, None)
        if shape is None:
            return
        del self._shapes[shape].contacts[contact]
        if not self._shapes[shape].contacts:
            del self._shapes[shape]
        self._sizes[shape[0]] -= 1
        if not self._sizes[shape[0]]:
            del self._sizes[shape[0]]
            self._crowded.discard(shape[0])

    def is_crowded(self, contact: str) -> bool:
        """Whether a waiting contact is to be imported."""
        return self.joins_crowd(self._shape_of.get(contact))

    def joins_crowd(self, shape: Shape | None) -> bool:
        """Whether a contact with this shape would be imported if it waited."""
        return shape is not None and shape[0] in self._crowded

    def ripe(self, quiet_seconds: float, patience_seconds: float) -> Iterator[tuple[Shape, list[str]]]:
        """Crowds that have stopped to grow, or have waited long enough."""
        now = self._now()
        for shape, waiting in list(self._shapes.items()):
            if self.joins_crowd(shape) and self._ripe_at(waiting, quiet_seconds, patience_seconds) <= now:
                yield shape, list(waiting.contacts)

    def ripe_in(self, quiet_seconds: float, patience_seconds: float) -> float | None:
        """Seconds until the next crowd will be ripe if nobody comes; ``None`` without a crowd."""
        return min(
            (
                self._ripe_at(waiting, quiet_seconds, patience_seconds) - self._now()
                for shape, waiting in self._shapes.items()
                if self.joins_crowd(shape)
            ),
            default=None,
        )

    def _ripe_at(self, waiting: _Waiting, quiet_seconds: float, patience_seconds: float) -> float:
        first_at = next(iter(waiting.contacts.values()))
        return min(waiting.grown_at + quiet_seconds, first_at + patience_seconds)


class EventCrowds:
    """How many contacts wait to be told of the same session."""

    def __init__(self, threshold: int) -> None:
        self._threshold = threshold
        self._group_of: dict[str, Hashable] = {}
        self._sizes: dict[Hashable, int] = {}

    def add(self, contact: str, group: Hashable) -> None:
        """A contact waits; without a group it is never in a crowd."""
        self.discard(contact)
        if group is not None:
            self._group_of[contact] = group
            self._sizes[group] = self._sizes.get(group, 0) + 1

    def discard(self, contact: str) -> None:
        """A contact waits no more."""
        group = self._group_of.pop(contact, None)
        if group is not None:
            self._sizes[group] -= 1
            if not self._sizes[group]:
                del self._sizes[group]

    def is_crowded(self, contact: str) -> bool:
        """Whether a waiting contact stands back."""
        group = self._group_of.get(contact)
        return group is not None and self._sizes[group] >= self._threshold
