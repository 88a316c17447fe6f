"""Instants as the rules use them: whole seconds since 1970, UTC. PURE."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache

SECONDS_PER_HOUR, SECONDS_PER_DAY = 3_600, 86_400
HOUR_MS = 1_000 * SECONDS_PER_HOUR
DAY_MS = 24 * HOUR_MS
NEWS_MS = DAY_MS
"""What is told later than so after it happened says nothing of how fast we are."""
EARLIEST, LATEST = 0, 32_503_680_000
"""1970 to 3000: what lies outside is nobody's webinar, and sums with it leave what a date can hold (0001 to 9999)."""


def parse_instant(text: object) -> int | None:
    """Seconds since 1970 of an ISO 8601 text; ``None`` for what Zoom uses as missing (``""``, ``null``, absent).

    A fraction of a second is cut off. A text without a zone is UTC, as all of Zoom's are.

    Raises:
        ValueError: a text that is no instant, or one outside `EARLIEST` to `LATEST`.
    """
    if not text:
        return None
    if not isinstance(text, str):
        raise ValueError(f"not an instant: {type(text).__name__}")  # noqa: TRY004 (one error for all that is no instant)
    return _seconds(text)


# The events of one session repeat its few instants thousands of times.
@lru_cache(maxsize=4_096)
def _seconds(text: str) -> int:
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        parsed = parsed.replace(tzinfo=UTC)
    seconds = int(parsed.timestamp() // 1)
    if not EARLIEST <= seconds < LATEST:
        raise ValueError("an instant before 1970 or after 2999")
    return seconds


def as_datetime(seconds: int) -> datetime:
    """The aware UTC datetime of an instant."""
    return datetime.fromtimestamp(seconds, UTC)


def datetime_if_known(seconds: int | None) -> datetime | None:
    """The same of an instant that may not be known."""
    return None if seconds is None else as_datetime(seconds)


def format_instant(seconds: int) -> str:
    """ISO 8601 in UTC with ``Z``: ``2026-08-12T14:00:04Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def utc_date(seconds: int) -> date:
    """The UTC calendar date of an instant."""
    return datetime.fromtimestamp(seconds, UTC).date()


def whole_minutes(seconds: int) -> int:
    """Minutes of presence and of sessions, half up, wherever they are told.

    >>> whole_minutes(89), whole_minutes(90)
    (1, 2)
    """
    return (seconds + 30) // 60
