"""Numbers that stand for contacts in the rows (`readmodel.numbers`): there are most of them, so little is kept of each.

A contact's id is a hash of the address, so a row that has one keeps the id's beginning alone, by which it is searched.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from sqlalchemy import ColumnElement, Connection, func, select

from readmodel.keys import beginning, contact_id_of, told_key
from readmodel.numbers import PARAMETERS
from readmodel.tables import CONTACTS


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


def numbers_of_contacts(connection: Connection, keys: Iterable[bytes]) -> dict[bytes, int]:
    """The numbers of those of them that have one."""
    wanted = set(keys)
    beginnings = iter({beginning(key) for key in wanted})
    known: dict[bytes, int] = {}
    while part := list(islice(beginnings, PARAMETERS)):
        known.update((key, number) for key, number in _begin_with(connection, part) if key in wanted)
    return known


def add_contacts(connection: Connection, keys: Sequence[bytes]) -> dict[bytes, int]:
    """Give each of these, which have none, the next one. Within a transaction of `Database.writing`."""
    if not keys:
        return {}
    first = connection.execute(select(func.coalesce(func.max(CONTACTS.c.contact), 0))).scalar_one() + 1
    given = {key: number for number, key in enumerate(keys, first)}
    rows = [(number, beginning(key), key) for key, number in given.items()]
    sql = "INSERT INTO contacts (contact, beginning, rest)"
    if connection.dialect.name == "postgresql":
        arrays = tuple(map(list, zip(*rows, strict=True)))
        arguments = "unnest(%s::INTEGER[], %s::INTEGER[], %s::BYTEA[])"
        connection.exec_driver_sql(f"{sql} SELECT * FROM {arguments}", arrays)  # noqa: S608 (words of ours)
    else:
        connection.exec_driver_sql(f"{sql} VALUES (?, ?, ?)", rows)
    return given


def _begin_with(connection: Connection, beginnings: list[int]) -> Iterator[tuple[bytes, int]]:
    sql = "SELECT rest, email, contact FROM contacts WHERE beginning"
    if connection.dialect.name == "postgresql":
        rows = connection.exec_driver_sql(f"{sql} = ANY(%s)", (beginnings,))
    else:
        rows = connection.exec_driver_sql(f"{sql} IN ({','.join('?' * len(beginnings))})", tuple(beginnings))
    return ((told_key(rest, email), number) for rest, email, number in rows)
