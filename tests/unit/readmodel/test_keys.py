"""Keys of the tables are shorter than what they stand for, and stand for it all the same."""

from __future__ import annotations

import doctest
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from readmodel import keys
from readmodel.changes import Changes, RowKind
from readmodel.contact_numbers import KnownContacts, contact_ids_of, number_of_contact
from readmodel.database import Database, opened
from readmodel.keys import beginning, contact_id_of, contact_key, untold
from readmodel.tables import METADATA
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


def test_numbers_are_known_while_nobody_else_writes(tmp_path: Path) -> None:
    """What was rolled back, or may have been given to somebody else meanwhile, is looked up again."""
    ana, ben, cleo = (bytes([number]) * 16 for number in range(3))
    url = sqlite_url(tmp_path)
    with opened(url) as ours, opened(url) as theirs:
        known = KnownContacts()

        def score(database: Database, contacts: KnownContacts | None, *keys: bytes) -> None:
            changes = Changes()
            for key in keys:
                changes.put(RowKind.SCORE, (key,), {"contact": key, "score": 1, "why": "", "standing": ""})
            with database.writing() as connection:
                if contacts:
                    contacts.begin(connection)
                write(connection, changes, contacts)

        score(ours, known, ana)
        with suppress(KeyError), ours.writing() as connection:  # `ana` is kept, `ben` is rolled back
            known.keep()
            known.begin(connection)
            known.add(connection, known.of(connection, [ben]), [ben])
            raise KeyError
        score(theirs, None, cleo)
        score(ours, known, ben, ana)
        with ours.reading() as connection:
            numbers = [number_of_contact(connection, key) for key in (ana, ben, cleo)]
    assert numbers == [1, 3, 2]
