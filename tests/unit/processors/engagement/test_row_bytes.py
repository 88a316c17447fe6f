from __future__ import annotations

from typing import Any

import pytest

from processors.engagement.row_bytes import (
    decode_registration,
    decode_rows,
    decode_session,
    encode_head,
    encode_registration,
    encode_session,
    fact_key,
    head_key,
)
from processors.engagement.state import ContactRows, Head, merged_registration, merged_session
from schemas.attendance import Result
from tests.support.contact_facts import CONTACT, no_show, registration, result


@pytest.mark.parametrize(
    "fact",
    [
        result(),
        no_show(),
        result(retracted=True),
        result(identity={"rule": "email", "name": "Zoë"}, interaction={"polls_offered": 3, "chat_messages": 0}),
        result(interaction={}),
    ],
)
def test_session_row_written_and_read_is_the_same(fact: Result) -> None:
    """The codec loses nothing."""
    kept = merged_session(None, fact, "attended")
    assert decode_session(encode_session(kept)) == kept


@pytest.mark.parametrize(
    "fields",
    [{}, {"registration_source": None, "first_name": None, "registration_status": "cancelled", "retracted": True}],
)
def test_registration_row_written_and_read_is_the_same(fields: dict[str, Any]) -> None:
    """The codec loses nothing."""
    kept = merged_registration(None, registration(**fields), "registered")
    assert decode_registration(encode_registration(kept)) == kept


def test_rows_of_a_contact_are_told_apart_by_key() -> None:
    """Head, registrations and results come out of one scan; an uuid may hold any of base64's signs."""
    attended, signed_up = result("s|h/+=="), registration("r|1")
    session, signed = merged_session(None, attended, "attended"), merged_registration(None, signed_up, None)
    head = Head(7, "maya.okafor@example.com", "a", "b")
    stored = [
        (head_key(CONTACT), encode_head(head)),
        (fact_key(signed_up), encode_registration(signed)),
        (fact_key(attended), encode_session(session)),
    ]
    expected = ContactRows(head, {fact_key(attended): session}, {fact_key(signed_up): signed}, {})
    assert decode_rows(CONTACT, stored) == expected
