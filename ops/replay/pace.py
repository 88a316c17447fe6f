"""How fast a replay goes: so many a second, and never far ahead of the worker. PURE."""

from __future__ import annotations

MOST_A_SECOND = 100_000
"""The fastest rate that may be asked for."""
AHEAD = 2_000
"""Records of live work that may wait while copies are published. A worker handles some 20,000 a second
(docs/reference/performance.md), so what Zoom sends meanwhile is handled a tenth of a second later."""


def portion_size(rate: int) -> int:
    """Records at once, so that the rate (records a second) is even: a quarter of a second's.

    >>> [portion_size(rate) for rate in (1, 400, 100_000)]
    [1, 100, 2000]
    """
    return max(1, min(AHEAD, rate // 4))
