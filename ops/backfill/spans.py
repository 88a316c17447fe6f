"""Which days a back-fill may ask Zoom about, cut as Zoom wants them. PURE."""

# https://developers.zoom.us/docs/api/meetings/, GET /report/users/{userId}/meetings (ranges of a month, within the last
# six) and GET /past_meetings/{meetingId} (a year), checked 2026-11-21.

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from schemas.errors import ConfigurationError

REPORT_MONTHS = 6
SESSION_DAYS = 365
SPAN_DAYS = 30
"""Days of one request, both ends included: a month, however short."""


@dataclass(frozen=True, slots=True, order=True)
class DaySpan:
    """UTC days, both included."""

    first: date
    last: date


def parse_range(start: str, end: str, today: date, *, of_one_session: bool) -> DaySpan:
    """The days that `--from` and `--to` mean.

    Raises:
        ConfigurationError: no dates, in the wrong order, not yet over, or older than Zoom remembers.
    """
    span = DaySpan(_parse("--from", start), _parse("--to", end))
    if span.first > span.last:
        raise ConfigurationError(f"--from {start} is after --to {end}")
    if span.last > today:
        raise ConfigurationError(f"--to {end} is in the future: only sessions that are over can be filled in")
    if of_one_session:
        earliest = today - timedelta(days=SESSION_DAYS)
        limit = "Zoom answers about a past meeting for 1 year, and about a webinar for 6 months"
    else:
        earliest = earliest_report(today)
        limit = "Zoom's reports go back 6 months; a single meeting can be read for 1 year, with --session"
    if span.first < earliest:
        raise ConfigurationError(f"--from {start}: {limit}; the earliest day is {earliest.isoformat()}")
    return span


def earliest_report(today: date) -> date:
    """The same day six months ago, else the last one of that month.

    >>> earliest_report(date(2026, 8, 31)).isoformat(), earliest_report(date(2026, 3, 5)).isoformat()
    ('2026-02-28', '2025-09-05')
    """
    month = today.year * 12 + today.month - 1 - REPORT_MONTHS
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(today.day, calendar.monthrange(year, month)[1]))


def reportable(span: DaySpan, today: date) -> DaySpan | None:
    """The part of a span that reports still know; ``None`` when nothing is left of it."""
    first = max(span.first, earliest_report(today))
    return DaySpan(first, span.last) if first <= span.last else None


def requests_of(span: DaySpan) -> Iterator[DaySpan]:
    """The span in pieces that Zoom accepts, the oldest first; without gaps or overlaps."""
    first = span.first
    while first <= span.last:
        last = min(span.last, first + timedelta(days=SPAN_DAYS - 1))
        yield DaySpan(first, last)
        first = last + timedelta(days=1)


def _parse(option: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{option} {text}: write a date such as 2026-06-01") from None
