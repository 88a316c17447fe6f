"""Brevo's rate headers. PURE."""

from __future__ import annotations

from collections.abc import Mapping

LONGEST_WINDOW_SECONDS = 3_600.0
"""Brevo's limits are per second or per hour (developers.brevo.com/docs/api-limits, checked 2026-11-21)."""


def rate_headers(headers: Mapping[str, str]) -> tuple[float | None, float | None]:
    """Calls left and seconds to the window's end; ``None`` for what is absent or no sensible number.

    There is no `Retry-After`, and some answers carry none of these (developers.brevo.com/docs/limit-headers,
    checked 2026-11-21).
    """
    remaining = _number(headers.get("x-sib-ratelimit-remaining"))
    reset = _number(headers.get("x-sib-ratelimit-reset"))
    return remaining, None if reset is None else min(reset, LONGEST_WINDOW_SECONDS)


def _number(text: str | None) -> float | None:
    try:
        value = float(text) if text else -1.0
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None
