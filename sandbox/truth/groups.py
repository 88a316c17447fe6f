"""Which runs are one session: by schedule entry, else by the gap between them (attendance.md 1). PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.truth.evidence import SeenEvidence, SeenRun
from sandbox.truth.rules import Rules
from sandbox.truth.schedule import BookedEntry, Time
from sandbox.truth.visits import Visit
from sandbox.zoom.state import StateRow
from schemas.instants import parse_instant

_JOINED_TYPES = (2, 5, 6, 8, 9)


@dataclass
class HeldRun:
    """A run that was no practice, with its bounds and everybody in it."""

    run: SeenRun
    start: int
    end: int | None
    """``None``: it has not ended."""
    visits: list[Visit]

    @property
    def order(self) -> tuple[int, str]:
        """Order of runs: by (S, uuid)."""
        return self.start, self.run.uuid


@dataclass
class RunGroup:
    """Runs that belong together, rehearsals included."""

    views: list[HeldRun]
    entry: BookedEntry | None = None
    time: Time | None = None
    """T and D of a scheduled webinar."""


def bounds(run: SeenRun, evidence: SeenEvidence, rules: Rules) -> tuple[int, int | None]:
    """S and E of a run."""
    rows = evidence.answers.reports.get(run.uuid, []) if rules.use_report else []
    told = [row for row in rows if row.get("status") != "in_waiting_room"]
    row_joins, row_leaves = _instants(told, "join_time"), _instants(told, "leave_time")
    joins = {at for connection in run.connections.values() for at in connection.joins}
    leaves = {at for connection in run.connections.values() for at in connection.leaves}
    start = min(run.starts or joins | row_joins or leaves)
    if run.ends:
        return start, max(run.ends)
    if run.uuid in evidence.answers.past_ends:
        return start, evidence.answers.past_ends[run.uuid]
    if row_leaves:
        return start, max(row_leaves)
    return start, max({start} | joins | leaves) if rules.abandoned else None


def _instants(rows: Iterable[StateRow], field: str) -> set[int]:
    return {at for row in rows if (at := parse_instant(row.get(field))) is not None}


def groups_of(views: list[HeldRun], entries: list[BookedEntry], evidence: SeenEvidence, rules: Rules) -> list[RunGroup]:
    """Every run is in one group; in order of the first run."""
    scheduled: dict[tuple[str, int], RunGroup] = {}
    others: list[HeldRun] = []
    for view in sorted(views, key=lambda view: view.order):
        fit = _fit(view, entries, rules)
        if fit is None:
            others.append(view)
            continue
        entry, time = fit
        group = scheduled.setdefault((entry.occurrence_id, time.start), RunGroup([], entry, time))
        group.views.append(view)
        group.time = max(group.time or time, time)
    groups = [*scheduled.values(), *_joined(others, evidence, rules)]
    return sorted(groups, key=lambda group: group.views[0].order)


def _fit(view: HeldRun, entries: list[BookedEntry], rules: Rules) -> tuple[BookedEntry, Time] | None:
    """The entry whose scheduled start is nearest to S, if S is in its window; of equal ones the earlier."""
    end = view.start if view.end is None else view.end
    seen = [(entry, time) for entry in entries if (time := entry.seen_by(view.start, end)) is not None]
    near = [(entry, time) for entry, time in seen if time.start - rules.window <= view.start <= time.end + rules.window]
    return min(near, key=lambda pair: (abs(view.start - pair[1].start), pair[1].start), default=None)


def _joined(views: list[HeldRun], evidence: SeenEvidence, rules: Rules) -> list[RunGroup]:
    groups: list[RunGroup] = []
    for view in views:
        ends = [run.end for run in groups[-1].views] if groups else []
        follows = bool(ends) and all(end is not None for end in ends)
        gap = view.start - max(end for end in ends if end is not None) if follows else 0
        if follows and gap <= rules.restart_gap and evidence.session_type in _JOINED_TYPES:
            groups[-1].views.append(view)
        else:
            groups.append(RunGroup([view]))
    return groups


def without_rehearsals(group: RunGroup, audience: dict[str, int]) -> list[HeldRun]:
    """The runs of the session; `audience` is the number of people in each run, by uuid."""
    if group.time is not None:
        time = group.time
        return [
            view
            for view in group.views
            if audience[view.run.uuid] or (view.start <= time.end and (view.end or view.start) >= time.start)
        ]
    if not any(audience.values()):
        return group.views
    return [view for view in group.views if audience[view.run.uuid]]
