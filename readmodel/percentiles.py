"""Percentiles of counted values. PURE."""

from __future__ import annotations

import math
from collections.abc import Mapping


def percentile(counts: Mapping[int, int], share: float) -> int:
    """The smallest value that at least `share` of all do not exceed; `counts` says how many have each, at least one.

    >>> percentile({100: 50, 200: 45, 9_000: 5}, 0.5), percentile({100: 50, 200: 45, 9_000: 5}, 0.95)
    (100, 200)
    """
    wanted = math.ceil(sum(counts.values()) * share)
    for value in sorted(counts):
        wanted -= counts[value]
        if wanted <= 0:
            return value
    return max(counts)
