"""`look-up`: asks Zoom's REST API what `track-attendance` wants to know.

Consumes: `zoom.lookups.v1` and `zoom.lookups.bulk.v1`, key account id, so that one worker owns an account's limits;
`ops.erasures.v1`.
Produces: `zoom.lookup-results.v1`, key object id; `LookupSettled` to `zoom.lookups.v1` once an answer is out;
`ops.audit.v1` when Zoom tells that an account removed the app.
State: `lookups-pending`, one row per unanswered request; the account's users in memory.
Order: live before bulk; pages of one request in order, requests among each other in none.
On failure: an outage, a refused token and a stranger's answer delay without end, the latter two with a reason in
readiness; what Zoom refuses is answered as `missing` or `unavailable`.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterator, Mapping

from typing_extensions import override

from processors.engine.effect import Effect, OwnAgent, RowChanges
from processors.engine.spec import AgentSpec
from processors.engine.view import Output, PartitionStore, Rule
from processors.erasure.erasing import ErasingRule
from processors.erasure.marks import MARKS
from processors.zoom.account_health import AccountHealth, MissingScopes
from processors.zoom.api.api import ZoomReader
from processors.zoom.asking import ZoomAsking
from processors.zoom.metrics import LookupMetrics
from processors.zoom.questions.due_queue import DueQueue, QuestionUnderWay
from processors.zoom.questions.erasure import LookupCleaner
from processors.zoom.questions.pages import QuestionAnswer, result_pages
from processors.zoom.questions.pending import LOOKUPS_PENDING, MARKED, RequestIntake, unpack_pending
from runtime.backoff import Backoff
from runtime.outcome import NoAnswer
from schemas.errors import ConfigurationError
from schemas.instants import as_datetime
from schemas.lookups import AccountDeauthorized, LookupRequest, LookupSettled
from schemas.topics import ERASURES, LOOKUP_RESULTS, LOOKUPS, LOOKUPS_BULK

SPEC = AgentSpec("look-up", sources=(LOOKUPS, LOOKUPS_BULK, ERASURES), tables=(LOOKUPS_PENDING,))

CONCURRENCY = 4
"""Questions of one account under way at once. Zoom refuses many concurrent requests on one resource
(https://developers.zoom.us/docs/api/rate-limits/, checked 2026-11-21); the rate is kept by the client."""
PROBE_AFTER_SECONDS = 10.0
"""An account is kept for so long before its token is looked at: while workers start, it goes from one to the next."""
TOKEN_PROBE_SECONDS = 60.0
"""Between two tries to get an account's first token, unless Zoom says how long."""
POST_BYTES = 4_000_000
"""Results are posted in portions of about this, so that a long list is never in memory twice."""

BACKOFF = Backoff(first_seconds=1, longest_seconds=300)
"""An outage is noticed to be over within five minutes; a longer wait that Zoom asks for is kept."""

log = logging.getLogger(__name__)


class LookUp(Effect):
    """The effect (processors/engine/effect.py): intake rule and pump."""

    def __init__(
        self,
        clients: Mapping[str, ZoomReader],
        *,
        clock: Callable[[], float],
        metrics: LookupMetrics,
        partition_of: Callable[[str], int],
        jitter: Callable[[], float] = random.random,
        backoff: Backoff = BACKOFF,
        probe_after_seconds: float = PROBE_AFTER_SECONDS,
        missing_scopes: Mapping[str, MissingScopes] | None = None,
    ) -> None:
        """Nothing runs before `run`.

        Args:
            clients: one per account id.
            clock: seconds since 1970.
            metrics: of this process.
            partition_of: which partition has the look-ups of an account id.
            jitter: a number in [0, 1).
            backoff: the waits after failures.
            probe_after_seconds: how long an account is kept before its token is looked at.
            missing_scopes: by account id, what the enabled features lack; absent: nobody is told.
        """
        self.rule: Rule = ErasingRule(RequestIntake(), SPEC.name, MARKED, LookupCleaner())
        self._clients = clients
        self._clock = clock
        self._metrics = metrics
        self._jitter = jitter
        self._backoff = backoff
        self._due_queue = DueQueue(concurrency=CONCURRENCY)
        self._probe_after_seconds = probe_after_seconds
        self._health = AccountHealth(clock=clock, metrics=metrics, backoff=backoff, missing_scopes=missing_scopes or {})
        self._asking = ZoomAsking(clients, self._health, metrics, clock)
        self._partition_of = partition_of
        self._owned: set[str] = set()
        """Account ids: only their owner asks for tokens, since in some accounts a second one ends the first."""
        self._unprobed: list[str] = []
        self._deauthorized: list[AccountDeauthorized] = []
        self._changed = asyncio.Event()

    @property
    def reasons(self) -> tuple[str, ...]:
        """What keeps questions from being answered until a person acts, for readiness."""
        return self._health.reasons

    @override
    def load(self, partition: int, stores: Mapping[str, PartitionStore]) -> None:
        self._due_queue.drop(partition)
        for key, value in stores[LOOKUPS_PENDING].scan(b"", b""):
            if not key.startswith(MARKS):
                self._add(partition, value)
        fresh = [key for key in self._of(partition) if key not in self._owned]
        self._owned.update(fresh)
        self._unprobed += fresh
        self._note_change()

    @override
    def applied(self, partition: int, changes: Mapping[str, RowChanges]) -> None:
        for key, value in changes.get(LOOKUPS_PENDING, {}).items():
            if key.startswith(MARKS):
                continue
            if value is None:
                self._due_queue.remove(key.decode())
            else:
                self._add(partition, value)
        self._note_change()

    @override
    def revoke(self, partition: int) -> None:
        self._due_queue.drop(partition)
        for account_id in self._of(partition):
            self._owned.discard(account_id)
            self._health.forget(account_id)  # whoever owns it now meets its troubles again
        self._note_change()

    @override
    async def run(self, agent: OwnAgent) -> None:
        """What `OwnAgent.post` raises leaves as it is."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    self._changed.clear()
                    while self._unprobed:
                        tasks.create_task(self._probe(self._unprobed.pop()))
                    while self._deauthorized:
                        tasks.create_task(self._drop(self._deauthorized.pop(), agent))
                    for asked in self._due_queue.take(self._clock()):
                        tasks.create_task(self._work(asked, agent))
                    due = self._due_queue.next_due()
                    await self._wait(None if due is None else max(due - self._clock(), 0.0))
        except ExceptionGroup as group:
            raise group.exceptions[0] from group

    def _add(self, partition: int, value: bytes) -> None:
        row = unpack_pending(value)
        if isinstance(row, AccountDeauthorized):
            self._deauthorized.append(row)
        else:
            self._due_queue.add(partition, row)

    async def _drop(self, message: AccountDeauthorized, agent: OwnAgent) -> None:
        """The account's tokens go, so that no call is made until somebody lets us in again; its requests wait."""
        client = self._clients.get(message.account_id)
        self._asking.forget_users(message.account_id)
        try:
            dropped = client is not None and await asyncio.to_thread(client.drop_login, message.at.timestamp())
        except ConfigurationError:
            # The row stays: it is tried again when the partition is taken over, or the worker starts.
            log.exception("login still stored", extra={
                "account": message.account_id, "reason": "the account removed the app, and its login cannot be deleted",
                "next": "make ZOOM_TOKEN_DIR writable, then restart the worker",
            })  # fmt: skip
            return
        if dropped:
            log.error("zoom app removed", extra={"account": message.account_id, "next": "rollcall zoom login"})
        await agent.post([_settled(message)])

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def _of(self, partition: int) -> list[str]:
        return [client for client in self._clients if self._partition_of(client) == partition]

    async def _probe(self, account_id: str) -> None:
        """Whether the account lets us in, and what its token lacks: told before the first question meets it."""
        await asyncio.sleep(self._probe_after_seconds)
        while account_id in self._owned:
            granted = await self._clients[account_id].granted_scopes()
            if not isinstance(granted, NoAnswer):
                self._health.note_scopes(account_id, granted)
                return
            self._health.note_answer(account_id, "token", granted)
            await asyncio.sleep(granted.after_seconds or TOKEN_PROBE_SECONDS)

    async def _work(self, asked: QuestionUnderWay, agent: OwnAgent) -> None:
        question = asked.question
        answer = await self._asking.answer(asked)
        if isinstance(answer, NoAnswer):
            seconds = self._backoff.at_least(answer.after_seconds, asked.failures + 1, self._jitter())
            log.debug("look-up waits", extra={
                "lookup": question.lookup, "object": question.object_id, "seconds": round(seconds),
                "reason": answer.says,
            })  # fmt: skip
            self._metrics.lookups.labels(question.lookup, "delayed").inc(len(asked.waiting))
            self._due_queue.retry(asked, self._clock() + seconds)
        else:
            await self._tell(asked, answer, agent)
            self._metrics.lookups.labels(question.lookup, answer.outcome).inc(len(asked.waiting))
            self._due_queue.finish(asked)
        self._note_change()

    async def _tell(self, asked: QuestionUnderWay, answer: QuestionAnswer, agent: OwnAgent) -> None:
        portion: list[Output] = []
        size = 0
        for output in self._results(asked, answer):
            portion.append(output)
            size += len(output.value or b"")
            if size >= POST_BYTES:
                await agent.post(portion)
                portion, size = [], 0
        if portion:
            await agent.post(portion)
        await agent.post([_settled(waiting.pending.request) for waiting in asked.waiting.values()])

    def _results(self, asked: QuestionUnderWay, answer: QuestionAnswer) -> Iterator[Output]:
        answered_at = as_datetime(int(self._clock()))
        for waiting in asked.waiting.values():
            for page in result_pages(waiting.pending.request, answer, answered_at):
                yield Output.of(LOOKUP_RESULTS.name, page.object_id.encode(), page)

    def _note_change(self) -> None:
        self._metrics.pending.set(len(self._due_queue))
        self._changed.set()


def _settled(request: LookupRequest | AccountDeauthorized) -> Output:
    note = LookupSettled(request_id=request.request_id, account_id=request.account_id)
    return Output.of(LOOKUPS.name, request.account_id.encode(), note)
