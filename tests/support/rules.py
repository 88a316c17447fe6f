"""Runs a rule as the engine does, turn by turn, on tables in memory: for tests of rules."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence

from processors.engine.memory_store import MemoryStore, run_turn
from processors.engine.view import Output, Record, Rule


def record(topic: str, value: bytes | None, *, key: bytes | None = None, offset: int = 0, partition: int = 0) -> Record:
    """A record as a rule gets it, received at the epoch."""
    return Record(topic=topic, partition=partition, offset=offset, timestamp_ms=0, key=key, value=value)


def run(
    rule: Rule, records: Iterable[Record], stores: Mapping[str, MemoryStore], *, turn: int = 1, partition: int = 0
) -> list[Output]:
    """Handle `records` in turns of `turn` records and apply each turn to `stores`; returns the outputs in order.

    What the rule raises is raised: the turn in hand is lost then, as after a crash.
    """
    outputs: list[Output] = []
    for batch in _turns(records, turn):
        outputs += run_turn(rule, [record._replace(partition=partition) for record in batch], stores)
    return outputs


def _turns(records: Iterable[Record], size: int) -> Iterable[Sequence[Record]]:
    remaining = iter(records)
    while batch := tuple(itertools.islice(remaining, size)):
        yield batch
