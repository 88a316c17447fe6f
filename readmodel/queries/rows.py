"""Rows of the tables as values, and what is asked for as the databases take it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, literal, tuple_

from readmodel.instants import moment
from readmodel.parts import place_of


def fields_of(row: Any, *instants: str) -> dict[str, Any]:
    """The columns of a row by name; those of `instants` that it has are aware datetimes."""
    fields = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's documented way)
    return fields | {name: moment(fields[name]) for name in instants if fields.get(name) is not None}


def behind(after: str | None, *columns: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    """The condition for rows behind a place, in an order in which all the columns fall; none without a place.

    Raises:
        ConfigurationError: `after` is no place of this order.
    """
    if after is None:
        return []
    place = place_of(after, [column.type.python_type for column in columns])
    return [tuple_(*columns) < tuple_(*map(literal, place))]


def asked(text: str) -> str:
    """A text of a person as the tables would have it: PostgreSQL refuses a NUL, both refuse half a character."""
    return text.encode(errors="replace").decode().replace("\0", "�")
