"""What a replay would do, in figures. PURE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ops.replay.copies import Stored, facts, is_copy
from ops.selection.selection import Selection
from readmodel.words import span


@dataclass(slots=True)
class ReplayPlan:
    """The records of a selection, counted."""

    selection: Selection
    looked_at: int = 0
    copies: int = 0
    """Records that were looked at and are copies of others."""
    partitions: Counter[int] = field(default_factory=Counter)
    types: Counter[str] = field(default_factory=Counter)
    begins: dict[int, int] = field(default_factory=dict)
    """By partition the offset of the first record that is selected,"""
    ends: dict[int, int] = field(default_factory=dict)
    """and the one behind the last: nothing else is read once more."""

    @property
    def count(self) -> int:
        """Of the records that are selected."""
        return self.partitions.total()

    def add(self, stored: Stored) -> None:
        """Take a record in; those of a partition in their order."""
        self.looked_at += 1
        if is_copy(stored):
            self.copies += 1
            return
        known = facts(stored)
        if not self.selection.holds(known):
            return
        self.partitions[stored.partition] += 1
        self.types[known.event_type or "unknown"] += 1
        self.begins.setdefault(stored.partition, stored.offset)
        self.ends[stored.partition] = stored.offset + 1


def minutes(count: int, rate: int) -> float:
    """How long so many take at least, at so many a second."""
    return count / rate / 60


def in_words(plan: ReplayPlan, rate: int) -> Iterator[str]:
    """Line by line."""
    yield f"{plan.selection}: {plan.count} of {plan.looked_at} that were looked at"
    if plan.copies:
        yield f"  {plan.copies} are copies that replays have made, and are not published again"
    for number, count in sorted(plan.partitions.items()):
        yield f"  {count} in partition {number}, offsets {plan.begins[number]} to {plan.ends[number] - 1}"
    for name, count in plan.types.most_common():
        yield f"  {count} {name}"
    if plan.count:
        lasts = span(60 * minutes(plan.count, rate))
        yield f"at {rate} a second it takes {lasts} at least, longer while workers are busy"


def document(plan: ReplayPlan, rate: int) -> Mapping[str, Any]:
    """The same for programs."""
    return {
        "selection": str(plan.selection),
        "selected": plan.count,
        "looked_at": plan.looked_at,
        "copies": plan.copies,
        "partitions": {str(number): count for number, count in sorted(plan.partitions.items())},
        "types": dict(plan.types),
        "minutes": round(minutes(plan.count, rate), 2),
    }
