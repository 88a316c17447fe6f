"""One connection as its table row: the set of its instants and the identity it showed. PURE.

A row only ever grows: sets of instants and, per kind of identity, the smallest value. So any order and any number of
repeats of the same events ends in the same bytes.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field

from processors.attendance.rules.facts import Bound, RoleChanged, Seen, Shown
from schemas.codec import pack, unpack


@dataclass(slots=True)
class Connection:
    """A `participant_uuid` (else `user_id`) within one instance."""

    joins: list[int] = field(default_factory=list)
    """Instants in order, each once."""
    leaves: list[int] = field(default_factory=list)
    registrant_id: str | None = None
    email: str | None = None
    user_id: str | None = None
    name: str | None = None
    panelist: bool = False
    """A role change made it one."""
    bound_to: str | None = None
    """A phone leg's: the connection whose identity it shares."""
    indexed_as: str | None = None
    """Derived: under which contact its presence was last filed (processors/attendance/closing/index.py)."""

    @classmethod
    def from_bytes(cls, data: bytes | None) -> Connection:
        """The row's connection; an empty one for no row."""
        return cls(*unpack(data)) if data else cls()

    def to_bytes(self) -> bytes:
        """The same bytes for the same set of facts."""
        shown = [self.registrant_id, self.email, self.user_id, self.name, self.panelist, self.bound_to]
        return pack([self.joins, self.leaves, *shown, self.indexed_as])

    def add(self, fact: Seen | RoleChanged | Bound) -> bool:
        """Take in one event; false when it was known already."""
        changed = self._show(fact.shown)
        if isinstance(fact, RoleChanged):
            changed = changed or (fact.panelist and not self.panelist)
            self.panelist = self.panelist or fact.panelist
            return changed
        if isinstance(fact, Bound):
            bound_to = _smallest(self.bound_to, fact.bound_to)
            changed = changed or bound_to != self.bound_to
            self.bound_to = bound_to
            return changed
        instants = self.joins if fact.joined else self.leaves
        position = bisect.bisect_left(instants, fact.at)
        if position < len(instants) and instants[position] == fact.at:
            return changed
        instants.insert(position, fact.at)
        return True

    def _show(self, shown: Shown) -> bool:
        before = (self.registrant_id, self.email, self.user_id, self.name)
        self.registrant_id = _smallest(self.registrant_id, shown.registrant_id)
        self.email = _smallest(self.email, shown.email)
        self.user_id = _smallest(self.user_id, shown.user_id)
        self.name = _smallest(self.name, shown.name)
        return before != (self.registrant_id, self.email, self.user_id, self.name)


def _smallest(old: str | None, new: str | None) -> str | None:
    if old is None or new is None:
        return old if new is None else new
    return min(old, new)
