"""Numbers that stand for contacts in the rows (`readmodel.numbers`): there are most of them, so little is kept of each.

A contact's id is a hash of the address, so a row that has one keeps the id's beginning alone, by which it is searched.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import ColumnElement, Connection, func, select

from readmodel.keys import beginning, contact_id_of, told_key
from readmodel.numbers import PARAMETERS
from readmodel.tables import CONTACTS, META

MOST_KNOWN = 150_000
"""Some 20 MB."""


def number_of_contact(connection: Connection, key: bytes) -> int | None:
    """The number of one (`readmodel.keys.contact_key`); ``None``: nothing is known of it."""
    found = select(CONTACTS.c.contact, CONTACTS.c.rest, CONTACTS.c.email).where(may_be(key))
    return next((number for number, rest, email in connection.execute(found) if told_key(rest, email) == key), None)


def may_be(key: bytes, last: bytes | None = None) -> ColumnElement[bool]:
    """Whether a row is of this key, or of one from there to `last`, or of another that begins alike."""
    return CONTACTS.c.beginning.between(beginning(key), beginning(key if last is None else last))


def contact_ids_of(connection: Connection, given: Iterable[int]) -> dict[int, str]:
    """Whose these numbers are."""
    found = select(CONTACTS.c.contact, CONTACTS.c.rest, CONTACTS.c.email).where(CONTACTS.c.contact.in_(set(given)))
    return {number: contact_id_of(rest, email) for number, rest, email in connection.execute(found)}


class KnownContacts:
    """Numbers that a process has met: what it writes next is often about the same people.

    They hold while nobody else writes, as who is forgotten has none any more. Within transactions of
    `Database.writing`: `begin` in one, `keep` behind its commit.
    """

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._batch = 0
        self._kept: int | None = None
        self.added: dict[bytes, int] = {}
        """Those of this transaction that have no row yet."""

    def begin(self, connection: Connection) -> None:
        """Forget all of them unless the transaction before this one was ours, and was kept."""
        self._batch = connection.execute(select(META.c.batches)).scalar_one()
        if self._kept != self._batch - 1 or len(self._numbers) > MOST_KNOWN:
            self._numbers.clear()
        self._kept, self.added = None, {}

    def keep(self) -> None:
        """What was met since `begin` is committed."""
        self._kept = self._batch

    def of(self, connection: Connection, keys: Collection[bytes]) -> dict[bytes, int]:
        """As `readmodel.numbers.Numbers`."""
        met = self._numbers
        met.update(numbers_of_contacts(connection, [key for key in keys if key not in met]))
        return met

    def add(self, connection: Connection, known: dict[bytes, int], keys: Sequence[bytes]) -> None:
        """As `readmodel.numbers.Numbers`; their rows are the caller's to write."""
        if not keys:
            return
        largest = connection.execute(select(func.coalesce(func.max(CONTACTS.c.contact), 0))).scalar_one()
        self.added = {key: number for number, key in enumerate(keys, largest + 1)}
        known.update(self.added)


def numbers_of_contacts(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, int]:
    """The numbers of those of them that have one."""
    wanted = set(keys)
    beginnings = iter({beginning(key) for key in wanted})
    known: dict[bytes, int] = {}
    while part := list(islice(beginnings, PARAMETERS)):
        known.update((key, number) for key, number in _begin_with(connection, part) if key in wanted)
    return known


def _begin_with(connection: Connection, beginnings: list[int]) -> Iterator[tuple[bytes, int]]:
    sql = "SELECT rest, email, contact FROM contacts WHERE beginning"
    if connection.dialect.name == "postgresql":
        rows = connection.exec_driver_sql(f"{sql} = ANY(%s)", (beginnings,))
    else:
        rows = connection.exec_driver_sql(f"{sql} IN ({','.join('?' * len(beginnings))})", tuple(beginnings))
    return ((told_key(rest, email), number) for rest, email, number in rows)
