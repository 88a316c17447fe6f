"""What the phases of a work have in hand: the rows, how much of them this step may still touch, the session. PURE."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, auto
from functools import cached_property

from processors.attendance.book import DESCRIBED_DETAILS, REPORT_STATE, SCHEDULE, Book, Details, DueWork, Job
from processors.attendance.known.exclusion import panelists_of
from processors.attendance.known.questions import Scope, Subject, open_among
from processors.attendance.rules.reports import ReportState
from processors.attendance.rules.runs import RunRow, liveliest
from processors.attendance.rules.sessions import Group, Session, Weight, session_of
from schemas.attendance import ObjectType, Origin, Scheduled


class Progress(Enum):
    """How a phase left its work."""

    DONE = auto()
    """The next phase begins."""
    MORE = auto()
    """The step's budget is spent."""
    WAITS = auto()
    """Zoom has to answer first."""


@dataclass
class ClosingStep:
    """One step of a session's work."""

    book: Book
    job: Job
    work: DueWork
    group: Group
    rows: dict[str, RunRow]
    """By uuid, of the group's runs."""
    budget: int
    """How many people or rows may still be handled."""
    earlier: list[str]
    """Runs of earlier sessions of the same date (a webinar that was held and got a new one)."""
    later: list[str]
    """Runs of later ones, where who was in this one stayed not away."""
    reports: dict[str, ReportState | None] = field(init=False)

    def __post_init__(self) -> None:
        """Read the reports' state once."""
        self.reports = {uuid: self.book.get(REPORT_STATE, uuid) for uuid in self.group.uuids}

    @property
    def first(self) -> RunRow:
        """Of the group's first run: account and type are told from it."""
        return self.rows[self.group.runs[0].uuid]

    @property
    def object_type(self) -> ObjectType:
        """Webinar or meeting."""
        return self.first.object_type

    @cached_property
    def details(self) -> Details:
        """As Zoom answered."""
        return self.book.get(DESCRIBED_DETAILS) or Details()

    @cached_property
    def panelists(self) -> frozenset[str]:
        """Contacts who are left out as panelists."""
        return panelists_of(self.book)

    @cached_property
    def recurs(self) -> bool:
        """Whether the webinar has occurrences."""
        schedule = self.book.get(SCHEDULE)
        return schedule is not None and schedule.recurs

    @cached_property
    def has_schedule(self) -> bool:
        """Whether anybody knows of a date, one that was deleted too: what is held beside it is nobody's to miss."""
        schedule = self.book.get(SCHEDULE)
        return schedule is not None and schedule.has_dates

    @cached_property
    def scheduled(self) -> Scheduled | None:
        """The group's date as records tell it."""
        entry = self.group.entry
        return None if entry is None else entry.told

    @cached_property
    def origin(self) -> Origin:
        """Live when one of its runs is: people were told of that one as it happened."""
        return liveliest(row.origin for row in self.rows.values())

    @property
    def subject(self) -> Subject:
        """What questions to Zoom are about."""
        return Subject(self.first.account_id, self.book.object_id, self.object_type, self.origin)

    def has_report(self, uuid: str) -> bool:
        """Whether a settled report corrects what webhooks say of a run."""
        state = self.reports[uuid]
        return state is not None and state.settled == "report"

    @property
    def settled(self) -> int:
        """How many of its reports are settled."""
        return sum(state is not None and state.settled is not None for state in self.reports.values())

    @property
    def is_final(self) -> bool:
        """Every report is settled, and a scheduled webinar was due to be over."""
        entry = self.group.entry
        over = entry is None or self.book.now_ms >= entry.end * 1000
        return over and (not self.book.settings.report_checks or self.settled == len(self.group.runs))

    @cached_property
    def session(self) -> Session | None:
        """What the runs come to, once they are weighed."""
        weights = {uuid: Weight(*weight) for uuid, weight in self.work.weights.items()}
        return session_of(self.group, weights, self.book.settings.main_share)

    def spend(self) -> bool:
        """Handle one more; false when the budget is spent."""
        self.budget -= 1
        return self.budget >= 0

    def plan(self, at_ms: int) -> None:
        """Compute the session once more then, unless that is past."""
        if at_ms > self.book.now_ms:
            self.job.planned[self.group.runs[0].uuid] = at_ms

    def wait_for(self, scopes: list[Scope]) -> bool:
        """Wait for the answers that are still to come; false when there are none."""
        self.work.waits = open_among(self.book, scopes)
        return bool(self.work.waits)
