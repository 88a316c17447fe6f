"""Import batches: upserts of one shape become an import once there are enough of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from processors.brevo.decisions.imports import Shape


def _nobody_listens() -> None:
    """Before there is a pump."""


@dataclass(slots=True)
class _Waiting:
    """Who waits in one shape, in order of arrival."""

    contacts: dict[str, float] = field(default_factory=dict)
    """When each came, in monotonic seconds."""
    grown_at: float = 0.0


class ImportBatches:
    """Upserts that wait, by shape; those with the same lists count together.

    Args:
        threshold: so many make a batch.
        now: monotonic seconds.
    """

    def __init__(self, threshold: int, now: Callable[[], float]) -> None:
        self.formed: Callable[[], None] = _nobody_listens
        """Called when a batch has come together; the pump puts itself here."""
        self._threshold = threshold
        self._now = now
        self._shapes: dict[Shape, _Waiting] = {}
        self._shape_of: dict[str, Shape] = {}
        self._sizes: dict[tuple[int, ...], int] = {}
        self._batches: set[tuple[int, ...]] = set()
        """Lists of batches; one stays a batch until nobody of it waits."""

    def add(self, contact: str, shape: Shape) -> None:
        """A contact waits with this shape; nothing changes if it did before."""
        if self._shape_of.get(contact) == shape:
            return
        self.discard(contact)
        self._shape_of[contact] = shape
        waiting = self._shapes.setdefault(shape, _Waiting())
        waiting.contacts[contact] = waiting.grown_at = self._now()
        self._sizes[shape[0]] = self._sizes.get(shape[0], 0) + 1
        if self._sizes[shape[0]] >= self._threshold and shape[0] not in self._batches:
            self._batches.add(shape[0])
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
            self._batches.discard(shape[0])

    def has(self, contact: str) -> bool:
        """Whether a waiting contact is to be imported."""
        return self.takes(self._shape_of.get(contact))

    def takes(self, shape: Shape | None) -> bool:
        """Whether a contact with this shape would be imported if it waited."""
        return shape is not None and shape[0] in self._batches

    def due(self, quiet_seconds: float, patience_seconds: float) -> Iterator[tuple[Shape, list[str]]]:
        """Batches that have stopped to grow, or have waited long enough."""
        now = self._now()
        for shape, waiting in list(self._shapes.items()):
            if self.takes(shape) and self._due_at(waiting, quiet_seconds, patience_seconds) <= now:
                yield shape, list(waiting.contacts)

    def due_in(self, quiet_seconds: float, patience_seconds: float) -> float | None:
        """Seconds until the next batch will be due if nobody comes; ``None`` without a batch."""
        return min(
            (
                self._due_at(waiting, quiet_seconds, patience_seconds) - self._now()
                for shape, waiting in self._shapes.items()
                if self.takes(shape)
            ),
            default=None,
        )

    def _due_at(self, waiting: _Waiting, quiet_seconds: float, patience_seconds: float) -> float:
        first_at = next(iter(waiting.contacts.values()))
        return min(waiting.grown_at + quiet_seconds, first_at + patience_seconds)
