"""Zoom's rate limits per plan and label (https://developers.zoom.us/docs/api/rate-limits/, checked 2026-11-21)."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from sandbox.zoom.endpoints import ServedLabel
from sandbox.zoom.errors import ZoomAnswer

ServedPlan = Literal["free", "pro", "business"]
_DAY = 86_400
# (requests, seconds of the window)
_RATES: dict[ServedPlan, dict[ServedLabel, tuple[int, int]]] = {
    "free": {"light": (4, 1), "medium": (2, 1), "heavy": (1, 1), "resource-intensive": (10, 60)},
    "pro": {"light": (30, 1), "medium": (20, 1), "heavy": (10, 1), "resource-intensive": (10, 60)},
    "business": {"light": (80, 1), "medium": (60, 1), "heavy": (40, 1), "resource-intensive": (20, 60)},
}
# Requests a day. A free plan has one for each label, the others one pool for heavy and resource-intensive together.
_DAILY: dict[ServedPlan, dict[ServedLabel, int]] = {
    "free": {"light": 6_000, "medium": 2_000, "heavy": 1_000, "resource-intensive": 30_000},
    "pro": {"heavy": 30_000, "resource-intensive": 30_000},
    "business": {"heavy": 60_000, "resource-intensive": 60_000},
}
_PER_SECOND = "You have reached the maximum per-second rate limit for this API. Try again later."
_PER_DAY = (
    "You have reached the maximum daily rate limit for this API. "
    "Refer to the response header for details on when you can make another request."
)


class RateLimiter:
    """Counts requests per label in fixed windows.

    Args:
        plan: decides the limits.
        scale: multiplies every limit, so that a test or a demo need not wait for seconds to pass.
    """

    def __init__(self, plan: ServedPlan, scale: float = 1.0) -> None:
        self._plan = plan
        self._scale = scale
        self._used: Counter[tuple[str, int, int]] = Counter()

    def take(self, label: ServedLabel, now: float) -> tuple[dict[str, str], ZoomAnswer | None]:
        """Headers for the answer of a request at `now` (seconds), and the 429 when it is one too many."""
        rate, window = _RATES[self._plan][label]
        limit = max(1, int(rate * self._scale))
        daily = _DAILY[self._plan].get(label)
        pool = label if self._plan == "free" else "pool"
        key, day_key = (label, window, int(now) // window), (pool, _DAY, int(now) // _DAY)
        headers = {"X-RateLimit-Category": label.capitalize(), "X-RateLimit-Limit": str(limit)}
        if daily is not None and self._used[day_key] >= daily * self._scale:
            return headers, ZoomAnswer(
                429, {"code": 429, "message": _PER_DAY}, {**headers, "X-RateLimit-Type": "Daily-limit"}
            )
        if self._used[key] >= limit:
            headers |= {"X-RateLimit-Remaining": "0"}
            return headers, _too_many(_PER_SECOND, {**headers, "X-RateLimit-Type": "QPS"})
        self._used[key] += 1
        self._used[day_key] += 1
        return headers | {"X-RateLimit-Remaining": str(limit - self._used[key])}, None


def _too_many(message: str, headers: dict[str, str]) -> ZoomAnswer:
    return ZoomAnswer(429, {"code": 429, "message": message}, headers)
