"""How many people of each session Brevo lacks, kept with the rows: nobody counts a million of them to show a list."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from readmodel.changes import Changes, RowKind
from readmodel.tables import NOT_SYNCED, PEOPLE, UNSYNCED

_MOVING = (RowKind.PERSON, RowKind.WANTED_CONTACT, RowKind.ANSWERED_CONTACT)
"""What may change whether a contact's results are at Brevo; the key begins with the contact."""


def moved_by(changes: Changes) -> set[Any]:
    """The contacts of which that may change."""
    return {key[0] for kind in _MOVING for key in changes.rows.get(kind, {})}


@contextmanager
def recounted(connection: Connection, contacts: Collection[bytes]) -> Iterator[None]:
    """Around what changes results of these contacts alone, within one transaction."""
    if not contacts:
        yield
        return
    before = _counts(connection, contacts)
    yield
    after = _counts(connection, contacts)
    moves = {session: after.get(session, 0) - before.get(session, 0) for session in sorted({*before, *after})}
    _add(connection, {session: by for session, by in moves.items() if by})


def among(column: ColumnElement[Any], contacts: Collection[bytes], dialect: str) -> ColumnElement[bool]:
    """Whether the column has one of these, in as few words as the database can be asked."""
    if dialect == "postgresql":
        array: Any = bindparam(None, sorted(contacts), type_=postgresql.ARRAY(column.type))
        return column == func.any(array)
    return column.in_(sorted(contacts))


def _counts(connection: Connection, contacts: Collection[bytes]) -> dict[int, int]:
    theirs = among(PEOPLE.c.contact, contacts, connection.dialect.name)
    people = func.count().label("people")
    counted = select(PEOPLE.c.session, people).where(theirs, NOT_SYNCED).group_by(PEOPLE.c.session)
    return {row.session: row.people for row in connection.execute(counted)}


def _add(connection: Connection, moves: dict[int, int]) -> None:
    if not moves:
        return
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(UNSYNCED)
    total = UNSYNCED.c.people + statement.excluded.people
    connection.execute(
        statement.on_conflict_do_update(index_elements=["session"], set_={"people": total}),
        [{"session": session, "people": by} for session, by in moves.items()],
    )
    # A session without any has no row, whichever batches brought it there.
    connection.execute(delete(UNSYNCED).where(UNSYNCED.c.session.in_(moves), UNSYNCED.c.people == 0))
