from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ops.backfill.spans import SPAN_DAYS, DaySpan, earliest_report, parse_range, reportable, requests_of
from schemas.errors import ConfigurationError

TODAY = date(2026, 11, 21)


@given(st.dates(date(2024, 1, 1), date(2026, 1, 1)), st.integers(0, 400))
def test_requests_of_a_span_cover_every_day_once(first: date, days: int) -> None:
    """No gap, no overlap, and none longer than Zoom accepts."""
    span = DaySpan(first, first + timedelta(days=days))
    pieces = list(requests_of(span))
    covered = [
        piece.first + timedelta(days=number)
        for piece in pieces
        for number in range((piece.last - piece.first).days + 1)
    ]
    assert covered == [first + timedelta(days=number) for number in range(days + 1)]
    assert max((piece.last - piece.first).days + 1 for piece in pieces) <= SPAN_DAYS


@settings(deadline=None)
@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)))
def test_earliest_report_is_at_most_six_of_the_longest_months_ago(today: date) -> None:
    """Also at the end of a month that is longer than the one six months before."""
    assert 180 <= (today - earliest_report(today)).days <= 184


def test_range_is_read_with_both_ends_included() -> None:
    """One day is a range."""
    assert parse_range("2026-11-20", "2026-11-20", TODAY, of_one_session=False) == DaySpan(
        date(2026, 11, 20), date(2026, 11, 20)
    )
    assert parse_range("2026-05-21", "2026-11-21", TODAY, of_one_session=False).first == date(2026, 5, 21)


@pytest.mark.parametrize(
    ("start", "end", "of_one_session", "said"),
    [
        ("yesterday", "2026-11-20", False, "--from yesterday: write a date"),
        ("2026-11-01", "2026-11-31", False, "--to 2026-11-31: write a date"),
        ("2026-11-20", "2026-11-19", False, "is after"),
        ("2026-11-20", "2026-11-22", False, "is in the future"),
        ("2026-05-20", "2026-11-20", False, "6 months.*earliest day is 2026-05-21"),
        ("2025-11-20", "2026-11-20", True, "1 year.*earliest day is 2025-11-21"),
    ],
)
def test_range_that_cannot_be_read_is_refused(start: str, end: str, of_one_session: bool, said: str) -> None:
    """With what to write instead."""
    with pytest.raises(ConfigurationError, match=said):
        parse_range(start, end, TODAY, of_one_session=of_one_session)


def test_part_of_a_span_that_reports_know_begins_six_months_ago() -> None:
    """Of an older one nothing is left."""
    year = parse_range("2025-11-21", "2026-11-20", TODAY, of_one_session=True)
    assert reportable(year, TODAY) == DaySpan(date(2026, 5, 21), date(2026, 11, 20))
    assert reportable(DaySpan(date(2026, 1, 1), date(2026, 2, 1)), TODAY) is None
