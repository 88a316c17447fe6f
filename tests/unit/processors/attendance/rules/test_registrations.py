"""Of several things that were said of one registration, which counts; and for which dates it is."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

import pytest

from processors.attendance.rules.facts import Event, Registered
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.rules.schedule import ScheduleEntry
from schemas.attendance import RegistrationStatus

AT_MS = 1_000_000
ONE, TWO = ScheduleEntry("one", 2_000, 3_600), ScheduleEntry("two", 9_000, 3_600)


def said(
    status: RegistrationStatus = "approved",
    *,
    at_ms: int = AT_MS,
    email: str | None = "ana@example.com",
    occurrences: tuple[tuple[str, int], ...] = (),
) -> Registered:
    """One webhook, or one row of a list."""
    event = Event("acc", "842", "webinar", "", 9, "T", "host", None, None, at_ms)
    return Registered(event, "R", status, email, None, (), None, (), occurrences)


def row_of(*facts: Registered, listed: tuple[Registered, ...] = ()) -> RegistrationRow:
    """After webhooks, then rows of lists."""
    row = RegistrationRow("acc", "webinar")
    for fact in facts:
        row.add(fact, "live", webhook=True)
    for fact in listed:
        row.add(fact, "live", webhook=False)
    return row


@pytest.mark.parametrize(
    ("together", "counts"),
    [
        (("approved", "cancelled"), "cancelled"),
        (("denied", "cancelled"), "cancelled"),
        (("approved", "denied"), "denied"),
        (("pending", "approved"), "approved"),
    ],
)
def test_state_at_one_instant_is_the_one_that_leaves_more_alone(
    together: tuple[RegistrationStatus, RegistrationStatus], counts: str
) -> None:
    """Cancelled over denied over approved over pending, in either order."""
    for order in permutations(together):
        assert row_of(*(said(status) for status in order)).latest.status == counts


def test_what_a_webhook_said_stands_whatever_a_list_has_that_was_created_later() -> None:
    """Address and name: a row of a list is never newer than a webhook, in either order."""
    told, listed = said(email="ana@example.com"), said(at_ms=AT_MS + 1, email="old@example.com")
    told, listed = replace(told, first_name="Ana"), replace(listed, first_name="Old", source="list")
    one, other = row_of(told, listed=(listed,)), RegistrationRow("acc", "webinar")
    other.add(listed, "live", webhook=False)
    other.add(told, "live", webhook=True)
    assert one.to_bytes() == other.to_bytes() == RegistrationRow.from_bytes(one.to_bytes()).to_bytes()
    assert (one.email, one.detail("first_name"), one.detail("source")) == ("ana@example.com", "Ana", "list")


def test_state_is_that_of_the_latest_webhook_and_never_of_a_newer_list() -> None:
    """What stands in a list may be old; only where no webhook told anything does it count."""
    cancelled = said("cancelled", at_ms=AT_MS)
    assert row_of(cancelled, said(at_ms=AT_MS - 1)).latest.status == "cancelled"
    assert row_of(cancelled, listed=(said(at_ms=AT_MS + 1),)).latest.status == "cancelled"
    assert row_of(listed=(said(at_ms=AT_MS + 1),)).latest.status == "approved"


def test_state_at_the_end_is_what_was_said_before_it() -> None:
    """Who is approved at E, to the millisecond, was not approved before it."""
    row = row_of(said(at_ms=AT_MS), said("cancelled", at_ms=AT_MS + 5_000))
    states = [row.status_at(AT_MS // 1_000 + seconds) for seconds in (0, 1, 5, 6)]
    assert states == [None, "approved", "approved", "cancelled"]


def test_address_is_that_of_the_latest_statement_then_the_smallest() -> None:
    """Of one instant the order in which two arrive decides nothing."""
    first, second = said(email="bo@example.com"), said("pending", email="ana@example.com")
    assert row_of(first, second).email == row_of(second, first).email == "ana@example.com"
    later = said(at_ms=AT_MS + 1, email="cy@example.com")
    assert row_of(later, first).email == row_of(first, later).email == "cy@example.com"


@pytest.mark.parametrize(
    ("row", "dates"),
    [
        (row_of(said()), {"one", "two"}),
        (row_of(said(), listed=(said(occurrences=(("two", 0),)),)), {"one", "two"}),
        (row_of(said(occurrences=(("one", 2_000),))), {"one"}),
        (row_of(said(occurrences=(("one", 2_000),)), listed=(said(occurrences=(("two", 0),)),)), {"one", "two"}),
        (row_of(said(occurrences=(("", 9_000),))), {"two"}),
        (row_of(said(occurrences=(("one", 9_000),))), {"one"}),
        (row_of(listed=(said(),)), set()),
        (row_of(listed=(said(occurrences=(("two", 0),)),)), {"two"}),
        (row_of(listed=(said(occurrences=(("two", 0),)), said(occurrences=(("one", 0),)))), {"one", "two"}),
    ],
    ids=[
        "webhooks name none: for every one",
        "a list narrows nothing",
        "named by id",
        "a list adds",
        "named by its start, where no id is known",
        "an id that is known counts, whatever start stands beside it",
        "known from the list of the whole id: for none",
        "known from the list of one",
        "known from the lists of both",
    ],
)
def test_registration_is_for_the_dates_that_it_names(row: RegistrationRow, dates: set[str]) -> None:
    """Webhooks name, lists only add."""
    assert {entry.occurrence_id for entry in (ONE, TWO) if row.counts_for(entry, recurs=True)} == dates


def test_registration_that_names_a_date_is_for_no_session_without_one() -> None:
    """What is held at no date's time is nobody's who registered for one."""
    assert row_of(said()).counts_for(None, recurs=False)
    assert not row_of(said(occurrences=(("one", 2_000),))).counts_for(None, recurs=False)
