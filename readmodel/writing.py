"""Writes the changes of a batch: one statement per kind (`readmodel.statements`)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import Connection, Dialect, Table, select, update
from sqlalchemy.sql.compiler import SQLCompiler as Compiled

from readmodel.changes import Changes, RowKind, SqlRow
from readmodel.contact_numbers import KnownContacts
from readmodel.numbers import Numbers
from readmodel.statements import DELETES, ROWS, TABLES, compiled
from readmodel.tables import CONTACTS, IS_WRITTEN, PEOPLE, numbered
from readmodel.tallies import among, tallied

_ASKED_OF_BREVO = (RowKind.WANTED_CONTACT, RowKind.ANSWERED_CONTACT)
"""After these the rows of a contact's results may have to say something else about `written`."""
_CALLS = (RowKind.WANTED_CALL, RowKind.ANSWERED_CALL)

_UNKNOWN = 0
"""The number of nothing."""


def write(connection: Connection, changes: Changes, known: KnownContacts | None = None) -> None:
    """Write everything that has changed, within the caller's transaction; `known` if it has begun with that."""
    rows = _numbered(connection, changes, known or KnownContacts())
    asked: set[Any] = {row["contact"] for kind in _ASKED_OF_BREVO for row in rows.get(kind, ())}
    people: set[Any] = asked | {row["contact"] for row in rows.get(RowKind.PERSON, ())}
    calls: set[Any] = {(row["contact"], row["command"]) for kind in _CALLS for row in rows.get(kind, ())}
    with tallied(connection, people, sorted(calls)):
        for kind in TABLES:
            if kind in rows:
                _write(connection, kind, rows[kind])
        if asked:
            _follow(connection, asked)


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
        _number(connection, numbers, [(name, kind in DELETES, rows[kind]) for kind, name in named])
    for kind in DELETES:
        rows[kind] = [row for row in rows.get(kind, ()) if _UNKNOWN not in row.values()]
    return {kind: said for kind, said in rows.items() if said}


def _number(
    connection: Connection, numbers: Numbers | KnownContacts, places: Sequence[tuple[str, bool, list[SqlRow]]]
) -> None:
    """In the rows of each place, in its column: `_UNKNOWN` of what is deleted and never was there."""
    # In the order in which they came: what came together lies together.
    needed, deleted = dict[Any, None](), dict[Any, None]()
    for name, is_deleted, rows in places:
        (deleted if is_deleted else needed).update(dict.fromkeys(map(itemgetter(name), rows)))
    known = numbers.of(connection, [name for name in {**needed, **deleted} if name is not None])
    fresh = [name for name in needed if name is not None and name not in known]
    given = {None: None, **known, **numbers.add(connection, fresh)}
    for name, _, rows in places:
        for row in rows:
            row[name] = given.get(row[name], _UNKNOWN)


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
