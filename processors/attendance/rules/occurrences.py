"""Instances and occurrences: what people call a session may have several uuids (attendance.md 1). PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from processors.attendance.rules.intervals import length, union

STITCHED_TYPES = frozenset({2, 5, 6, 8, 9})
"""Scheduled and recurring meetings, webinars. An instant meeting or a personal room is a new session each time."""
MATCH_SECONDS = 12 * 3_600
"""A scheduled start farther away than this is not the occurrence's."""


@dataclass(frozen=True, slots=True)
class Instance:
    """One uuid with its start and, once known, its end; seconds since 1970."""

    uuid: str
    start: int
    end: int | None
    zoom_type: int | None
    end_assumed: bool = False


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Instances of one id that follow each other closely, in order of (start, uuid)."""

    instances: tuple[Instance, ...]

    @property
    def session_uuid(self) -> str:
        """Its name everywhere: the uuid of its first instance."""
        return self.instances[0].uuid

    @property
    def uuids(self) -> tuple[str, ...]:
        """The uuids of its instances, in order."""
        return tuple(instance.uuid for instance in self.instances)

    @property
    def ended(self) -> bool:
        """True once every instance has ended; the last one decides, an earlier one without an end is still running."""
        return all(instance.end is not None for instance in self.instances)

    @property
    def start(self) -> int:
        """S of the occurrence."""
        return self.instances[0].start

    @property
    def end(self) -> int:
        """E of the occurrence; only once it has ended."""
        return max(instance.end for instance in self.instances if instance.end is not None)

    @property
    def end_assumed(self) -> bool:
        """True when the instance that ended last was closed without a word from Zoom."""
        return max(self.instances, key=lambda each: (each.end or 0, each.uuid)).end_assumed

    @property
    def live(self) -> list[tuple[int, int]]:
        """Live time: the union of the instances' [S, E], gaps removed."""
        return union((each.start, max(each.start, each.end)) for each in self.instances if each.end is not None)

    @property
    def length(self) -> int:
        """Seconds of live time."""
        return length(self.live)


def group(instances: Iterable[Instance], restart_gap: float) -> list[Occurrence]:
    """Group the instances of one id into occurrences, in order of their start.

    Args:
        instances: of one id, in any order.
        restart_gap: seconds from an end to the next start within which it is the same session.
    """
    occurrences: list[list[Instance]] = []
    latest_end: int | None = None
    for instance in sorted(instances, key=lambda each: (each.start, each.uuid)):
        follows = (
            bool(occurrences)
            and instance.zoom_type in STITCHED_TYPES
            and occurrences[-1][-1].zoom_type in STITCHED_TYPES
            and latest_end is not None
            and instance.start - latest_end <= restart_gap
        )
        if follows:
            occurrences[-1].append(instance)
            latest_end = None if instance.end is None else max(latest_end or instance.end, instance.end)
        else:
            occurrences.append([instance])
            latest_end = instance.end
    return [Occurrence(tuple(each)) for each in occurrences]


def scheduled_start(start: int, scheduled: Iterable[int]) -> int | None:
    """Which of the scheduled starts is this occurrence's: the nearest, at most 12 h away; of two the earlier."""
    near = [each for each in scheduled if abs(each - start) <= MATCH_SECONDS]
    return min(near, key=lambda each: (abs(each - start), each)) if near else None
