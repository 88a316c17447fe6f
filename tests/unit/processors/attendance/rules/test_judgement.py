"""What is to stand of somebody of whom nothing was seen."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from processors.attendance.rules.judgement import Contact, Left, Retract, StandingResult, judge
from processors.attendance.rules.people import StayRules
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.rules.runs import Run
from processors.attendance.rules.sessions import Session

SESSION = Session(
    runs=(Run("A", 0, 3_600),), given=("A",), main=frozenset({"A"}), live=[(0, 3_600)], entry=None, has_audience=True
)
ABSENT = Contact(
    email="bo@example.com",
    filed={},
    approved=[("R", RegistrationRow("acc", "webinar"))],
    excluded=False,
    asked=True,
)


def judged(contact: Contact, *, is_final: bool = True, takes_no_shows: bool = True) -> str:
    """The status that is to stand, or why none is."""
    found = judge(contact, SESSION, StayRules(Fraction(1, 20)), is_final=is_final, takes_no_shows=takes_no_shows)
    return found.attendance.status if isinstance(found, StandingResult) else found.why


@pytest.mark.parametrize(
    ("contact", "wanted"),
    [
        (ABSENT, "no_show"),
        (replace(ABSENT, approved=[]), "not_registered"),
        (replace(ABSENT, excluded=True), "excluded"),
        (replace(ABSENT, asked=False), "not_asked"),
        (replace(ABSENT, seen_before=True), "elsewhere"),
    ],
)
def test_who_was_not_seen_stayed_away_if_nothing_else_explains_it(contact: Contact, wanted: str) -> None:
    """Approved, asked about, nobody's own, and in no earlier session of the date."""
    assert judged(contact) == wanted


def test_nobody_is_told_to_have_stayed_away_before_everything_is_known() -> None:
    """What stood before is taken back; only while Zoom has not said whose an address is does it stay."""
    assert judged(ABSENT, is_final=False) == "not_yet"
    assert judged(ABSENT, takes_no_shows=False) == "elsewhere"
    rules = StayRules(Fraction(1, 20))
    assert isinstance(judge(ABSENT, SESSION, rules, is_final=False, takes_no_shows=True), Retract)
    unasked = replace(ABSENT, asked=False)
    assert isinstance(judge(unasked, SESSION, rules, is_final=True, takes_no_shows=True), Left)
