"""Rate limits per family of endpoints. PURE: time arrives as an argument."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sandbox.brevo.answers import RefusedError

# https://developers.brevo.com/docs/api-limits, column "General" (checked 2026-11-21): calls and window in seconds.
LIMITS: dict[str, tuple[tuple[int, int], ...]] = {
    "contacts": ((10, 1), (36_000, 3_600)),
    "events": ((10, 1), (36_000, 3_600)),
    "mails": ((1_000, 1),),
    "rest": ((100, 3_600),),
}


def family(method: str, path: str) -> str:
    """Which limit a call counts against; `path` without `/v3`. What is not listed is in the small bucket."""
    if path == "/contacts" or path.startswith("/contacts/"):
        return "contacts"
    if (method, path) == ("POST", "/events"):
        return "events"
    if (method, path) == ("POST", "/smtp/email"):
        return "mails"
    return "rest"


@dataclass(frozen=True, slots=True)
class Permit:
    """Whether a call may pass, and what the headers tell."""

    allowed: bool
    limit: int
    remaining: int
    reset_seconds: int

    def check(self) -> None:
        """Raise Brevo's 429 unless the call may pass. Its real body is not documented."""
        if not self.allowed:
            raise RefusedError(429, "too_many_requests", "Too many requests")

    def headers(self) -> dict[str, str]:
        """`reset` is a duration; there is no Retry-After."""
        return {
            "x-sib-ratelimit-limit": str(self.limit),
            "x-sib-ratelimit-remaining": str(self.remaining),
            "x-sib-ratelimit-reset": str(self.reset_seconds),
        }


class RateLimits:
    """Calls counted in fixed windows; a factor scales every limit, for tests and benchmarks."""

    def __init__(self, factor: float = 1) -> None:
        self._factor = factor
        self._used: dict[tuple[str, int], tuple[int, int]] = {}

    def take(self, name: str, now: float) -> Permit:
        """Count one call of a family, unless one of its windows is full; `now` in seconds."""
        windows = []
        for calls, seconds in LIMITS[name]:
            number = int(now // seconds)
            seen, used = self._used.get((name, seconds), (number, 0))
            used = used if seen == number else 0
            limit = max(1, int(calls * self._factor))
            windows.append((limit, used, seconds, number))
        full = [window for window in windows if window[1] >= window[0]]
        if not full:
            for _, used, seconds, number in windows:
                self._used[name, seconds] = (number, used + 1)
        # The window that stops a caller is told; else the shortest.
        limit, used, seconds, number = full[-1] if full else windows[0]
        remaining = 0 if full else limit - used - 1
        reset = math.ceil((number + 1) * seconds - now)
        return Permit(allowed=not full, limit=limit, remaining=remaining, reset_seconds=max(1, reset))
