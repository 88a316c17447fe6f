"""What there is to file of a group of runs: webhooks' connections, and the rows of settled reports. PURE."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from processors.attendance.book import CONNECTION, REPORT_ROW, Book
from processors.attendance.closing.identity import shown_by_webhook, shown_in_report
from processors.attendance.closing.step import ClosingStep
from processors.attendance.rules.connections import Connection
from processors.attendance.rules.facts import Shown
from processors.attendance.rules.reports import ReportRow


@dataclass(slots=True)
class PieceOfEvidence:
    """One connection, or one row of Zoom's report."""

    uuid: str
    name: str
    """The connection's id, or the report row's name."""
    connection: Connection
    reading: int | None
    """Of the report; ``None`` for a connection that webhooks told of."""

    @property
    def is_row(self) -> bool:
        """Of the report."""
        return self.reading is not None

    @property
    def cursor(self) -> str:
        """Where a walk goes on with it."""
        return f"{self.uuid}|{'t' if self.is_row else 'c'}|{self.name}"

    def shown(self, book: Book) -> Shown:
        """Its identity, with what it takes from others."""
        read = shown_in_report if self.is_row else shown_by_webhook
        return read(book, self.uuid, self.connection)

    def save(self, book: Book) -> None:
        """Write its row back."""
        if self.reading is None:
            book.put(CONNECTION, self.connection, self.uuid, self.name)
        else:
            book.put(REPORT_ROW, ReportRow(self.reading, self.connection), self.uuid, self.name)


def evidence_of(step: ClosingStep, cursor: str, *, reported_only: bool = False) -> Iterator[PieceOfEvidence]:
    """Everything of these runs from the cursor on: by uuid, webhooks' connections before the report's rows.

    `reported_only`: of runs with a settled report alone.
    """
    book = step.book
    for uuid in sorted(step.group.uuids):
        state = step.reports[uuid]
        has_report = step.has_report(uuid)
        if reported_only and not has_report:
            continue
        if (start := _start(uuid, "c", cursor)) is not None:
            for (name,), connection in book.scan(CONNECTION, uuid, start=start):
                yield PieceOfEvidence(uuid, name, connection, None)
        if has_report and state is not None and (start := _start(uuid, "t", cursor)) is not None:
            for (name,), row in book.scan(REPORT_ROW, uuid, start=start):
                if row.reading == state.settled_reading:
                    yield PieceOfEvidence(uuid, name, row.connection, row.reading)


def _start(uuid: str, kind: str, cursor: str) -> str | None:
    """Where a walk of one kind begins; ``None`` when the cursor is behind all of it."""
    if not cursor:
        return ""
    at_uuid, at_kind, name = cursor.split("|", 2)
    if (uuid, kind) < (at_uuid, at_kind):
        return None
    return name if (uuid, kind) == (at_uuid, at_kind) else ""
