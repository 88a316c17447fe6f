from __future__ import annotations

from typing import Any

import pytest

from processors.engagement.state import (
    ContactRows,
    Head,
    SessionRow,
    decode_registration,
    decode_rows,
    decode_session,
    encode_head,
    encode_registration,
    encode_session,
    fact_key,
    head_key,
    merged_registration,
    merged_session,
)
from schemas.attendance import Result
from tests.support.contact_facts import CONTACT, no_show, registration, result


def row(fact: Result) -> SessionRow:
    """The row of a first fact."""
    return merged_session(None, fact, "attended")


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
    assert decode_session(encode_session(row(fact))) == row(fact)


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
    session, signed = row(attended), merged_registration(None, signed_up, None)
    head = Head(7, "maya.okafor@example.com", "a", "b")
    stored = [
        (head_key(CONTACT), encode_head(head)),
        (fact_key(signed_up), encode_registration(signed)),
        (fact_key(attended), encode_session(session)),
    ]
    expected = ContactRows(head, {fact_key(attended): session}, {fact_key(signed_up): signed}, {})
    assert decode_rows(CONTACT, stored) == expected


def test_merged_session_older_revision_does_not_overwrite() -> None:
    """An older revision changes nothing but the events it calls for."""
    newer = merged_session(None, no_show(revision=2), None)
    merged = merged_session(newer, result(revision=1), "attended")
    assert merged.status == "no_show"
    assert merged.revision == 2
    assert merged.events_due == ("attended",)


def test_merged_session_equal_revision_overwrites() -> None:
    """Of equal revisions the one that comes later stands."""
    assert merged_session(row(result()), result(attended_seconds=60), None).attended_seconds == 60


def test_merged_session_without_first_join_has_no_lateness() -> None:
    """Nobody is late who was not there while it was live."""
    assert row(result(first_join_at=None, late_seconds=0)).late_seconds is None


def test_merged_registration_older_revision_does_not_overwrite() -> None:
    """A cancellation stands against an approval that arrives after it but is older."""
    cancelled = merged_registration(None, registration(registration_status="cancelled", revision=2), None)
    assert merged_registration(cancelled, registration(), "registered").status == "cancelled"
    assert merged_registration(cancelled, registration(revision=3), "registered").status == "approved"


def test_merged_session_newer_revision_keeps_events_due() -> None:
    """What was called for once stays known, each kind once, in order."""
    corrected = merged_session(row(result()), no_show(revision=2), "no_show")
    assert merged_session(corrected, result(revision=3), "attended").events_due == ("attended", "no_show")
