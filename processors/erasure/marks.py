"""The people whom a partition's tables must not take in again, by their marks. PURE.

Rows of the table that an agent keeps them in, behind everything else of it: `~erased` the salt, `~erased|<mark>` the
seconds since 1970 of the erasure and of the return.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from processors.engine.view import View
from schemas.codec import pack, unpack
from schemas.erasure import Erasure, mark_of
from schemas.instants import as_datetime
from schemas.topics import ERASURES

MARKS = b"~"
"""What all these keys begin with: ids are hex digits, names of kinds letters."""
SALT_KEY = b"~erased"


class Marked(NamedTuple):
    """Somebody who was forgotten; seconds since 1970."""

    erased: int
    returned: int | None = None


@dataclass(frozen=True, slots=True)
class Marks:
    """Whom not to take in.

    Args:
        table: where the rows lie.
        returns: `brevo.erased` is `return`.
        partitions: of every topic, where a return is to be told to all of them.
    """

    table: str
    returns: bool = False
    partitions: int = 0

    def any(self, view: View) -> bool:
        """Whether anybody was ever forgotten: nothing else need be asked before that."""
        return view.get(self.table, SALT_KEY) is not None

    def keeps_out(self, contact_id: str, happened: int, view: View) -> bool:
        """Whether what happened at that second of a contact must not be taken in."""
        marked = self._marked(contact_id, view)
        return marked is not None and (marked.returned is None or happened < marked.returned)

    def registers(self, contact_id: str, happened: int, view: View) -> None:
        """They have registered, as a webhook says: who may return does, if it was after the erasure."""
        marked = self._marked(contact_id, view)
        if marked is None or not self.returns or marked.returned is not None or happened <= marked.erased:
            return
        salt = (view.get(self.table, SALT_KEY) or b"").decode()
        told = Erasure(
            mark=mark_of(salt, contact_id),
            salt=salt,
            erased_at=as_datetime(marked.erased),
            returned_at=as_datetime(happened),
        )
        self.note(told, view)
        for partition in range(self.partitions):
            view.send(ERASURES.name, told.record_key, told, partition=partition)

    def note(self, told: Erasure, view: View) -> bool:
        """Keep what is told; whether it is a later erasure than the one that is known."""
        key = _key(told.mark)
        known = _decode(view.get(self.table, key))
        marked = _merged(known, told)
        if marked != known:
            view.put(self.table, SALT_KEY, told.salt.encode())
            view.put(self.table, key, pack(list(marked)))
        return known is None or marked.erased > known.erased

    def is_of(self, mark: str, contact_id: str, view: View) -> bool:
        """Whether a mark is that of a contact."""
        salt = view.get(self.table, SALT_KEY)
        return salt is not None and mark_of(salt.decode(), contact_id) == mark

    def _marked(self, contact_id: str, view: View) -> Marked | None:
        salt = view.get(self.table, SALT_KEY)
        return None if salt is None else _decode(view.get(self.table, _key(mark_of(salt.decode(), contact_id))))


def _merged(known: Marked | None, told: Erasure) -> Marked:
    """The later erasure stands, with its own return; the earliest return of one."""
    erased = int(told.erased_at.timestamp())
    returned = None if told.returned_at is None else int(told.returned_at.timestamp())
    if known is None or known.erased < erased:
        return Marked(erased, returned)
    if known.erased > erased or returned is None:
        return known
    return known._replace(returned=min(returned, known.returned or returned))


def _key(mark: str) -> bytes:
    return SALT_KEY + b"|" + mark.encode()


def _decode(value: bytes | None) -> Marked | None:
    return None if value is None else Marked(*unpack(value))
