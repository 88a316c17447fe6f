"""Writes the changes of a batch: one statement per kind, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from sqlalchemy import (
    Connection,
    Dialect,
    Table,
    Text,
    bindparam,
    case,
    cast,
    column,
    delete,
    false,
    func,
    literal_column,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler as Compiled

from readmodel.changes import Changes, RowKind, SqlRow
from readmodel.numbers import add, numbers_of
from readmodel.outcomes import replaces
from readmodel.tables import (
    AUDIT,
    CALLS,
    CANDIDATES,
    CONTACTS,
    DEAD_LETTERS,
    DELIVERIES,
    ERASED,
    IS_WRITTEN,
    LETTERS,
    PEOPLE,
    REGISTRATIONS,
    SCORES,
    SESSIONS,
    SETUPS,
    WORKERS,
    WRITTEN_AT,
    is_taken,
    numbered,
)
from readmodel.tallies import among, tallied

_TABLES: dict[RowKind, Table] = {
    RowKind.CONTACT: CONTACTS,
    RowKind.WANTED_CONTACT: CONTACTS,
    RowKind.ANSWERED_CONTACT: CONTACTS,
    RowKind.SESSION: SESSIONS,
    RowKind.PERSON: PEOPLE,
    RowKind.SCORED_PERSON: PEOPLE,
    RowKind.REGISTRATION: REGISTRATIONS,
    RowKind.SCORE: SCORES,
    RowKind.NO_SCORE: SCORES,
    RowKind.NO_CANDIDATES: CANDIDATES,
    RowKind.CANDIDATE: CANDIDATES,
    RowKind.WANTED_CALL: CALLS,
    RowKind.ANSWERED_CALL: CALLS,
    RowKind.DEAD_LETTER: DEAD_LETTERS,
    RowKind.DELIVERY: DELIVERIES,
    RowKind.NO_LETTER: LETTERS,
    RowKind.LETTER_FAULT: LETTERS,
    RowKind.LETTER_DECISION: LETTERS,
    RowKind.AUDIT: AUDIT,
    RowKind.SETUP: SETUPS,
    RowKind.ERASED: ERASED,
    RowKind.WORKER: WORKERS,
    RowKind.NO_WORKER: WORKERS,
}
"""In the order in which they are written: a person's row asks how its contact stands, and a contact's candidates take
the place of all those before."""
_DELETES = (RowKind.NO_SCORE, RowKind.NO_CANDIDATES, RowKind.NO_WORKER, RowKind.NO_LETTER)
_KEPT: dict[RowKind, Sequence[str]] = {
    RowKind.CONTACT: ("name",),
    RowKind.WANTED_CONTACT: ("email",),
}
"""Columns that keep what they have where nothing new is said."""
_LARGEST: dict[RowKind, Sequence[str]] = {RowKind.WANTED_CONTACT: ("wanted_revision",)}
"""Columns that two topics say something of: the larger counts, whichever came first."""


def _constant(number: int) -> Any:
    """A number of ours as it stands in the statement, whose parameters are all columns."""
    return literal_column(str(number))


_TakesItsPlace = Callable[[Any, Any], Any]
"""Whether a new row's columns take the place of the table's."""
_COUNTS: dict[RowKind, _TakesItsPlace] = {
    # Two topics may say the same thing: the later one counts, whichever is read first.
    RowKind.WANTED_CALL: lambda new, old: old.wanted_at <= new.wanted_at,
    RowKind.ANSWERED_CALL: lambda new, old: replaces(new.level, new.finished_at, old.level, old.finished_at, _constant),
    RowKind.ANSWERED_CONTACT: lambda new, old: (
        (new.answered_revision > old.answered_revision)
        | ((new.answered_revision == old.answered_revision) & (new.answered_at >= old.answered_at))
    ),
}
"""Where the last word is not always the one that counts; it is where nothing was said before."""
_ASKED_OF_BREVO = (RowKind.WANTED_CONTACT, RowKind.ANSWERED_CONTACT)
"""After these the rows of a contact's results may have to say something else about `written`."""
_CALLS = (RowKind.WANTED_CALL, RowKind.ANSWERED_CALL)

_UNKNOWN = 0
"""The number of nothing."""
_ROWS = "rows"


def write(connection: Connection, changes: Changes) -> None:
    """Write everything that has changed, within the caller's transaction."""
    rows = _numbered(connection, changes)
    asked: set[Any] = {row["contact"] for kind in _ASKED_OF_BREVO for row in rows.get(kind, ())}
    people: set[Any] = asked | {row["contact"] for row in rows.get(RowKind.PERSON, ())}
    calls: set[Any] = {(row["contact"], row["command_id"]) for kind in _CALLS for row in rows.get(kind, ())}
    with tallied(connection, people, sorted(calls)):
        for kind in _TABLES:
            if kind in rows:
                _write(connection, kind, rows[kind])
        if asked:
            _follow(connection, asked)


def _numbered(connection: Connection, changes: Changes) -> dict[RowKind, list[SqlRow]]:
    """The rows of each kind, with the numbers of contacts, sessions and words in the place of what projections say."""
    rows = {kind: list(said.values()) for kind, said in changes.rows.items() if said}
    places: dict[Table, list[tuple[RowKind, str]]] = {}
    for kind, said in rows.items():
        for name, numbers in numbered(_TABLES[kind]).items():
            if name in said[0]:
                places.setdefault(numbers, []).append((kind, name))
    for numbers, named in places.items():
        _number(connection, numbers, [(name, kind in _DELETES, rows[kind]) for kind, name in named])
    for kind in _DELETES:
        rows[kind] = [row for row in rows.get(kind, ()) if _UNKNOWN not in row.values()]
    return {kind: said for kind, said in rows.items() if said}


