"""What is counted as rows change, so that nobody counts a million for an answer: whom Brevo lacks, and delays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    LargeBinary,
    Select,
    Table,
    bindparam,
    cast,
    delete,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

from readmodel.tables import ANSWERED, CALLS, DELAYS, FINISHED_AT, NOT_SYNCED, PEOPLE, UNSYNCED

DELAY_STEP_MS = 100
"""How exact a delay is told."""
MINUTE_MS = 60_000
_DIGITS = 20
"""Of the longest command with its sign."""
CallKey = tuple[int, int]
"""The number of a contact, and `readmodel.keys.command_key`."""


@contextmanager
def tallied(connection: Connection, contacts: Collection[int], calls: Sequence[CallKey]) -> Iterator[None]:
    """Around what changes results of these contacts and these calls alone, within one transaction."""
    dialect = connection.dialect.name
    chosen = _unsynced(contacts, dialect) if contacts else None, _delays(calls, dialect) if calls else None
    before = [_counted(connection, one) for one in chosen]
    yield
    after = [_counted(connection, one) for one in chosen]
    for table, was, now in zip((UNSYNCED, DELAYS), before, after, strict=True):
        now.subtract(was)
        _add(connection, table, {key: by for key, by in now.items() if by})


def among(column: ColumnElement[Any], contacts: Collection[int], dialect: str) -> ColumnElement[bool]:
    """Whether the column has one of these, in as few words as the database can be asked."""
    if dialect == "postgresql":
        array: Any = bindparam(None, sorted(contacts), type_=postgresql.ARRAY(column.type))
        return column == func.any(array)
    return column.in_(select(_each(sorted(contacts)).c.value))


def calls_of(connection: Connection, contact: int) -> list[CallKey]:
    """The keys of all calls about a contact."""
    rows = connection.execute(select(CALLS.c.contact, CALLS.c.command).where(CALLS.c.contact == contact))
    return [(number, command) for number, command in rows]


def _unsynced(contacts: Collection[int], dialect: str) -> Select[Any]:
    return select(PEOPLE.c.session).where(among(PEOPLE.c.contact, contacts, dialect), NOT_SYNCED)


def _delays(calls: Sequence[CallKey], dialect: str) -> Select[Any]:
    keys = FINISHED_AT // MINUTE_MS, CALLS.c.wanted, CALLS.c.finished_after // DELAY_STEP_MS
    return select(*keys).select_from(_joined(calls, dialect)).where(ANSWERED)


def _counted(connection: Connection, chosen: Select[Any] | None) -> Counter[tuple[Any, ...]]:
    if chosen is None:
        return Counter()
    keys = chosen.selected_columns
    rows = connection.execute(chosen.add_columns(func.count()).group_by(*keys))
    return Counter({tuple(key): count for *key, count in rows})


def _joined(calls: Sequence[CallKey], dialect: str) -> FromClause:
    """The rows of these calls, each found by its key."""
    if dialect == "postgresql":
        arrays = (
            bindparam(None, list(values), type_=ARRAY(kind))
            for values, kind in zip(zip(*calls, strict=True), (Integer(), BigInteger()), strict=True)
        )
        given = func.unnest(*arrays).table_valued(Column("contact", Integer), Column("command", BigInteger))
        given = given.render_derived()
        contact: Any = given.c.contact
        command: Any = given.c.command
    else:
        given = _each([contact for contact, _ in calls])
        contact = given.c.value
        # All commands in one text of digits: a second list, or a list of pairs, takes SQLite twice as long.
        digits: Any = bindparam(None, b"".join(b"%20d" % command for _, command in calls), type_=LargeBinary())
        command = cast(func.substr(digits, given.c.key * _DIGITS + 1, _DIGITS), BigInteger)
    return given.join(CALLS, (CALLS.c.contact == contact) & (CALLS.c.command == command))


def _each(numbers: Sequence[int]) -> Any:
    """SQLite's rows of a JSON list: `key` counts from 0."""
    return func.json_each(orjson.dumps(numbers).decode()).table_valued(Column("key", Integer), Column("value", Integer))


def _add(connection: Connection, table: Table, moves: dict[tuple[Any, ...], int]) -> None:
    if not moves:
        return
    keys, (count,) = [column.name for column in table.primary_key], [c for c in table.c if not c.primary_key]
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(table)
    connection.execute(
        statement.on_conflict_do_update(index_elements=keys, set_={count: count + statement.excluded[count.name]}),
        [{**dict(zip(keys, key, strict=True)), count.name: by} for key, by in sorted(moves.items())],
    )
    # What there is none of has no row, whichever batches brought it there.
    connection.execute(delete(table).where(count == 0))
