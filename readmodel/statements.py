"""The statement of each kind of change, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
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
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.compiler import SQLCompiler as Compiled

from readmodel.changes import RowKind
from readmodel.outcomes import finished_at, replaces, wanted_at
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
)
from readmodel.tables.columns import constant

TABLES: dict[RowKind, Table] = {
    RowKind.NEW_CONTACT: CONTACTS,
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
"""In the order in which they are written: a contact has a row before it is updated, a person's row asks how its contact
stands, and a contact's candidates take the place of all those before."""
DELETES = (RowKind.NO_SCORE, RowKind.NO_CANDIDATES, RowKind.NO_WORKER, RowKind.NO_LETTER)
UPDATES = (RowKind.WANTED_CONTACT, RowKind.ANSWERED_CONTACT)
"""Of rows that are there."""
ROWS = "rows"
"""The one parameter of PostgreSQL's statements: all rows as a JSON document."""

_Columns = Any
"""Values or columns by name."""


_COUNTS: Mapping[RowKind, Callable[[_Columns, _Columns], Any]] = {
    # Two topics may say the same thing: the later one counts, whichever is read first.
    RowKind.WANTED_CALL: lambda new, old: wanted_at(old, constant) <= wanted_at(new, constant),
    RowKind.ANSWERED_CALL: lambda new, old: replaces(
        new["level"], finished_at(new, constant), old["level"], finished_at(old, constant), constant
    ),
    RowKind.ANSWERED_CONTACT: lambda new, old: (
        (new["answered_revision"] > old["answered_revision"])
        | ((new["answered_revision"] == old["answered_revision"]) & (new["answered_at"] >= old["answered_at"]))
    ),
}
"""Whether a new row takes the place of the table's, where the last word is not always the one that counts; it is where
nothing was said before."""
_MERGED: Mapping[RowKind, Callable[[_Columns, _Columns], dict[str, Any]]] = {
    RowKind.CONTACT: lambda new, old: {"name": func.coalesce(new["name"], old["name"])},
    RowKind.WANTED_CONTACT: lambda new, old: {
        # That of a fact stands, with `rest`.
        "email": func.coalesce(old["email"], new["email"]),
        # Two topics say something of it: the larger counts, whichever came first.
        "wanted_revision": _larger(new["wanted_revision"], old["wanted_revision"]),
    },
    # When Brevo last took something before this answer; nothing if it takes that.
    RowKind.ANSWERED_CONTACT: lambda new, _old: {
        "taken_before": case((is_taken(new["outcome"]), null()), else_=WRITTEN_AT)
    },
    # The command says when it occurred, and what is said of the answer stays.
    RowKind.WANTED_CALL: lambda new, old: {
        "finished_after": finished_at(old, constant) - new["occurred_at"] * constant(1_000)
    },
    RowKind.ANSWERED_CALL: lambda new, old: {
        "occurred_at": old["occurred_at"],
        "finished_after": finished_at(new, constant) - old["occurred_at"] * constant(1_000),
    },
}
"""Columns that become something else than what the new row has."""


def _larger(one: Any, other: Any) -> Any:
    return case((one > other, one), else_=other)


@cache
def compiled(kind: RowKind, columns: tuple[str, ...], dialect: Dialect) -> Compiled:
    """For rows of these columns: on PostgreSQL one for all (`ROWS`), on SQLite one for each."""
    table = TABLES[kind]
    given, rows = _given(table, columns, dialect.name)
    made: Compiled = _statement(kind, table, given, rows, dialect.name).compile(dialect=dialect)
    return made


def _statement(kind: RowKind, table: Table, given: dict[str, Any], rows: Any, dialect: str) -> Any:
    keys = [column.name for column in table.primary_key]
    if kind in DELETES:
        return delete(table).where(*(table.c[name] == given[name] for name in given))
    if kind in UPDATES:
        found = (table.c[name] == given[name] for name in keys)
        return update(table).where(*found, _counts(kind, given, table.c)).values(_changed(kind, given, table, keys))
    values = dict(given)
    if kind in (RowKind.PERSON, RowKind.SCORED_PERSON):
        written = select(IS_WRITTEN).where(CONTACTS.c.contact == values["contact"]).correlate_except(CONTACTS)
        values["written"] = func.coalesce(written.scalar_subquery(), false())
    insert: Any = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    statement = insert.values(values) if rows is None else insert.from_select(list(values), select(*values.values()))
    new = {name: statement.excluded[name] for name in values}
    return statement.on_conflict_do_update(
        index_elements=keys, set_=_changed(kind, new, table, keys), where=_counts(kind, new, table.c)
    )


def _changed(kind: RowKind, new: _Columns, table: Table, keys: Sequence[str]) -> dict[str, Any]:
    merged = _MERGED[kind](new, table.c) if kind in _MERGED else {}
    return {name: value for name, value in new.items() if name not in keys} | merged


def _counts(kind: RowKind, new: _Columns, old: _Columns) -> Any:
    return func.coalesce(_COUNTS[kind](new, old), true()) if kind in _COUNTS else true()


def _given(table: Table, columns: Sequence[str], dialect: str) -> tuple[dict[str, Any], Any]:
    """The values of a row by column, and where they come from."""
    if dialect != "postgresql":
        return {name: bindparam(name, type_=table.c[name].type) for name in columns}, None
    told = func.json_to_recordset(cast(bindparam(ROWS, type_=Text), postgresql.JSON))
    rows = told.table_valued(*(column(name, table.c[name].type) for name in columns), name="given")
    rows = rows.render_derived(with_types=True)
    return {name: rows.c[name] for name in columns}, rows
