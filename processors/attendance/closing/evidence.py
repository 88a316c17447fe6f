"""What there is to file of an occurrence: webhook connections, or the rows of a settled report instead. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from processors.attendance.book.keys import TABLE, key, last_part, prefix
from processors.attendance.closing.reports import report_connections, report_state, save_report_connection
from processors.attendance.rules.connections import Connection
from processors.engine.view import View


@dataclass(slots=True)
class Evidence:
    """One connection, or one row of Zoom's report."""

    uuid: str
    name: str
    """The connection's id, or the report row's name."""
    connection: Connection
    reading: int | None
    """Of the report; ``None`` for a connection that webhooks told of."""
    stands: bool
    """False: the report has replaced it (or a later reading has), and what was filed of it goes."""

    @property
    def cursor(self) -> str:
        """Where a walk goes on with it."""
        return f"{self.uuid}|{'c' if self.reading is None else 't'}|{self.name}"

    def save(self, view: View, object_id: str) -> None:
        """Write its row back."""
        if self.reading is None:
            view.put(TABLE, key("c", object_id, self.uuid, self.name), self.connection.to_bytes())
        else:
            save_report_connection(view, object_id, self.uuid, self.name, self.reading, self.connection)


def evidence_of(view: View, object_id: str, uuids: Iterable[str], cursor: str) -> Iterator[Evidence]:
    """Everything of these instances from the cursor on: by uuid, webhooks' connections before the report's rows."""
    for uuid in sorted(uuids):
        state = report_state(view, object_id, uuid)
        reported = state is not None and state.settled == "report"
        if (start := _start("c", object_id, uuid, cursor)) is not None:
            for row_key, data in view.scan(TABLE, prefix("c", object_id, uuid), start):
                yield Evidence(uuid, last_part(row_key), Connection.from_bytes(data), None, stands=not reported)
        if reported and (start := _start("t", object_id, uuid, cursor)) is not None:
            assert state is not None
            for name, reading, connection in report_connections(view, object_id, uuid, start):
                yield Evidence(uuid, name, connection, reading, stands=reading == state.settled_reading)


def _start(kind: str, object_id: str, uuid: str, cursor: str) -> bytes | None:
    """The key at which a walk of one kind begins; ``None`` when the cursor is behind all of it."""
    if not cursor:
        return b""
    at_uuid, at_kind, name = cursor.split("|", 2)
    if (uuid, kind) < (at_uuid, at_kind):
        return None
    return key(kind, object_id, uuid, name) if (uuid, kind) == (at_uuid, at_kind) else b""
