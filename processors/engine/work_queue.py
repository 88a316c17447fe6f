"""Keyed work of an effect: what waits, by rank and in order of arrival, what comes later, and what is under way. PURE.

A key waits once, however often it is put, and is under way once at a time: what is put meanwhile is taken after
`finish`. The time is an argument, in seconds of any one clock.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
AT_ONCE = -math.inf


@dataclass(slots=True)
class _Entry:
    rank: int
    at: float
    place: int
    """Among equals: of its arrival."""
    ticket: int
    """Makes the one entry of the heaps valid that has it; others are leftovers."""


class WorkQueue(Generic[K]):
    """One queue: a family of calls, an account.

    >>> queue = WorkQueue[str]()
    >>> queue.put("crowd", 1), queue.put("one", 0), queue.put("later", 0, at=5.0)
    (None, None, None)
    >>> queue.take(now=0), queue.take(now=0, worst_rank=0), queue.take(now=0), queue.take(now=0), queue.next_at
    ('one', None, 'crowd', None, 5.0)
    """

    def __init__(self) -> None:
        self._entries: dict[K, _Entry] = {}
        self._ready: list[tuple[int, int, int, K]] = []  # rank, place, ticket
        self._later: list[tuple[float, int, K]] = []  # at, ticket
        self._under_way: set[K] = set()
        self._numbers = itertools.count()
        self._waiting: Counter[int] = Counter()

    def __contains__(self, key: K) -> bool:
        """Whether a key waits."""
        return key in self._entries

    @property
    def under_way(self) -> int:
        """How many keys were taken and not finished."""
        return len(self._under_way)

    def waiting(self, rank: int) -> int:
        """How many keys of a rank wait."""
        return self._waiting[rank]

    def rank_of(self, key: K) -> int | None:
        """With which rank a key waits; ``None``: it does not."""
        entry = self._entries.get(key)
        return None if entry is None else entry.rank

    def put(self, key: K, rank: int, at: float = AT_ONCE) -> None:
        """A key waits with this rank (0 goes first), not before `at`; who waited before keeps their place."""
        before = self._entries.get(key)
        if before is not None:
            if (before.rank, before.at) == (rank, at):
                return
            self._waiting[before.rank] -= 1
        place = next(self._numbers) if before is None else before.place
        entry = self._entries[key] = _Entry(rank, at, place, next(self._numbers))
        self._waiting[rank] += 1
        if key not in self._under_way:
            self._enter(key, entry)

    def remove(self, key: K) -> None:
        """A key waits no more; no error when it did not."""
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._waiting[entry.rank] -= 1

    def take(self, now: float, worst_rank: int | None = None) -> K | None:
        """The next key that is due, of `worst_rank` or better; it is under way until `finish`."""
        while self._later and self._later[0][0] <= now:
            _, ticket, key = heapq.heappop(self._later)
            if (due := self._valid(key, ticket)) is not None:
                heapq.heappush(self._ready, (due.rank, due.place, ticket, key))
        while self._ready:
            rank, _, ticket, key = self._ready[0]
            if self._valid(key, ticket) is not None:
                if worst_rank is not None and rank > worst_rank:
                    return None
                heapq.heappop(self._ready)
                self.remove(key)
                self._under_way.add(key)
                return key
            heapq.heappop(self._ready)
        return None

    def begin(self, key: K) -> None:
        """A key is under way although it was not its turn."""
        self.remove(key)
        self._under_way.add(key)

    def finish(self, key: K) -> None:
        """A key is not under way any more."""
        self._under_way.discard(key)
        if (entry := self._entries.get(key)) is not None:
            self._enter(key, entry)

    @property
    def next_at(self) -> float | None:
        """When the first key is due that must wait for its time; ``None`` when none must."""
        while self._later and self._valid(self._later[0][2], self._later[0][1]) is None:
            heapq.heappop(self._later)
        return self._later[0][0] if self._later else None

    def _enter(self, key: K, entry: _Entry) -> None:
        if entry.at == AT_ONCE:
            heapq.heappush(self._ready, (entry.rank, entry.place, entry.ticket, key))
        else:
            heapq.heappush(self._later, (entry.at, entry.ticket, key))

    def _valid(self, key: K, ticket: int) -> _Entry | None:
        entry = self._entries.get(key)
        return entry if entry is not None and entry.ticket == ticket and key not in self._under_way else None
