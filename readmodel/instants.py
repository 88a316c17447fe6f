"""Instants of records as the tables have them: milliseconds since 1970. PURE."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache

_FIRST_DAY = date(1970, 1, 1).toordinal()


# The records of one session repeat its few instants thousands of times.
@lru_cache(maxsize=4_096)
def _parsed(text: str) -> int:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("an instant without a zone")
    return in_milliseconds(moment)


def milliseconds(text: object) -> int | None:
    """Of an ISO 8601 text with a zone; ``None`` of ``None`` and of an empty one.

    >>> milliseconds("2026-08-12T14:00:04Z")
    1786543204000

    Raises:
        TypeError, ValueError: it is no such text.
    """
    if not text:
        return None
    if not isinstance(text, str):
        raise TypeError("no instant")
    return _parsed(text)


def required_milliseconds(text: object) -> int:
    """The same of what must be there. Raises `ValueError` as well where it is not."""
    found = milliseconds(text)
    if found is None:
        raise ValueError("no instant")
    return found


def seconds(text: object) -> int | None:
    """As `milliseconds`, in whole seconds."""
    found = milliseconds(text)
    return None if found is None else found // 1_000


def required_seconds(text: object) -> int:
    """As `required_milliseconds`, in whole seconds."""
    return required_milliseconds(text) // 1_000


@lru_cache(maxsize=4_096)
def days(text: str) -> int:
    """Of an ISO 8601 date: how many after 1970-01-01.

    >>> days("1970-01-02"), day(1).isoformat()
    (1, '1970-01-02')

    Raises:
        ValueError: it is none.
    """
    return date.fromisoformat(text).toordinal() - _FIRST_DAY


def day(number: int) -> date:
    """The date that `days` was given."""
    return date.fromordinal(number + _FIRST_DAY)


def in_milliseconds(at: datetime) -> int:
    """Of an aware datetime."""
    return round(at.timestamp() * 1_000)


def moment(at_ms: int) -> datetime:
    """The aware datetime, UTC."""
    return datetime.fromtimestamp(at_ms / 1_000, UTC)
