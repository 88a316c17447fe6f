"""How long Kafka may hold a fetch that finds nothing: short where a partition is left out of it, long where none is.

aiokafka asks a broker for all partitions at once, but for those whose records nobody has taken yet; such a one waits
for the end of the fetch under way. An idle worker leaves none out, and whatever comes ends its fetch at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

LEFT_OUT_WAIT_MS = 25
"""Faust's 1,500 lets a partition that missed the fetch under way wait for its end; continuations would wait often."""
IDLE_WAIT_MS = 300
"""A fetch of some 250 partitions takes milliseconds of worker and broker: ten a second are a thirtieth of a core for
nothing. Much longer would hold up what shares the connection, such as the questions for offsets at a rebalance."""


def wait_as_partitions_allow(fetcher: Any, active: Callable[[], Any], is_changelog: Callable[[Any], bool]) -> None:
    """Choose the wait of each fetch of aiokafka's `Fetcher`.

    Args:
        fetcher: of a consumer that was started.
        active: the partitions that Faust reads now, ``None`` or empty before it does.
        is_changelog: of a partition; what comes to those that are not read (after a recovery) is never taken.
    """
    actions_per_node = fetcher._get_actions_per_node

    def chosen(assignment: Any) -> Any:
        read = active() or ()
        is_left_out = any(tp in read or not is_changelog(tp) for tp in fetcher._records)
        fetcher._fetch_max_wait_ms = LEFT_OUT_WAIT_MS if is_left_out else IDLE_WAIT_MS
        return actions_per_node(assignment)

    fetcher._get_actions_per_node = chosen
