"""From runs to what people call the webinar or meeting: rehearsals, main runs, live time (attendance.md 1). PURE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import NamedTuple

from processors.attendance.rules.intervals import clip, length, union
from processors.attendance.rules.runs import Run
from processors.attendance.rules.schedule import Schedule, ScheduleEntry

JOINED_TYPES = frozenset({2, 5, 6, 8, 9})
"""Scheduled and recurring meetings, webinars. An instant meeting or a personal room is a new session each time."""


@dataclass(frozen=True, slots=True)
class Group:
    """The runs given to one date of the schedule, or joined because they follow each other; by (S, uuid)."""

    runs: tuple[Run, ...]
    entry: ScheduleEntry | None = None

    @property
    def uuids(self) -> list[str]:
        """Of all its runs."""
        return [run.uuid for run in self.runs]

    @property
    def ended(self) -> bool:
        """True once every run has."""
        return all(run.end is not None for run in self.runs)


def group(runs: Iterable[Run], schedule: Schedule, *, window: float, restart_gap: float) -> list[Group]:
    """Group the runs of one id, in order of their start.

    Args:
        runs: in any order.
        schedule: empty for meetings.
        window: seconds before T and after T + D within which a run belongs to a date.
        restart_gap: seconds from the latest end to the next start within which unscheduled runs are one session.
    """
    given: dict[tuple[str, int], list[tuple[Run, ScheduleEntry]]] = {}
    others: list[Run] = []
    for run in sorted(runs, key=lambda run: (run.start, run.uuid)):
        entry = entry_of(run, schedule, window)
        if entry is None:
            others.append(run)
        else:
            given.setdefault((entry.occurrence_id, entry.start), []).append((run, entry))
    groups = [Group(joined) for joined in _joined(others, restart_gap)]
    for members in given.values():
        # What the last run sees of its duration may be less than what an earlier one saw: nobody is judged too early.
        entry = max((entry for _run, entry in members), key=lambda entry: entry.duration)
        groups.append(Group(tuple(run for run, _entry in members), entry))
    return sorted(groups, key=lambda group: (group.runs[0].start, group.runs[0].uuid))


def entry_of(run: Run, schedule: Schedule, window: float) -> ScheduleEntry | None:
    """The date that a run belongs to: of those near enough the nearest, of equally near ones the earlier."""
    seen = schedule.entries(run.start, run.end)
    near = [entry for entry in seen if entry.start - window <= run.start <= entry.end + window]
    return min(near, key=lambda entry: (abs(run.start - entry.start), entry.start, entry.occurrence_id), default=None)


def _joined(runs: list[Run], restart_gap: float) -> list[tuple[Run, ...]]:
    groups: list[list[Run]] = []
    latest_end: int | None = None
    for run in runs:
        follows = (
            bool(groups)
            and {run.zoom_type, groups[-1][-1].zoom_type} <= JOINED_TYPES
            and latest_end is not None
            and run.start - latest_end <= restart_gap
        )
        if follows:
            groups[-1].append(run)
            latest_end = None if run.end is None else max(latest_end or run.end, run.end)
        else:
            groups.append([run])
            latest_end = run.end
    return [tuple(members) for members in groups]


class Weight(NamedTuple):
    """The audience of one run."""

    people: int = 0
    """Connections of people who are not excluded, anonymous ones included, count as one for each person."""
    seconds: int = 0
    """Summed over the people, each one's union."""
    after: int = 0
    """The part of them after T."""

    def plus(self, other: Weight) -> Weight:
        """Of both."""
        return Weight(self.people + other.people, self.seconds + other.seconds, self.after + other.after)


@dataclass(frozen=True)
class Session:
    """A group that has ended and been weighed."""

    runs: tuple[Run, ...]
    """Without rehearsals, by (S, uuid)."""
    given: tuple[str, ...]
    """All runs of the group: what was told for one of them is told for the session."""
    main: frozenset[str]
    live: list[tuple[int, int]]
    entry: ScheduleEntry | None = None
    has_audience: bool = True

    @property
    def session_uuid(self) -> str:
        """Its name everywhere: the uuid of its first run."""
        return self.runs[0].uuid

    @cached_property
    def uuids(self) -> tuple[str, ...]:
        """Of its runs, in order."""
        return tuple(run.uuid for run in self.runs)

    @property
    def start(self) -> int:
        """S, of the live time."""
        return self.live[0][0]

    @property
    def end(self) -> int:
        """E, of the live time."""
        return self.live[-1][1]

    @cached_property
    def length(self) -> int:
        """Seconds of live time."""
        return length(self.live)

    @property
    def end_assumed(self) -> bool:
        """True when the main run that ended last was closed without a word from Zoom."""
        main = [run for run in self.runs if run.uuid in self.main]
        return max(main, key=lambda run: (run.end or 0, run.uuid)).end_assumed

    @property
    def rehearsals(self) -> int:
        """Runs of the group that belong to no session."""
        return len(self.given) - len(self.runs)


def session_of(group: Group, weights: Mapping[str, Weight], main_share: Fraction) -> Session | None:
    """What the runs of a group come to; ``None`` when all of them were rehearsals.

    Args:
        group: ended.
        weights: by uuid; a run that is not there had no audience.
        main_share: part of the session's weight from which on a run is a main one.
    """
    heard = {run.uuid for run in group.runs if uuid_weight(weights, run).people}
    runs = tuple(run for run in group.runs if run.uuid in heard or _is_held(run, group, heard))
    if not runs:
        return None
    total = sum(uuid_weight(weights, run).seconds for run in runs)
    main = [run for run in runs if uuid_weight(weights, run).seconds >= main_share * total]
    live = union(run.span for run in main)
    if group.entry is not None and total:
        live = _from_start(live, group.entry.start, [uuid_weight(weights, run) for run in main])
    return Session(
        runs=runs,
        given=tuple(group.uuids),
        main=frozenset(run.uuid for run in main),
        live=live,
        entry=group.entry,
        has_audience=bool(heard),
    )


def _from_start(live: list[tuple[int, int]], start: int, weights: Sequence[Weight]) -> list[tuple[int, int]]:
    """Live time without what was before the scheduled start, if no less than half of its weight came after."""
    begins, ends = live[0][0], live[-1][1]
    # Who opens the doors early makes nobody late; but a webinar held long before its time is live all the time.
    if begins < start < ends and 2 * sum(weight.after for weight in weights) >= sum(
        weight.seconds for weight in weights
    ):
        return clip(live, [(start, ends)])
    return live


def uuid_weight(weights: Mapping[str, Weight], run: Run) -> Weight:
    """Of a run that nobody was weighed in: nothing."""
    return weights.get(run.uuid, Weight())


def _is_held(run: Run, group: Group, heard: set[str]) -> bool:
    """Whether a run without audience is no rehearsal: it was held at its time, or nothing better was."""
    if group.entry is None:
        return not heard
    start, end = run.span
    return start <= group.entry.end and group.entry.start <= end
