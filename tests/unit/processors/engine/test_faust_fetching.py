from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.structs import TopicPartition
from faust.types.tuples import TP

from processors.engine.faust_fetching import IDLE_WAIT_MS, LEFT_OUT_WAIT_MS, wait_as_partitions_allow


@pytest.mark.parametrize(
    ("unread", "active", "wait_ms"),
    [
        ([], None, IDLE_WAIT_MS),
        ([], {("events", 0)}, IDLE_WAIT_MS),
        ([("events", 0)], {("events", 0)}, LEFT_OUT_WAIT_MS),
        # Held up while a turn computes: it is read again any moment.
        ([("events", 0)], set(), LEFT_OUT_WAIT_MS),
        # During a recovery a changelog is read; after it, never again.
        ([("changelog", 0)], {("changelog", 0)}, LEFT_OUT_WAIT_MS),
        ([("changelog", 0)], {("events", 0)}, IDLE_WAIT_MS),
        ([("changelog", 0), ("events", 1)], {("events", 0), ("events", 1)}, LEFT_OUT_WAIT_MS),
    ],
)
def test_fetch_waits_long_only_where_nobody_misses_it(
    unread: list[tuple[str, int]], active: set[tuple[str, int]] | None, wait_ms: int
) -> None:
    """A partition that is left out waits for its end."""
    fetcher: Any = SimpleNamespace(_records={TopicPartition(*tp): object() for tp in unread}, _fetch_max_wait_ms=1_500)
    fetcher._get_actions_per_node = lambda assignment: (assignment, fetcher._fetch_max_wait_ms)
    read = None if active is None else {TP(*tp) for tp in active}
    wait_as_partitions_allow(fetcher, lambda: read, lambda tp: tp.topic == "changelog")
    assert fetcher._get_actions_per_node("assignment") == ("assignment", wait_ms)