def _number(connection: Connection, numbers: Table, places: Sequence[tuple[str, bool, list[SqlRow]]]) -> None:
    """In the rows of each place, in its column: `_UNKNOWN` of what is deleted and never was there."""
    # In the order in which they came: what came together lies together.
    met = dict.fromkeys(row[name] for name, _, rows in places for row in rows)
    needed = dict.fromkeys(row[name] for name, is_deleted, rows in places if not is_deleted for row in rows)
    known = numbers_of(connection, numbers, [name for name in met if name is not None])
    fresh = [name for name in needed if name is not None and name not in known]
    given = {None: None, **known, **add(connection, numbers, fresh)}
    for name, _, rows in places:
        for row in rows:
            row[name] = given.get(row[name], _UNKNOWN)


def _write(connection: Connection, kind: RowKind, rows: Sequence[SqlRow]) -> None:
    table, columns = _TABLES[kind], tuple(rows[0])
    keys = [column.name for column in table.primary_key if column.name in columns]
    # In the order of their keys: neighbours share a page of the database. What is said of one stays in its order.
    in_order = sorted(rows, key=itemgetter(*keys))
    compiled = _compiled(kind, columns, connection.dialect)
    for turn in _turns(table, in_order, connection.dialect):
        _execute(connection, compiled, turn)


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


def _execute(connection: Connection, compiled: Compiled, rows: Sequence[SqlRow]) -> None:
    """All rows by one prepared statement, past SQLAlchemy's handling of each value: half of the time would go there."""
    names: Sequence[str] | None = compiled.positiontup
    if names is None:  # PostgreSQL: one statement for all
        connection.exec_driver_sql(str(compiled), {_ROWS: orjson.dumps(rows, default=_hexadecimal).decode()})
        return
    values: Any = list(map(itemgetter(*names), rows)) if len(names) > 1 else [(row[names[0]],) for row in rows]
    connection.exec_driver_sql(str(compiled), values)


@cache
def _compiled(kind: RowKind, columns: tuple[str, ...], dialect: Dialect) -> Compiled:
    compiled: Compiled = _statement(kind, columns, dialect.name).compile(dialect=dialect)
    return compiled


def _statement(kind: RowKind, columns: tuple[str, ...], dialect: str) -> Any:
    table = _TABLES[kind]
    keys = [column.name for column in table.primary_key]
    given, rows = _given(table, columns, dialect)
    if kind in _DELETES:
        return delete(table).where(*(table.c[name] == given[name] for name in columns))
    values = dict(given)
    if kind in (RowKind.PERSON, RowKind.SCORED_PERSON):
        written = select(IS_WRITTEN).where(CONTACTS.c.contact == values["contact"]).correlate_except(CONTACTS)
        values["written"] = func.coalesce(written.scalar_subquery(), false())
    insert: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    statement = insert.values(values) if rows is None else insert.from_select(list(values), select(*values.values()))
    changed: dict[str, Any] = {name: statement.excluded[name] for name in values if name not in keys}
    for name in _KEPT.get(kind, ()):
        changed[name] = func.coalesce(statement.excluded[name], table.c[name])
    if kind is RowKind.ANSWERED_CONTACT:
        changed["taken_before"] = _taken_before(statement.excluded)
    for name in _LARGEST.get(kind, ()):
        # SQLite's `max` of two arguments is the larger one.
        larger: Any = func.max if dialect == "sqlite" else func.greatest
        changed[name] = larger(statement.excluded[name], table.c[name])
    counts = _COUNTS.get(kind)
    where = None if counts is None else func.coalesce(counts(statement.excluded, table.c), true())
    return statement.on_conflict_do_update(index_elements=keys, set_=changed, where=where)


def _taken_before(new: Any) -> Any:
    """When Brevo last took something before the new answer; nothing if it takes that."""
    return case((is_taken(new.outcome), null()), else_=WRITTEN_AT)


def _given(table: Table, columns: Sequence[str], dialect: str) -> tuple[dict[str, Any], Any]:
    """The values of a row by column, and where they come from."""
    if dialect != "postgresql":
        return {name: bindparam(name, type_=table.c[name].type) for name in columns}, None
    told = func.json_to_recordset(cast(bindparam(_ROWS, type_=Text), postgresql.JSON))
    rows = told.table_valued(*(column(name, table.c[name].type) for name in columns), name="given")
    rows = rows.render_derived(with_types=True)
    return {name: rows.c[name] for name in columns}, rows


def _hexadecimal(value: bytes) -> str:
    """Bytes as PostgreSQL reads them from JSON."""
    return f"\\x{value.hex()}"


def _follow(connection: Connection, moved: Collection[Any]) -> None:
    is_written = select(IS_WRITTEN).where(CONTACTS.c.contact == PEOPLE.c.contact).scalar_subquery()
    theirs = among(PEOPLE.c.contact, moved, connection.dialect.name)
    connection.execute(update(PEOPLE).where(theirs, PEOPLE.c.written != is_written).values(written=is_written))
