"""How long Zoom wants us to wait after a refusal. PURE."""

# https://developers.zoom.us/docs/api/rate-limits/ lists no header today (checked 2026-11-21); its predecessor showed
# `Retry-After` as an ISO date. So every form is read, and each may be absent.

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

PER_SECOND_WAIT_SECONDS = 1.0
"""After the per-second limit without `Retry-After`: the next second."""
_LONGEST_WAIT_SECONDS = 86_400.0
"""Zoom's longest limit is a day's: who asks for more, or is not Zoom, is asked again after a day."""
_LONGEST_HEADER = 64
"""Characters; the longest form, an HTTP date, has 29."""


def told_seconds(header: str | None, now: datetime) -> float | None:
    """Seconds from `now` on that a ``Retry-After`` says: never negative, a day at most.

    Whole or broken seconds, an HTTP date and an ISO 8601 date are understood; ``None`` for what is absent or none of
    these. A date without a zone is UTC.
    """
    text = (header or "").strip()
    if not text or len(text) > _LONGEST_HEADER:
        return None
    try:
        seconds = float(text)
    except ValueError:
        moment = _moment(text)
        if moment is None:
            return None
        seconds = (moment - now).total_seconds()
    if not math.isfinite(seconds):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_SECONDS)


def wait_seconds(header: str | None, limit_type: str | None, message: str, now: datetime) -> float:
    """Seconds to wait after a 429: as told, else until 00:00 UTC for a daily limit, else a second.

    Args:
        header: `Retry-After`.
        limit_type: `X-RateLimit-Type` (`QPS`, `Daily-limit`).
        message: the body's message.
        now: an aware instant.
    """
    told = told_seconds(header, now)
    if told is not None:
        return told
    if "daily" in f"{limit_type or ''} {message}".lower():
        # The documentation names 00:00 UTC for users' limits; for an account's it is inferred.
        midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        return (midnight - now).total_seconds()
    return PER_SECOND_WAIT_SECONDS


def _moment(text: str) -> datetime | None:
    for parse in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            moment = parse(text)
        except (ValueError, OverflowError, TypeError, IndexError):  # of odd dates the e-mail parser raises all of these
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
