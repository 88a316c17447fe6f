"""When a world takes place: its schedule, and the runs of what was held. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random

from sandbox.simulator.people import Inventor
from sandbox.simulator.world import Chaos, Planned, RunSpan

_RESTART_GAP_SECONDS = 240
_LINE_BREAK_SECONDS = 1_200
_EARLY_SECONDS = 1_800
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_WEEK = 7 * _DAY


@dataclass(frozen=True)
class HeldOccurrence:
    """One occurrence that took place."""

    planned: Planned
    begins_at: int
    """When what people come for begins."""
    ends_at: int
    spans: tuple[RunSpan, ...]
    """All of its runs, in order."""

    @property
    def opens_at(self) -> int:
        """When its doors open."""
        return min(span.started_at for span in self.spans if span.purpose == "main")


@dataclass(frozen=True)
class Planner:
    """Draws the schedule and the runs of one world."""

    plan: Random
    """For what every world has."""
    trouble: Random
    """For what only some have: they then differ as little as possible from the others."""
    inventor: Inventor
    chaos: frozenset[Chaos]
    webinar: bool

    def schedule(self, starts_at: int) -> tuple[Planned, ...]:
        """The entries; the one that starts at `starts_at` is the last one held."""
        moved = "moved-occurrence" in self.chaos
        planned_at = starts_at + self.trouble.choice((-2, -1, 1, 2)) * _DAY if moved else starts_at
        if "recurring" not in self.chaos:
            return (Planned("", starts_at, planned_at),)
        others = [Planned(_occurrence_id(at), at, at) for at in (starts_at - _WEEK, starts_at + _WEEK)]
        # Deleted, and just where a rehearsal would be: nobody stayed away from it.
        gone = starts_at - 22 * _HOUR
        entries = [
            *others,
            Planned(_occurrence_id(planned_at), starts_at, planned_at),
            Planned(_occurrence_id(gone), gone, gone, "deleted"),
        ]
        return tuple(sorted(entries, key=lambda entry: entry.starts_at))

    def moved_at(self, starts_at: int) -> int | None:
        """When the host moved it: days before, or in the last hours."""
        if "moved-occurrence" not in self.chaos:
            return None
        return starts_at - self.trouble.choice((3 * _DAY, 2 * _HOUR))

    def held(self, planned: Planned, length: int, *, is_last: bool) -> HeldOccurrence:
        """The runs of one entry; `length` is the scheduled one in seconds."""
        starts_at = planned.starts_at
        plan = self.plan if is_last else self.trouble
        start, end = starts_at - plan.randint(0, 60), starts_at + length + plan.randint(-60, 120)
        uuids = [self.inventor.session_uuid(plan.choice(("slash", "slash", "inner", "plain"))) for _ in range(2)]
        # Drawn whether or not it is used: a restart then changes as little else as possible.
        stop = start + int((end - start) * plan.uniform(0.3, 0.6))
        opens = starts_at - _EARLY_SECONDS if "early-doors" in self.chaos else start
        spans = [RunSpan(uuids[0], opens, end)]
        if "restart" in self.chaos:
            spans = [RunSpan(uuids[0], opens, stop), RunSpan(uuids[1], stop + _RESTART_GAP_SECONDS, end)]
        if "line-break" in self.chaos:
            spans = self._broken(spans)
        end = spans[-1].ended_at
        around = [*self._before(starts_at, opens), *self._after(end)]
        return HeldOccurrence(planned, start, end, tuple(sorted([*spans, *around], key=lambda span: span.started_at)))

    def _broken(self, spans: list[RunSpan]) -> list[RunSpan]:
        """The last run breaks off, and goes on much later under another uuid; all of it lasts so much longer."""
        last = spans[-1]
        length = last.ended_at - max(last.started_at, spans[0].started_at)
        stop = last.ended_at - int(length * self.trouble.uniform(0.3, 0.5))
        again = RunSpan(self._uuid(), stop + _LINE_BREAK_SECONDS, last.ended_at + _LINE_BREAK_SECONDS)
        return [*spans[:-1], replace(last, ended_at=stop), again]

    def _before(self, starts_at: int, opens: int) -> Iterator[RunSpan]:
        if "rehearsal" not in self.chaos:
            return
        if not self.webinar:  # only a run within the gap belongs to a meeting
            yield RunSpan(self._uuid(), opens - 15 * _MINUTE, opens - 5 * _MINUTE, "rehearsal")
            return
        first = starts_at - 22 * _HOUR
        yield RunSpan(self._uuid(), first, first + self.trouble.randint(3, 20) * _MINUTE, "rehearsal")
        yield RunSpan(self._uuid(), opens - 40 * _MINUTE, opens - 20 * _MINUTE, "practice")

    def _after(self, end: int) -> Iterator[RunSpan]:
        if "stray-run" in self.chaos:
            yield RunSpan(self._uuid(), end + 10 * _MINUTE, end + 18 * _MINUTE, "stray")
        if "reopen" in self.chaos:
            at = end + self.trouble.randint(20, 40) * _MINUTE
            yield RunSpan(self._uuid(), at, at + _MINUTE, "reopened")

    def _uuid(self) -> str:
        return self.inventor.session_uuid(self.trouble.choice(("slash", "inner", "plain")))


def _occurrence_id(at: int) -> str:
    """Zoom's ids of occurrences are their first start in milliseconds, and stay when they are moved."""
    return str(at * 1_000)
