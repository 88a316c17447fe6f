"""Which question is next: waiting requests grouped by what one call to Zoom answers. PURE.

Live before bulk, among these the one that waits longest; a question that failed comes back when it is due. The time is
an argument, in seconds of any one clock.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from processors.engine.work_queue import AT_ONCE, WorkQueue
from processors.zoom.questions.pending import Pending
from schemas.attendance import ObjectType
from schemas.lookups import LookupKind, LookupRequest
from schemas.priority import RANKS, Priority


@dataclass(frozen=True, slots=True)
class ZoomQuestion:
    """What one call (or one list) of Zoom answers; a field that does not matter for the kind is empty."""

    account_id: str
    lookup: LookupKind
    object_type: ObjectType | None = None
    object_id: str = ""
    occurrence_id: str | None = None
    session_uuid: str | None = None


def question_of(request: LookupRequest) -> ZoomQuestion:
    """The question that answers a request: all `identities` of an account are one, what is over is one per uuid."""
    match request.lookup:
        case "identities":
            return ZoomQuestion(request.account_id, "identities")
        case "past_session" | "recordings":
            return ZoomQuestion(request.account_id, request.lookup, session_uuid=request.session_uuid)
        case "report" | "absentees" | "polls" | "questions":
            return ZoomQuestion(
                request.account_id, request.lookup, request.object_type, request.object_id, None, request.session_uuid
            )
        case "panelists":
            return ZoomQuestion(request.account_id, "panelists", request.object_type, request.object_id)
        case _:
            return ZoomQuestion(
                request.account_id, request.lookup, request.object_type, request.object_id, request.occurrence_id
            )


@dataclass(frozen=True, slots=True, eq=False)
class WaitingRequest:
    """One request that waits; the same id that waits anew is another object."""

    partition: int
    pending: Pending


@dataclass(frozen=True, slots=True)
class QuestionUnderWay:
    """One question under way, with the requests that its answer serves."""

    question: ZoomQuestion
    waiting: dict[str, WaitingRequest]
    """By request id, in order of arrival."""
    failures: int
    """How often in a row it failed before."""

    @property
    def priority(self) -> Priority:
        """Live where one of the requests is."""
        return "live" if any(waiting.pending.priority == "live" for waiting in self.waiting.values()) else "bulk"


@dataclass(slots=True)
class _Group:
    waiting: dict[str, WaitingRequest] = field(default_factory=dict)
    failures: int = 0
    due_at: float = AT_ONCE
    """A question that failed is not asked before."""
    under_way: bool = False


class DueQueue:
    """All waiting requests of the partitions that are ours."""

    def __init__(self, *, concurrency: int) -> None:
        """Start empty; `concurrency` is how many questions of one account may be under way at once."""
        self._concurrency = concurrency
        self._groups: dict[ZoomQuestion, _Group] = {}
        self._questions: dict[str, ZoomQuestion] = {}  # by request id
        self._queues: dict[str, WorkQueue[ZoomQuestion]] = {}  # by account

    def __len__(self) -> int:
        """How many requests wait or are under way."""
        return len(self._questions)

    def add(self, partition: int, pending: Pending) -> None:
        """A request waits now."""
        request = pending.request
        question = question_of(request)
        group = self._groups.setdefault(question, _Group())
        group.waiting[request.request_id] = WaitingRequest(partition, pending)
        self._questions[request.request_id] = question
        self._enqueue(question, group)

    def remove(self, request_id: str) -> None:
        """A request waits no longer; no error when it did not."""
        question = self._questions.pop(request_id, None)
        if question is None:
            return
        group = self._groups[question]
        group.waiting.pop(request_id, None)
        if not group.waiting and not group.under_way:
            self._forget(question)

    def drop(self, partition: int) -> None:
        """Forget all requests of a partition."""
        gone = [
            request_id
            for request_id, question in self._questions.items()
            if self._groups[question].waiting[request_id].partition == partition
        ]
        for request_id in gone:
            self.remove(request_id)

    def take(self, now: float) -> Iterator[QuestionUnderWay]:
        """Every question that may begin now; each is under way until `finish` or `retry`."""
        for queue in list(self._queues.values()):
            while queue.under_way < self._concurrency and (question := queue.take(now)) is not None:
                group = self._groups[question]
                group.under_way = True
                yield QuestionUnderWay(question, dict(group.waiting), group.failures)

    def finish(self, asked: QuestionUnderWay) -> None:
        """It is answered; requests that came while it was under way are next."""
        group = self._groups[asked.question]
        for request_id, waiting in asked.waiting.items():
            if group.waiting.get(request_id) is waiting:
                self.remove(request_id)
        self._close(asked.question, failures=0, due_at=AT_ONCE)

    def retry(self, asked: QuestionUnderWay, at: float) -> None:
        """It failed and is due again at `at`."""
        self._close(asked.question, failures=asked.failures + 1, due_at=at)

    def next_due(self) -> float | None:
        """When the next failed question is due; ``None`` when none is."""
        return min((at for queue in self._queues.values() if (at := queue.next_at) is not None), default=None)

    def _close(self, question: ZoomQuestion, *, failures: int, due_at: float) -> None:
        group = self._groups[question]
        group.under_way, group.failures, group.due_at = False, failures, due_at
        self._queues[question.account_id].finish(question)
        if group.waiting:
            self._enqueue(question, group)
        else:
            self._forget(question)

    def _enqueue(self, question: ZoomQuestion, group: _Group) -> None:
        rank = min(RANKS[waiting.pending.priority] for waiting in group.waiting.values())
        self._queues.setdefault(question.account_id, WorkQueue()).put(question, rank, group.due_at)

    def _forget(self, question: ZoomQuestion) -> None:
        del self._groups[question]
        self._queues[question.account_id].remove(question)
