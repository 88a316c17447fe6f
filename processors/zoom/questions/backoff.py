"""When a question that failed is asked again. PURE."""

from __future__ import annotations

FIRST_SECONDS = 1.0
LONGEST_SECONDS = 300.0
"""An outage is noticed to be over within this; a longer wait that Zoom asks for is kept."""


def backoff_seconds(
    failures: int, told_seconds: float | None, jitter: float, *, first_seconds: float = FIRST_SECONDS
) -> float:
    """Seconds until the next try: doubling, at least as long as told, spread so that many do not come at once.

    Args:
        failures: how often it failed in a row before this time, 0 or more.
        told_seconds: what the other side asked for.
        jitter: in [0, 1).
        first_seconds: the wait after the first failure, less its jitter.

    >>> backoff_seconds(0, None, 0.0), backoff_seconds(3, None, 0.0), backoff_seconds(99, None, 0.0)
    (0.5, 4.0, 150.0)
    >>> backoff_seconds(0, 60.0, 0.5)
    63.0
    """
    doubled = min(first_seconds * 2.0 ** min(failures, 30), LONGEST_SECONDS)
    own = doubled * (0.5 + jitter / 2)
    return own if told_seconds is None else max(own, told_seconds * (1 + jitter / 10))
