"""Writes the changes of a batch: one statement per kind (`readmodel.statements`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Dialect, Table, select, update
from sqlalchemy.sql.compiler import SQLCompiler as Compiled

from readmodel.changes import Changes, RowKind, SqlRow
from readmodel.contact_numbers import KnownContacts
from readmodel.keys import beginning
from readmodel.numbers import Numbers
from readmodel.statements import DELETES, ROWS, TABLES, compiled
from readmodel.tables import CONTACTS, IS_WRITTEN, PEOPLE, numbered
from readmodel.tallies import among, tallied

_ASKED_OF_BREVO = (RowKind.WANTED_CONTACT, RowKind.ANSWERED_CONTACT)
"""After these the rows of a contact's results may have to say something else about `written`."""
_CALLS = (RowKind.WANTED_CALL, RowKind.ANSWERED_CALL)

_UNKNOWN = 0
"""The number of nothing."""


class _Place(NamedTuple):
    """Where names stand for which there are numbers."""

    rows: list[SqlRow]
    column: str
    is_deleted: bool


def write(connection: Connection, changes: Changes, known: KnownContacts | None = None) -> None:
    """Write everything that has changed, within the caller's transaction; `known` if it has begun with that."""
    rows = _numbered(connection, changes, known or KnownContacts())
    asked = _values(rows, _ASKED_OF_BREVO, "contact")
    people = asked | _values(rows, (RowKind.PERSON,), "contact")
    calls = sorted(_values(rows, _CALLS, "contact", "command"))
    with tallied(connection, people.keys(), calls):
        for kind in TABLES:
            if kind in rows:
                _write(connection, kind, rows[kind])
        if asked:
            _follow(connection, asked)


def _values(rows: Mapping[RowKind, list[SqlRow]], kinds: Sequence[RowKind], *names: str) -> dict[Any, None]:
    """Of these columns, in the rows of these kinds; in their order, which is almost that of the numbers."""
    return dict.fromkeys(chain.from_iterable(map(itemgetter(*names), rows.get(kind, ())) for kind in kinds))


def _numbered(connection: Connection, changes: Changes, contacts: KnownContacts) -> dict[RowKind, list[SqlRow]]:
    """The rows of each kind, with the numbers of contacts, sessions and words in the place of what projections say."""
    rows = {kind: list(said.values()) for kind, said in changes.rows.items() if said}
    places: dict[Table, list[tuple[RowKind, str]]] = {}
    for kind, said in rows.items():
        for name, table in numbered(TABLES[kind]).items():
            if name in said[0]:
                places.setdefault(table, []).append((kind, name))
    for table, named in places.items():
        numbers = contacts if table is CONTACTS else Numbers(table)
        _number(connection, numbers, [_Place(rows[kind], name, kind in DELETES) for kind, name in named])
    if contacts.added:
        rows[RowKind.NEW_CONTACT] = _new(contacts, _values(rows, (RowKind.CONTACT,), "contact"))
    for kind in DELETES:
        rows[kind] = [row for row in rows.get(kind, ()) if _UNKNOWN not in row.values()]
    return {kind: said for kind, said in rows.items() if said}


def _new(contacts: KnownContacts, told: Collection[Any]) -> list[SqlRow]:
    """Rows of those of whom nothing but the id is known yet; who was `told` of has a whole one."""
    return [
        {"contact": number, "beginning": beginning(key), "rest": key}
        for key, number in contacts.added.items()
        if number not in told
    ]


def _number(connection: Connection, numbers: Numbers | KnownContacts, places: Sequence[_Place]) -> None:
    """In the rows of each place, in its column: `_UNKNOWN` of what is deleted and never was there."""
    named = [[row[place.column] for row in place.rows] for place in places]
    # In the order in which they came: what came together lies together.
    met: dict[Any, None] = dict.fromkeys(chain.from_iterable(named))
    met.pop(None, None)
    known: dict[Any, int] = numbers.of(connection, met)
    kept = [names for names, place in zip(named, places, strict=True) if not place.is_deleted]
    needed = met if len(kept) == len(named) else {*chain.from_iterable(kept)}
    numbers.add(connection, known, [name for name in met if name not in known and name in needed])
    for names, place in zip(named, places, strict=True):
        otherwise = _UNKNOWN if place.is_deleted else None
        for row, name in zip(place.rows, names, strict=True):
            row[place.column] = known.get(name, otherwise)


def _write(connection: Connection, kind: RowKind, rows: Sequence[SqlRow]) -> None:
    table, columns = TABLES[kind], tuple(rows[0])
    keys = [column.name for column in table.primary_key if column.name in columns]
    # In the order of their keys: neighbours share a page of the database. What is said of one stays in its order.
    in_order = sorted(rows, key=itemgetter(*keys))
    statement = compiled(kind, columns, connection.dialect)
    for turn in _turns(table, in_order, connection.dialect):
        _execute(connection, statement, turn)


def _turns(table: Table, rows: Sequence[SqlRow], dialect: Dialect) -> Sequence[Sequence[SqlRow]]:
    """The rows as statements take them: one of PostgreSQL meets a row of the table once, SQLite runs one for each."""
    if dialect.name != "postgresql":
        return [rows]
    keys = [column.name for column in table.primary_key]
    turns: list[list[SqlRow]] = []
    met = Counter[tuple[Any, ...]]()
    for row in rows:
        key = tuple(row.get(name) for name in keys)
        if met[key] == len(turns):
            turns.append([])
        turns[met[key]].append(row)
        met[key] += 1
    return turns


def _execute(connection: Connection, statement: Compiled, rows: Sequence[SqlRow]) -> None:
    """All rows by one prepared statement, past SQLAlchemy's handling of each value: half of the time would go there."""
    names: Sequence[str] | None = statement.positiontup
    if names is None:  # PostgreSQL: one statement for all
        connection.exec_driver_sql(str(statement), {ROWS: orjson.dumps(rows, default=_hexadecimal).decode()})
        return
    values: Any = list(map(itemgetter(*names), rows)) if len(names) > 1 else [(row[names[0]],) for row in rows]
    connection.exec_driver_sql(str(statement), values)


def _hexadecimal(value: bytes) -> str:
    """Bytes as PostgreSQL reads them from JSON."""
    return f"\\x{value.hex()}"


def _follow(connection: Connection, moved: Collection[Any]) -> None:
    is_written = select(IS_WRITTEN).where(CONTACTS.c.contact == PEOPLE.c.contact).scalar_subquery()
    theirs = among(PEOPLE.c.contact, moved, connection.dialect.name)
    connection.execute(update(PEOPLE).where(theirs, PEOPLE.c.written != is_written).values(written=is_written))
