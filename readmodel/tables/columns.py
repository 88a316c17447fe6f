"""The kinds of columns that the tables are made of, and conditions over them that an index can serve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    false,
    literal_column,
)
from sqlalchemy.types import TypeEngine

from readmodel.coded import Coded
from readmodel.codes import Codes

METADATA = MetaData()
_NUMBERS = "numbers"


def literal(word: str) -> ColumnElement[str]:
    """A word of ours as it stands in the statement: a partial index serves no condition with a parameter."""
    return literal_column(f"'{word}'")


def constant(number: int) -> ColumnElement[int]:
    """A number of ours as it stands in the statement."""
    return literal_column(str(number), Integer)


def letter(codes: Codes, word: str) -> ColumnElement[str]:
    """A word as its letter (`readmodel.codes`) stands in the statement."""
    return literal(codes.code(word))


def table(name: str, *items: Column[Any] | Index) -> Table:
    """A table whose rows lie in the tree of their key, where SQLite would otherwise keep a second one."""
    return Table(name, METADATA, *items, sqlite_with_rowid=False)


def _numbers(name: str, kind: TypeEngine[Any]) -> Table:
    number = Column("number", Integer, primary_key=True, autoincrement=False)
    return Table(name, METADATA, number, Column("named", kind, nullable=False, unique=True))


SESSION_NUMBERS = _numbers("session_numbers", BigInteger())
"""`named`: `readmodel.keys.session_key`."""
WORDS = _numbers("words", Text())
"""`named`: a text that many rows have."""


def text_column(name: str, *, key: bool = False, required: bool = False) -> Column[Any]:
    """Words; ``None`` is allowed unless it is a key or required."""
    return Column(name, Text, primary_key=key, nullable=not (key or required))


def coded_column(name: str, codes: Codes, *, required: bool = False) -> Column[Any]:
    """One of the words of `codes`, kept as its letter."""
    return Column(name, Coded(codes), nullable=not required)


def count_column(name: str) -> Column[Any]:
    """How many, from 0."""
    return Column(name, Integer, nullable=False, server_default="0")


def instant_column(name: str, *, required: bool = False) -> Column[Any]:
    """Milliseconds since 1970."""
    return Column(name, BigInteger, nullable=not required)


def second_column(name: str, *, required: bool = False) -> Column[Any]:
    """Seconds since 1970, of what is told in whole ones."""
    return Column(name, BigInteger, nullable=not required)


def later_column(name: str) -> Column[Any]:
    """Milliseconds after another instant of the row."""
    return Column(name, BigInteger)


def contact_column() -> Column[Any]:
    """A contact by its number, as part of the key; the table `contacts` has who that is."""
    return _numbered("contact", "contacts", key=True)


def session_column() -> Column[Any]:
    """A session by its number, as part of the key."""
    return _numbered("session", SESSION_NUMBERS.name, key=True)


def word_column(name: str, *, key: bool = False, required: bool = False) -> Column[Any]:
    """A text that many rows have, by its number."""
    return _numbered(name, WORDS.name, key=key, required=required)


def numbered(table: Table) -> Mapping[str, Table]:
    """The columns of a table that hold numbers, and whose."""
    return {column.name: METADATA.tables[column.info[_NUMBERS]] for column in table.columns if _NUMBERS in column.info}


def _numbered(name: str, numbers: str, *, key: bool = False, required: bool = False) -> Column[Any]:
    return Column(
        name, Integer, primary_key=key, autoincrement=False, nullable=not (key or required), info={_NUMBERS: numbers}
    )


def position_columns() -> tuple[Column[Any], ...]:
    """Of the record that a row stands for (`SourceRecord.position`)."""
    partition, offset = Column("partition", Integer, primary_key=True), Column("offset", BigInteger, primary_key=True)
    return text_column("topic", key=True), partition, offset


def flag_column(name: str) -> Column[Any]:
    """Yes or no; no unless it was said."""
    return Column(name, Boolean, nullable=False, server_default=false())
