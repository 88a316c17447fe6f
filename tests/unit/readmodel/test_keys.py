"""Keys of the tables are shorter than what they stand for, and stand for it all the same."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from readmodel import keys
from readmodel.contact_numbers import KnownContacts, contact_ids_of, number_of_contact
from readmodel.keys import beginning, contact_id_of, contact_key, untold
from readmodel.tables import METADATA
from schemas.codec import contact_id

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
        assert KnownContacts().add(connection, [one, other]) == {one: 1, other: 2}
        assert KnownContacts().of(connection, [other, one, third]) == {one: 1, other: 2}
        assert [number_of_contact(connection, key) for key in (one, other, third)] == [1, 2, None]
        assert contact_ids_of(connection, [2]) == {2: other.hex()}
    engine.dispose()


def test_id_of_another_length_is_no_command() -> None:
    """Else two would be one."""
    with pytest.raises(ValueError, match="no command id"):
        keys.command_key("b64b178a98dfec3c")
