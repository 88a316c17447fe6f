"""Typed access to the rows of one webinar or meeting. PURE.

A key is the kind's letter, the account, the object's id, and the kind's parts, joined by `|`, which no id of Zoom's
contains; e-mail addresses appear as contact ids only. Rows are reached through a book alone, so those of several
accounts never meet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from processors.attendance.settings import TrackingSettings
from processors.engine.view import View
from schemas.attendance import AttendanceFact
from schemas.model import Message
from schemas.topics import ATTENDANCE_RESULTS

ATTENDANCE_TABLE = "attendance"
T = TypeVar("T")
F = TypeVar("F")
Goes = Literal["with its run", "with its webinar", "with its work"]
"""When a kind's rows are deleted (book/retention.py). The first part of what goes with its run is that run's uuid (a
session is named after one)."""


@dataclass(frozen=True, slots=True)
class BookKind(Generic[T]):
    """One kind of row."""

    letter: str
    holds: str
    """For readers of this code: what the row says."""
    parts: tuple[str, ...]
    """What its key is made of, behind the object's."""
    decode: Callable[[bytes], T]
    encode: Callable[[T], bytes]
    goes: Goes


class Book:
    """What a rule has in hand: the rows of one id of one account, what time it is, and what the operator wants.

    Args:
        view: of the record in hand.
        account_id: of whoever owns the webinar or meeting.
        object_id: the webinar's or meeting's.
        now_ms: wall clock of the worker, milliseconds since 1970.
        settings: what the operator wants.
    """

    __slots__ = ("_object", "account", "now_ms", "object_id", "settings", "view")

    def __init__(self, view: View, account_id: str, object_id: str, now_ms: int, settings: TrackingSettings) -> None:
        self.view = view
        self.account = key_part(account_id)
        """As keys have it."""
        self.object_id = object_id
        self.now_ms = now_ms
        self.settings = settings
        self._object = f"|{self.account}|{object_id}"

    def key(self, kind: BookKind[T], *parts: str) -> bytes:
        """Of one row."""
        return "|".join((kind.letter + self._object, *parts)).encode()

    def get(self, kind: BookKind[T], *parts: str) -> T | None:
        """The row, ``None`` when there is none."""
        data = self.view.get(ATTENDANCE_TABLE, self.key(kind, *parts))
        return None if data is None else kind.decode(data)

    def has(self, kind: BookKind[T], *parts: str) -> bool:
        """Whether there is such a row."""
        return self.view.get(ATTENDANCE_TABLE, self.key(kind, *parts)) is not None

    def put(self, kind: BookKind[T], row: T, *parts: str) -> None:
        """Write a row."""
        self.view.put(ATTENDANCE_TABLE, self.key(kind, *parts), kind.encode(row))

    def change(self, kind: BookKind[T], row: T, *parts: str) -> bool:
        """Write a row unless it is there already; false when it was."""
        key, data = self.key(kind, *parts), kind.encode(row)
        if self.view.get(ATTENDANCE_TABLE, key) == data:
            return False
        self.view.put(ATTENDANCE_TABLE, key, data)
        return True

    def amend(self, kind: BookKind[T], change: Callable[[T | None, F], T | None], fact: F, *parts: str) -> bool:
        """Write what `change` makes of a row (``None``: there is none) and a fact; false when that is nothing new."""
        key = self.key(kind, *parts)
        data = self.view.get(ATTENDANCE_TABLE, key)
        row = change(None if data is None else kind.decode(data), fact)
        if row is None:
            return False
        self.view.put(ATTENDANCE_TABLE, key, kind.encode(row))
        return True

    def delete(self, kind: BookKind[T], *parts: str) -> None:
        """Remove a row; no error when there is none."""
        self.view.delete(ATTENDANCE_TABLE, self.key(kind, *parts))

    def scan(self, kind: BookKind[T], *parts: str, start: str = "") -> Iterator[tuple[tuple[str, ...], T]]:
        """(the other parts, row) of all rows below these parts, in order; from those on that begin with `start`."""
        below = self.key(kind, *parts, "")
        for key, data in self.view.scan(ATTENDANCE_TABLE, below, below + start.encode()):
            yield tuple(key[len(below) :].decode().split("|")), kind.decode(data)

    def send(self, topic: str, key: str, message: Message) -> None:
        """Publish once the turn is confirmed."""
        self.view.send(topic, key.encode(), message)

    def tell(self, fact: AttendanceFact) -> None:
        """Publish a fact about a person, under their contact."""
        self.send(ATTENDANCE_RESULTS.name, fact.contact_id, fact)


def key_part(account_id: str) -> str:
    """An account's id within a key. It is as its owner signs it: one that holds the separator must not be another's."""
    return account_id.replace("|", "%7C")
