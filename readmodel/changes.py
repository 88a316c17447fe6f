"""What a batch of records changes: per statement and key one row, of which the last word counts; or all. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, auto
from typing import NamedTuple

SqlValue = str | bytes | int | bool | None
SqlRow = dict[str, SqlValue]
SqlKey = tuple[SqlValue, ...]


class RowKind(IntEnum):
    """One statement each (`readmodel.writing`)."""

    SESSION = auto()
    NEW_CONTACT = auto()
    CONTACT = auto()
    PERSON = auto()
    SCORED_PERSON = auto()
    REGISTRATION = auto()
    SCORE = auto()
    NO_SCORE = auto()
    NO_CANDIDATES = auto()
    CANDIDATE = auto()
    WANTED_CONTACT = auto()
    ANSWERED_CONTACT = auto()
    WANTED_CALL = auto()
    ANSWERED_CALL = auto()
    DEAD_LETTER = auto()
    DELIVERY = auto()
    NO_LETTER = auto()
    LETTER_FAULT = auto()
    LETTER_DECISION = auto()
    AUDIT = auto()
    SETUP = auto()
    ERASED = auto()
    WORKER = auto()
    NO_WORKER = auto()


_UNDOES = {
    RowKind.SCORE: (RowKind.NO_SCORE,),
    RowKind.NO_SCORE: (RowKind.SCORE,),
    RowKind.WORKER: (RowKind.NO_WORKER,),
    RowKind.NO_WORKER: (RowKind.WORKER,),
    RowKind.NO_LETTER: (RowKind.LETTER_FAULT, RowKind.LETTER_DECISION),
}


class SourceRecord(NamedTuple):
    """A record as projections see it."""

    topic: str
    """Logical name."""
    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def position(self) -> SqlRow:
        """The key of a row that stands for the record itself."""
        return {"topic": self.topic, "partition": self.partition, "offset": self.offset}


@dataclass(slots=True)
class Changes:
    """Of one batch. All rows of a kind have the same columns."""

    rows: dict[RowKind, dict[SqlKey, SqlRow]] = field(default_factory=dict)

    def put(self, kind: RowKind, key: SqlKey, row: SqlRow) -> None:
        """This is how the row is from now on."""
        self._of(kind)[key] = row
        if kind in _UNDOES:
            for undone in _UNDOES[kind]:
                self.rows.get(undone, {}).pop(key, None)

    def add(self, kind: RowKind, key: SqlKey, row: SqlRow) -> None:
        """One more word about the row, behind those before: the table decides which of them stands."""
        rows = self._of(kind)
        place = 0
        while (*key, place) in rows:
            place += 1
        rows[(*key, place)] = row

    def _of(self, kind: RowKind) -> dict[SqlKey, SqlRow]:
        rows = self.rows.get(kind)
        if rows is None:
            rows = self.rows[kind] = {}
        return rows

    def drop(self, kind: RowKind, key: SqlKey) -> None:
        """The batch has nothing to say of the row any more."""
        self.rows.get(kind, {}).pop(key, None)

    def get(self, kind: RowKind, key: SqlKey) -> SqlRow | None:
        """What the batch has said of the row so far."""
        return self.rows.get(kind, {}).get(key)


def header(headers: tuple[tuple[str, bytes], ...], name: str) -> str | None:
    """The text of a header; ``None`` without one."""
    for given, value in headers:
        if given == name:
            return text(value.decode("utf-8", "replace"))
    return None


def text(value: object) -> str | None:
    """A text as every database takes it: PostgreSQL has none with a NUL.

    Raises:
        TypeError: it is something else.
    """
    if value is None or (type(value) is str and "\0" not in value):
        return value
    if not isinstance(value, str):
        raise TypeError("no text")
    return value.replace("\0", "�")


def whole(value: object) -> int:
    """A whole number that a column holds.

    Raises:
        TypeError: it is none.
        ValueError: it is too large.
    """
    if type(value) is not int:
        raise TypeError("no whole number")
    if not -(2**31) <= value < 2**31:
        raise ValueError("too large a number")
    return value


def required(fields: Mapping[str, object], name: str) -> str:
    """A text that must be there.

    Raises:
        KeyError: it is not.
        TypeError: it is no text.
    """
    found = fields[name]
    if type(found) is str and "\0" not in found:  # as almost always: `text` is a call for each field of each record
        return found
    if (said := text(found)) is None:
        raise TypeError(f"no {name}")
    return said
