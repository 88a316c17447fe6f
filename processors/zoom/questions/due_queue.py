"""Which question is next: waiting requests grouped by what one call to Zoom answers. PURE.

Live before bulk, among these the one that waits longest; a question that failed comes back when it is due. The time is
an argument, in seconds of any one clock.
"""

from __future__ import annotations

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from processors.zoom.questions.pending import Lane, Pending
from schemas.attendance import ObjectType
from schemas.lookups import LookupKind, LookupRequest

_RANKS: dict[Lane, int] = {"live": 0, "bulk": 1}
_NOT_READY = 2


@dataclass(frozen=True, slots=True)
class Question:
    """What one call (or one list) of Zoom answers; a field that does not matter for the kind is empty."""

    account_id: str
    lookup: LookupKind
    object_type: ObjectType | None = None
    object_id: str = ""
    occurrence_id: str | None = None
    session_uuid: str | None = None


def question_of(request: LookupRequest) -> Question:
    """The question that answers a request: all `identities` of an account are one, what is over is one per uuid."""
    match request.lookup:
        case "identities":
            return Question(request.account_id, "identities")
        case "past_session" | "recordings":
            return Question(request.account_id, request.lookup, session_uuid=request.session_uuid)
        case "report" | "absentees" | "polls" | "questions":
            return Question(
                request.account_id, request.lookup, request.object_type, request.object_id, None, request.session_uuid
            )
        case "panelists":
            return Question(request.account_id, "panelists", request.object_type, request.object_id)
        case _:
            return Question(
                request.account_id, request.lookup, request.object_type, request.object_id, request.occurrence_id
            )


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """One request that waits; the same id that waits anew is another object."""

    partition: int
    pending: Pending


@dataclass(frozen=True, slots=True)
class Batch:
    """One question under way, with the requests that its answer serves."""

    question: Question
    waiting: dict[str, Waiting]
    """By request id, in order of arrival."""
    failures: int
    """How often in a row it failed before."""

    @property
    def priority(self) -> Lane:
        """Live where one of the requests is."""
        return "live" if any(each.pending.lane == "live" for each in self.waiting.values()) else "bulk"


@dataclass(slots=True)
class _Group:
    waiting: dict[str, Waiting] = field(default_factory=dict)
    failures: int = 0
    under_way: bool = False
    rank: int = _NOT_READY
    """Under which it is in the heap of ready questions."""
    ticket: int = -1
    """Its place among equals, and what makes an entry of the heaps valid; entries with another one are leftovers."""


class Agenda:
    """All waiting requests of the partitions that are ours."""

    def __init__(self, *, concurrency: int) -> None:
        """Start empty; `concurrency` is how many questions of one account may be under way at once."""
        self._concurrency = concurrency
        self._groups: dict[Question, _Group] = {}
        self._questions: dict[str, Question] = {}  # by request id
        self._tickets = itertools.count()
        self._ready: dict[str, list[tuple[int, int, Question]]] = {}  # per account: rank, ticket
        self._delayed: list[tuple[float, int, Question]] = []
        self._under_way: Counter[str] = Counter()

    def __len__(self) -> int:
        """How many requests wait or are under way."""
        return len(self._questions)

    def add(self, partition: int, pending: Pending) -> None:
        """A request waits now."""
        request = pending.request
        question = question_of(request)
        group = self._groups.setdefault(question, _Group())
        group.waiting[request.request_id] = Waiting(partition, pending)
        self._questions[request.request_id] = question
        if not group.under_way and group.failures == 0 and _RANKS[pending.lane] < group.rank:
            self._enqueue(question, group)

    def remove(self, request_id: str) -> None:
        """A request waits no longer; no error when it did not."""
        question = self._questions.pop(request_id, None)
        if question is None:
            return
        group = self._groups[question]
        group.waiting.pop(request_id, None)
        if not group.waiting and not group.under_way:
            del self._groups[question]

    def drop(self, partition: int) -> None:
        """Forget all requests of a partition."""
        gone = [
            request_id
            for request_id, question in self._questions.items()
            if self._groups[question].waiting[request_id].partition == partition
        ]
        for request_id in gone:
            self.remove(request_id)

    def take(self, now: float) -> Iterator[Batch]:
        """Every question that may begin now; each is under way until `finish` or `retry`."""
        while self._delayed and self._delayed[0][0] <= now:
            _, ticket, question = heapq.heappop(self._delayed)
            group = self._groups.get(question)
            if group is not None and group.ticket == ticket:
                self._enqueue(question, group)
        for account_id in list(self._ready):
            yield from self._take_of(account_id)

    def finish(self, batch: Batch) -> None:
        """The batch is answered; requests that came while it was under way are next."""
        self._close(batch, failures=0)
        for request_id, waiting in batch.waiting.items():
            group = self._groups.get(batch.question)
            if group is not None and group.waiting.get(request_id) is waiting:
                self.remove(request_id)
        group = self._groups.get(batch.question)
        if group is not None:
            self._enqueue(batch.question, group)

    def retry(self, batch: Batch, at: float) -> None:
        """The batch failed and is due again at `at`."""
        group = self._close(batch, failures=batch.failures + 1)
        if group is not None:
            group.ticket = next(self._tickets)
            heapq.heappush(self._delayed, (at, group.ticket, batch.question))

    def next_due(self) -> float | None:
        """When the next failed question is due; ``None`` when none is."""
        while self._delayed:
            due, ticket, question = self._delayed[0]
            group = self._groups.get(question)
            if group is not None and group.ticket == ticket:
                return due
            heapq.heappop(self._delayed)
        return None

    def _take_of(self, account_id: str) -> Iterator[Batch]:
        heap = self._ready[account_id]
        while heap and self._under_way[account_id] < self._concurrency:
            _, ticket, question = heapq.heappop(heap)
            group = self._groups.get(question)
            if group is None or group.ticket != ticket:
                continue
            group.under_way, group.ticket, group.rank = True, -1, _NOT_READY
            self._under_way[account_id] += 1
            yield Batch(question, dict(group.waiting), group.failures)
        if not heap:
            self._ready.pop(account_id, None)

    def _close(self, batch: Batch, *, failures: int) -> _Group | None:
        self._under_way[batch.question.account_id] -= 1
        group = self._groups[batch.question]
        group.under_way, group.failures = False, failures
        if group.waiting:
            return group
        del self._groups[batch.question]
        return None

    def _enqueue(self, question: Question, group: _Group) -> None:
        group.rank = min(_RANKS[waiting.pending.lane] for waiting in group.waiting.values())
        if group.ticket < 0:
            group.ticket = next(self._tickets)
        heapq.heappush(self._ready.setdefault(question.account_id, []), (group.rank, group.ticket, question))
