"""Rows of the tables as values."""

from __future__ import annotations

from typing import Any

from readmodel.instants import moment


def fields_of(row: Any, *instants: str) -> dict[str, Any]:
    """The columns of a row by name; those of `instants` that it has are aware datetimes."""
    fields = dict(row._mapping)  # noqa: SLF001 (SQLAlchemy's documented way)
    return fields | {name: moment(fields[name]) for name in instants if fields.get(name) is not None}
