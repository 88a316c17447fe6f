"""One connection as its table row: the set of its instants and the identity it showed. PURE.

A row only ever grows: sets of instants and, per kind of identity, the smallest value. So any order and any number of
repeats of the same events ends in the same bytes.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

from processors.attendance.rules.facts import NOTHING_SHOWN, Bound, RoleChanged, Seen, Shown
from processors.attendance.rules.names import first_name
from schemas.codec import pack, unpack

_ORDINARY = (False, None, None, False)
"""What few connections differ from: a panelist by a role change, bound to another (two ways to say so), internal."""


@dataclass(slots=True)
class Connection:
    """A `participant_uuid` (else `user_id`) within one run."""

    joins: list[int] = field(default_factory=list)
    """Instants in order, each once."""
    leaves: list[int] = field(default_factory=list)
    registrant_id: str | None = None
    email: str | None = None
    user_id: str | None = None
    name: str | None = None
    numbers: list[str] = field(default_factory=list)
    """Its `user_id`s, in order: one for each room it was in."""
    filed_as: str | None = None
    """Derived: under which contact its presence was last filed (processors/attendance/closing/filing.py)."""
    panelist: bool = False
    """A role change made it one."""
    bound_to: str | None = None
    """A phone leg's: the connection whose identity it shares."""
    bound_number: str | None = None
    """The same by its `user_id`, where Zoom names no `participant_uuid`."""
    internal: bool = False
    """A report's row: Zoom calls it a user of the account (`internal_user`)."""

    @classmethod
    def from_bytes(cls, data: bytes | None) -> Connection:
        """The row's connection; an empty one for no row."""
        return cls(*unpack(data)) if data else cls()

    def to_bytes(self) -> bytes:
        """The same bytes for the same set of facts."""
        often = (
            self.joins, self.leaves, self.registrant_id, self.email, self.user_id, self.name, self.numbers,
            self.filed_as,
        )  # fmt: skip
        rare = (self.panelist, self.bound_to, self.bound_number, self.internal)
        return pack(often if rare == _ORDINARY else often + rare)  # every event writes the row

    def add(self, fact: Seen | RoleChanged | Bound) -> bool:
        """Take in one event; false when it was known already."""
        changed = self._show(fact.shown)
        if fact.number is not None and fact.number not in self.numbers:
            bisect.insort(self.numbers, fact.number)
            changed = True
        if isinstance(fact, Seen):  # nearly all of them
            return _insert(self.joins if fact.joined else self.leaves, fact.at) or changed
        if isinstance(fact, RoleChanged):
            changed = changed or (fact.panelist and not self.panelist)
            self.panelist = self.panelist or fact.panelist
            return changed
        before = (self.bound_to, self.bound_number)
        self.bound_to = smallest(self.bound_to, fact.bound_to)
        self.bound_number = smallest(self.bound_number, fact.bound_number)
        return changed or before != (self.bound_to, self.bound_number)

    def _show(self, shown: Shown) -> bool:
        before = (self.registrant_id, self.email, self.user_id, self.name)
        if shown == before:
            return False
        if before == NOTHING_SHOWN:  # the first event of it
            self.registrant_id, self.email, self.user_id, self.name = shown
            return True
        self.registrant_id = smallest(self.registrant_id, shown.registrant_id)
        self.email = smallest(self.email, shown.email)
        self.user_id = smallest(self.user_id, shown.user_id)
        if self.name is None:
            self.name = shown.name
        elif shown.name is not None and shown.name != self.name:
            self.name = min(self.name, shown.name, key=_by_name)
        return before != (self.registrant_id, self.email, self.user_id, self.name)

    @property
    def shown(self) -> Shown:
        """Its identity, the smallest of each kind."""
        return Shown(self.registrant_id, self.email, self.user_id, self.name)


def _insert(ordered: list[int], instant: int) -> bool:
    """Into a set in order; false when it is there."""
    position = bisect.bisect_left(ordered, instant)
    if position < len(ordered) and ordered[position] == instant:
        return False
    ordered.insert(position, instant)
    return True


def _by_name(shown: str) -> tuple[bool, str]:
    # A phone's number beside the name that its owner typed is the smaller text, but no name.
    return first_name(shown) is None, shown


def filled(shown: Shown, other: Shown) -> Shown:
    """An identity with what it lacks, kind by kind, taken from another."""
    return Shown(*(mine if mine is not None else its for mine, its in zip(shown, other, strict=True)))


def united(shown: Shown, other: Shown) -> Shown:
    """Of several values of one kind the smallest, but of names as well, which recognise nobody."""
    return Shown(*(smallest(mine, its) for mine, its in zip(shown, other, strict=True)))


def smallest(old: str | None, new: str | None) -> str | None:
    """Of those that are given."""
    if old is None or new is None:
        return old if new is None else new
    return min(old, new)
