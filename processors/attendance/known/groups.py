"""The runs of one webinar or meeting as they belong together, read from the table. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from processors.attendance.book import CONNECTION, RUN, SCHEDULE, SESSION, Book
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.rules.runs import Run, RunRow
from processors.attendance.rules.schedule import Schedule, ScheduleEntry
from processors.attendance.rules.sessions import Group, group


def run_rows(book: Book) -> Iterator[tuple[str, RunRow]]:
    """(uuid, row) of every run of the id."""
    for (uuid,), row in book.scan(RUN):
        yield uuid, row


def runs_of(book: Book) -> list[Run]:
    """Its runs as far as they are known; practice sessions are none."""
    runs = []
    for uuid, row in run_rows(book):
        if not row.discarded:
            earliest = _earliest(book, uuid) if row.start is None else None
            if (run := row.as_run(uuid, earliest)) is not None:
                runs.append(run)
    return runs


def _earliest(book: Book, uuid: str) -> int | None:
    """The earliest join (else leave) of anybody."""
    seen = [connection for _name, connection in book.scan(CONNECTION, uuid)]
    joins = [connection.joins[0] for connection in seen if connection.joins]
    return min(joins or [connection.leaves[0] for connection in seen if connection.leaves], default=None)


def groups_of(book: Book) -> list[Group]:
    """Its runs by the date that they belong to, else by how they follow each other."""
    schedule = book.get(SCHEDULE) or Schedule()
    return group(runs_of(book), schedule, window=book.settings.window, restart_gap=book.settings.restart_gap)


@dataclass(frozen=True, slots=True)
class Dates:
    """When what a registration is for was over."""

    entries: list[ScheduleEntry]
    groups: list[Group]
    recurs: bool
    ends: dict[str, int]
    """E of the sessions that were told, by their names."""

    def before_end(self, row: RegistrationRow, approved_ms: int) -> bool | None:
        """Whether it was approved before E of the last date that it counts for; one still to come has none yet.

        ``None`` while that is not known: after the scheduled end a run may be under way, or its `ended` late; and of
        several runs only the audience shows which of them move the end.
        """
        wanted = [entry for entry in self.entries if row.counts_for(entry, recurs=self.recurs)]
        if not self.entries:
            # Without a schedule whatever was held is over, and what comes is not known.
            return not self.groups or _any_of(self._is_before(group, approved_ms) for group in self.groups)
        if not wanted:
            return True
        last = max(wanted, key=lambda entry: (entry.start, entry.occurrence_id))
        held = [
            group
            for group in self.groups
            if group.entry and group.entry.occurrence_id == last.occurrence_id and group.entry.start >= last.start
        ]
        return not held or _any_of(self._is_before(group, approved_ms) for group in held)

    def _is_before(self, group: Group, approved_ms: int) -> bool | None:
        told = [self.ends[uuid] for uuid in group.uuids if uuid in self.ends]
        if told:
            return approved_ms < max(told) * 1000
        # A run of the day before is no end of anything.
        held = [run for run in group.runs if group.entry is None or (run.end or group.entry.start) >= group.entry.start]
        overdue = group.entry is not None and approved_ms >= group.entry.end * 1000
        verdicts = {approved_ms < run.end * 1000 if run.end is not None else None if overdue else True for run in held}
        return verdicts.pop() if len(verdicts) == 1 else None if verdicts else True


def _any_of(verdicts: Iterable[bool | None]) -> bool | None:
    known = set(verdicts)
    return True if True in known else None if None in known else False


def dates_of(book: Book) -> Dates:
    """Of the webinar."""
    schedule = book.get(SCHEDULE) or Schedule()
    ends = {name: told.end for (name,), told in book.scan(SESSION) if not told.retracted}
    return Dates(schedule.entries(), groups_of(book), schedule.recurs, ends)
