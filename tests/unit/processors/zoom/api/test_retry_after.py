"""How long a 429 makes us wait."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from processors.zoom.api.retry_after import told_seconds, wait_seconds

NOW = datetime(2026, 8, 12, 14, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 2.5 ", 2.5),
        ("Wed, 12 Aug 2026 14:00:30 GMT", 30.0),
        ("2026-08-12T14:01:00Z", 60.0),
        ("2026-08-12T16:01:00+02:00", 60.0),
        ("2026-08-12T14:01:00", 60.0),
        ("2026-08-12T13:00:00Z", 0.0),
        ("-3", 0.0),
        ("", None),
        (None, None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("99999999999", 86_400.0),
        ("9999-12-31T23:59:59Z", 86_400.0),
        ("Mon, 01 Jan 99999999999999999999 00:00:00 GMT", None),
        ("9" * 8_000, None),
    ],
)
def test_told_seconds_reads_every_form_of_the_header(header: str | None, seconds: float | None) -> None:
    """Seconds, HTTP date and ISO date; nonsense counts as absent, the past as now, and a day is the most."""
    assert told_seconds(header, NOW) == seconds


@given(
    st.one_of(st.text(max_size=80), st.from_regex(r"[A-Z][a-z]{2}, \d{1,30} [A-Z][a-z]{2} -?\d{1,30} [\d:+ ]{0,20}"))
)
def test_told_seconds_of_anything_is_none_or_within_a_day(header: str) -> None:
    """No header of a server's raises."""
    seconds = told_seconds(header, NOW)
    assert seconds is None or 0 <= seconds <= 86_400


@pytest.mark.parametrize(
    ("header", "limit_type", "message", "seconds"),
    [
        ("3", "Daily-limit", "maximum daily rate limit", 3.0),
        (None, None, "You have reached the maximum per-second rate limit for this API. Try again later.", 1.0),
        (None, "QPS", "", 1.0),
        (None, None, "You have reached the maximum daily rate limit for this API.", 36_000.0),
        (None, "Daily-limit", "", 36_000.0),
        (None, None, "Too many concurrent requests.", 1.0),
        ("nonsense", None, "daily", 36_000.0),
    ],
)
def test_wait_seconds_without_a_header_follows_the_kind_of_limit(
    header: str | None, limit_type: str | None, message: str, seconds: float
) -> None:
    """What Zoom tells comes first; else a daily limit ends at 00:00 UTC and any other in a second."""
    assert wait_seconds(header, limit_type, message, NOW) == seconds
