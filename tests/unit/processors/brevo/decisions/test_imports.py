"""What an import may say, and in which pieces."""

from __future__ import annotations

from typing import Any

import pytest

from processors.brevo.decisions.imports import (
    ImportRow,
    Member,
    after_import,
    import_body,
    pieces,
    removals,
    row_of,
    shape_of,
    worth_reading,
)
from processors.brevo.decisions.ledger import Waiting
from processors.brevo.decisions.open_work import UpsertWork
from processors.brevo.decisions.upsert import next_step
from processors.brevo.decisions.wanted import Known, Wanted
from schemas.brevo import AttributeValue
from tests.support.brevo_commands import upsert

VALUE = AttributeValue(type="float", value=1)
NAME = AttributeValue(type="text", value="Maya", overwrite="if_empty")


def _member(known: Known, **changes: Any) -> Member:
    command = upsert(**changes)
    waiting = Waiting(command="", topic="brevo.commands.v1", offset=0, timestamp_ms=0)
    work = UpsertWork(command, (1, 1, 0), waiting, None)
    return Member(command.contact_id, work, Wanted.of(command, command.attributes), known)


@pytest.mark.parametrize(("asking", "total", "worth"), [(1, 1_000, True), (10, 1_001, False), (20, 1_001, True)])
def test_reading_all_contacts_is_worth_it_where_many_need_it(asking: int, total: int, worth: bool) -> None:
    """A page for each ten of ours, and one in any case."""
    assert worth_reading(asking, total) is worth


def test_shape_is_lists_and_names() -> None:
    """Who goes together."""
    assert shape_of(upsert(attributes={"B": VALUE, "A": VALUE}, lists=(17, 16)), None) == ((16, 17), ("A", "B"))


def test_unknown_contact_is_imported_without_what_only_brevo_could_answer() -> None:
    """`if_empty` cannot be said in an import."""
    row = row_of(_member(Known(), attributes={"A": VALUE, "FIRSTNAME": NAME}))
    assert row is not None
    assert row.attributes == {"A": 1}


def test_new_contact_is_imported_with_its_name() -> None:
    """Brevo is known not to have it."""
    row = row_of(_member(Known(exists=False), attributes={"A": VALUE, "FIRSTNAME": NAME}))
    assert row is not None
    assert row.attributes == {"A": 1, "FIRSTNAME": "Maya"}


def test_contact_that_brevo_holds_already_has_no_row() -> None:
    """Nothing is sent that Brevo has."""
    known = Known(exists=True, attributes={"MEETING_DURATION": 47}, lists=frozenset({16}))
    assert row_of(_member(known)) is None


def test_contact_is_off_the_lists_that_it_left_after_an_import() -> None:
    """The import puts it on one, `removals` takes it off the other: nothing is left to be done."""
    member = _member(Known(exists=True, lists=frozenset({17})), lists=(16,), lists_left=(17,))
    row = row_of(member)
    assert row is not None
    assert removals([row]) == {17: [member.wanted.email]}
    after = after_import(row, (16,))
    assert (after.lists, after.lists_left) == (frozenset({16}), frozenset({17}))
    assert next_step(member.wanted, after) is None


def test_pieces_hold_everything_in_order_within_the_limit() -> None:
    """A body has at most 10 MB."""
    rows = [ImportRow(_member(Known(), email=f"p{number}@example.com"), {"A": "x" * 100}) for number in range(50)]
    parts = list(pieces(rows, limit_bytes=1_000))
    assert [row for part in parts for row in part] == rows
    assert len(parts) > 5
    assert list(pieces(rows)) == [rows]


def test_import_says_nothing_about_blocklists() -> None:
    """Whether somebody is blocklisted is Brevo's alone."""
    body = import_body([ImportRow(_member(Known()), {"A": 1})], (16,), "https://hooks.example.com/x")
    assert set(body) == {
        "jsonBody", "listIds", "updateExistingContacts", "emptyContactsAttributes", "disableNotification", "notifyUrl"
    }  # fmt: skip
