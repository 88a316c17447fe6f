"""Who was forgotten (`ops.erasures.v1`): their rows go, and what is read of them again makes none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Column, Connection, Table, delete, or_, select, true, update

from readmodel.changes import Changes, RowKind, SourceRecord
from readmodel.instants import milliseconds
from readmodel.keys import contact_id_of
from readmodel.tables import (
    AUDIT,
    CALLS,
    CANDIDATES,
    CONTACTS,
    DEAD_LETTERS,
    ERASED,
    PEOPLE,
    REGISTRATIONS,
    SCORES,
)
from readmodel.tallies import calls_of, tallied
from schemas.erasure import mark_of

FORGOTTEN = "forgotten"
"""In place of their id where an act of somebody else names it."""
_ID_DIGITS = 32
_BY_TIME = (
    (PEOPLE, PEOPLE.c.judged_at * 1_000),
    (REGISTRATIONS, REGISTRATIONS.c.occurred_at),
    (CALLS, CALLS.c.occurred_at * 1_000),
)
"""Tables of one contact each row, and when what a row tells of was, in milliseconds."""


class _Marked(NamedTuple):
    mark: str
    returned_at: int | None


class Forgotten:
    """The people who were forgotten, as far as the tables know.

    Args:
        salt: of the installation; ``None`` while nobody was.
        marked: by mark.
    """

    def __init__(self, salt: str | None, marked: Mapping[str, _Marked]) -> None:
        self._salt = salt
        self._marked = marked

    @classmethod
    def of(cls, connection: Connection, changes: Changes) -> Forgotten:
        """Those in the tables, and those that a batch brings."""
        rows: list[Mapping[Any, Any]] = [*connection.execute(select(ERASED)).mappings()]
        rows += changes.rows.get(RowKind.ERASED, {}).values()
        salt = rows[0]["salt"] if rows else None
        return cls(salt, {row["mark"]: _Marked(row["mark"], row["returned_at"]) for row in rows})

    def __bool__(self) -> bool:
        """Whether anybody was."""
        return self._salt is not None

    def others(self, records: Iterable[SourceRecord]) -> list[SourceRecord]:
        """Records without those of a person from before the erasure, or from before their return."""
        return [record for record in records if not self._is_of_one(record)]

    def _is_of_one(self, record: SourceRecord) -> bool:
        marked = self.find((record.key or b"").decode("latin-1"))
        if marked is None or record.value is None:
            return False
        return marked.returned_at is None or _happened(record.value, marked.returned_at) < marked.returned_at

    def find(self, contact_id: str) -> _Marked | None:
        """The one that a contact is, returned or not."""
        if self._salt is None or len(contact_id) != _ID_DIGITS:
            return None
        return self._marked.get(mark_of(self._salt, contact_id))


def _happened(value: bytes, otherwise: int) -> int:
    """When it did, in milliseconds since 1970; what says no time (a score) is of all that stands now."""
    try:
        fields = orjson.loads(value)
        return milliseconds(fields.get("occurred_at")) or otherwise
    except (ValueError, AttributeError):
        return otherwise


def without_names(changes: Changes, forgotten: Forgotten) -> None:
    """Acts on somebody who was forgotten name nobody."""
    for row in changes.rows.get(RowKind.AUDIT, {}).values():
        if forgotten.find(str(row["subject"])) is not None:
            row["subject"] = FORGOTTEN


def erase(connection: Connection, changes: Changes, forgotten: Forgotten) -> bool:
    """Delete the rows of those whom a batch brings, and their ids where others' acts name them; whether it brings any.

    Within the caller's transaction; the rows of after a return stay.
    """
    fresh = {str(mark) for (mark,) in changes.rows.get(RowKind.ERASED, {})}
    if not fresh:
        return False  # what follows reads whole tables
    who = connection.execute(select(CONTACTS.c.contact, CONTACTS.c.rest, CONTACTS.c.email)).all()
    for contact, rest, email in who:
        marked = forgotten.find(contact_id_of(rest, email))
        if marked is not None and marked.mark in fresh:
            _erase_rows(connection, contact, marked)
    for column in (AUDIT.c.subject, DEAD_LETTERS.c.record_key):
        for name, _marked in _of(connection, column, fresh, forgotten):
            connection.execute(update(column.table).where(column == name).values({column.name: FORGOTTEN}))
    return True


def _erase_rows(connection: Connection, contact: int, marked: _Marked) -> None:
    """Of one contact, by its number."""
    with tallied(connection, [contact], calls_of(connection, contact)):
        for table, told_at in _BY_TIME:
            before = true() if marked.returned_at is None else or_(told_at.is_(None), told_at < marked.returned_at)
            connection.execute(delete(table).where(table.c.contact == contact, before))
    if any(_has(connection, table, contact) for table, _ in _BY_TIME):
        return
    for table in (SCORES, CANDIDATES, CONTACTS):
        connection.execute(delete(table).where(table.c.contact == contact))


def _has(connection: Connection, table: Table, contact: int) -> bool:
    return connection.execute(select(table.c.contact).where(table.c.contact == contact).limit(1)).first() is not None


def _of(
    connection: Connection, column: Column[Any], fresh: Collection[str], forgotten: Forgotten
) -> list[tuple[Any, _Marked]]:
    """What a column holds of the fresh ones, as it holds it."""
    held = connection.execute(select(column).distinct().where(column.is_not(None))).scalars()
    named = [(value, forgotten.find(value)) for value in held]
    return [(value, marked) for value, marked in named if marked is not None and marked.mark in fresh]
