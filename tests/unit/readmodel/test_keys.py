"""Keys of the tables are shorter than what they stand for, and stand for it all the same."""

from __future__ import annotations

import doctest
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, delete, event

from readmodel import keys
from readmodel.changes import Changes, RowKind
from readmodel.contact_numbers import KnownContacts, contact_ids_of, number_of_contact
from readmodel.database import Database, opened
from readmodel.keys import beginning, contact_id_of, contact_key, untold
from readmodel.tables import CONTACTS, METADATA
from readmodel.writing import write
from schemas.codec import contact_id
from tests.support.read_model import sqlite_url

KEYS = st.binary(min_size=16, max_size=16)


def test_examples_hold() -> None:
    """They are the rules."""
    assert doctest.testmod(keys).failed == 0


@given(KEYS, st.none() | st.emails(), st.booleans())
def test_contact_is_known_by_its_address_or_by_what_is_kept_beside_it(
    key: bytes, email: str | None, is_of_it: bool
) -> None:
    """Also where the id is another than the address would have, and where there is none."""
    key = contact_key(contact_id(email)) if email and is_of_it else key
    rest = untold(key, email)
    assert contact_id_of(rest, email) == key.hex()
    assert (rest is None) == (email is not None and key == contact_key(contact_id(email)))


@given(KEYS, KEYS)
def test_beginnings_of_ids_that_a_person_means_lie_together(one: bytes, other: bytes) -> None:
    """Of 6 digits or more: what lies between two such ids begins between them."""
    other = one[:3] + other[3:]
    first, last = sorted((one, other))
    assert beginning(first) <= beginning(last)


def test_contacts_whose_ids_begin_alike_have_numbers_of_their_own() -> None:
    """They are searched by the beginning and told apart by the whole."""
    one, other, third = (b"same" + bytes([number]) * 12 for number in range(3))
    engine = create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.connect() as connection:
        changes = Changes()
        for key in (one, other):
            changes.put(RowKind.NO_CANDIDATES, (key,), {"contact": key})  # makes no row
            changes.put(RowKind.SCORE, (key,), {"contact": key, "score": 1, "why": "", "standing": ""})
        write(connection, changes)
        assert KnownContacts().of(connection, [other, one, third]) == {one: 1, other: 2}
        assert [number_of_contact(connection, key) for key in (one, other, third)] == [1, 2, None]
        assert contact_ids_of(connection, [2]) == {2: other.hex()}
    engine.dispose()


def test_id_of_another_length_is_no_command() -> None:
    """Else two would be one."""
    with pytest.raises(ValueError, match="no command id"):
        keys.command_key("b64b178a98dfec3c")


ANA, BEN, CLEO = (bytes([number]) * 16 for number in range(3))


def score(database: Database, known: KnownContacts, *keys: bytes, fails: bool = False) -> None:
    """As a projector that has remembered `known`: one batch with a score of each, or one that is rolled back."""
    changes = Changes()
    for key in keys:
        changes.put(RowKind.SCORE, (key,), {"contact": key, "score": 1, "why": "", "standing": ""})
    with suppress(ZeroDivisionError):
        with database.writing() as connection:
            known.begin(connection)
            write(connection, changes, known)
            if fails:
                raise ZeroDivisionError
        known.keep()


def numbers_of(database: Database, *keys: bytes) -> list[int | None]:
    """As the tables have them."""
    with database.reading() as connection:
        return [number_of_contact(connection, key) for key in keys]


def test_number_that_was_rolled_back_is_given_again(tmp_path: Path) -> None:
    """Whoever had it in the batch that failed gets one with their next row."""
    with opened(sqlite_url(tmp_path)) as database:
        known = KnownContacts()
        score(database, known, ANA)
        score(database, known, BEN, fails=True)
        score(database, known, CLEO, BEN, ANA)
        assert numbers_of(database, ANA, BEN, CLEO) == [1, 3, 2]


def test_numbers_are_remembered_while_nobody_else_writes(tmp_path: Path) -> None:
    """Another process may have forgotten somebody, and given the number to somebody else."""
    with opened(sqlite_url(tmp_path)) as ours:
        known = KnownContacts()
        score(ours, known, ANA, BEN)
        with opened(sqlite_url(tmp_path)) as theirs, theirs.writing() as connection:
            connection.execute(delete(CONTACTS).where(CONTACTS.c.contact == 2))
        score(ours, known, BEN)
        assert numbers_of(ours, ANA, BEN) == [1, 2]
        asked: list[str] = []
        with ours.writing() as connection:
            known.begin(connection)
            event.listen(connection, "before_cursor_execute", lambda *said: asked.append(said[2]))
            assert known.of(connection, [BEN]).items() >= {(BEN, 2)}
        assert asked == []
