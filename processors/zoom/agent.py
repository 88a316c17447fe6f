"""`look-up`: asks Zoom's REST API what `track-attendance` wants to know.

Consumes: `zoom.lookups.v1` and `zoom.lookups.bulk.v1`, key account id, so that one worker owns an account's limits.
Produces: `zoom.lookup-results.v1`, key object id; `LookupSettled` to `zoom.lookups.v1` once an answer is out;
`ops.audit.v1` when Zoom tells that an account removed the app.
State: `lookups-pending`, one row per unanswered request; the account's users in memory.
Order: live before bulk; pages of one request in order, requests among each other in none.
On failure: an outage delays without end; what Zoom refuses is answered as `missing` or `unavailable`.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Iterator, Mapping

from processors.engine.effect import Post, Rows
from processors.engine.view import Output, PartitionStore
from processors.zoom.api.api import ZoomApi
from processors.zoom.api.errors import ZoomRefusedError
from processors.zoom.api.metrics import ZoomMetrics
from processors.zoom.questions.backoff import FIRST_SECONDS, backoff_seconds
from processors.zoom.questions.due_queue import Agenda, Batch, Question
from processors.zoom.questions.identities import Directory
from processors.zoom.questions.pages import Answer, found, result_pages
from processors.zoom.questions.participation import participation
from processors.zoom.questions.pending import PENDING, Intake, unpack_pending
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.instants import as_datetime
from schemas.lookups import AccountDeauthorized, LookupRequest, LookupSettled
from schemas.topics import LOOKUP_RESULTS, LOOKUPS, LOOKUPS_BULK, Topic

NAME = "look-up"
SOURCES: tuple[Topic, ...] = (LOOKUPS, LOOKUPS_BULK)
TABLES: tuple[str, ...] = (PENDING,)

CONCURRENCY = 4
"""Questions of one account under way at once. Zoom refuses many concurrent requests on one resource
(https://developers.zoom.us/docs/api/rate-limits/, checked 2026-11-21); the rate is kept by the client."""
USERS_KEPT_SECONDS = 900.0
"""How long an account's users are remembered, who is none included, and also that they may not be asked for."""
_ABOUT_INSTANCES = ("past_session", "report", "absentees", "recordings", "polls", "questions")
POST_BYTES = 4_000_000
"""Results are posted in portions of about this, so that a long list is never in memory twice."""

log = logging.getLogger(__name__)


class LookUp:
    """The effect (processors/engine/effect.py): intake rule and pump."""

    def __init__(
        self,
        clients: Mapping[str, ZoomApi],
        *,
        clock: Callable[[], float],
        metrics: ZoomMetrics,
        jitter: Callable[[], float] = random.random,
        first_backoff_seconds: float = FIRST_SECONDS,
    ) -> None:
        """Nothing runs before `run`.

        Args:
            clients: one per account id.
            clock: seconds since 1970.
            metrics: shared with the clients.
            jitter: a number in [0, 1).
            first_backoff_seconds: the wait after a first failure; it doubles with each.
        """
        self.rule = Intake()
        self._clients = clients
        self._clock = clock
        self._metrics = metrics
        self._jitter = jitter
        self._first_backoff_seconds = first_backoff_seconds
        self._agenda = Agenda(concurrency=CONCURRENCY)
        self._users: dict[str, tuple[float, Answer]] = {}
        self._deauthorized: list[AccountDeauthorized] = []
        self._changed = asyncio.Event()

    def load(self, partition: int, stores: Mapping[str, PartitionStore]) -> None:
        """See `Effect.load`."""
        self._agenda.drop(partition)
        for _, value in stores[PENDING].scan(b"", b""):
            self._add(partition, value)
        self._note_change()

    def applied(self, partition: int, changes: Mapping[str, Rows]) -> None:
        """See `Effect.applied`."""
        for key, value in changes.get(PENDING, {}).items():
            if value is None:
                self._agenda.remove(key.decode())
            else:
                self._add(partition, value)
        self._note_change()

    def revoke(self, partition: int) -> None:
        """See `Effect.revoke`."""
        self._agenda.drop(partition)
        self._note_change()

    async def run(self, post: Post) -> None:
        """See `Effect.run`. What `post` raises leaves as it is."""
        try:
            async with asyncio.TaskGroup() as tasks:
                while True:
                    self._changed.clear()
                    while self._deauthorized:
                        tasks.create_task(self._drop(self._deauthorized.pop(), post))
                    for batch in self._agenda.take(self._clock()):
                        tasks.create_task(self._work(batch, post))
                    due = self._agenda.next_due()
                    await self._wait(None if due is None else max(due - self._clock(), 0.0))
        except ExceptionGroup as group:
            raise group.exceptions[0] from group

    def _add(self, partition: int, value: bytes) -> None:
        row = unpack_pending(value)
        if isinstance(row, AccountDeauthorized):
            self._deauthorized.append(row)
        else:
            self._agenda.add(partition, row)

    async def _drop(self, message: AccountDeauthorized, post: Post) -> None:
        """The account's tokens go, so that no call is made until somebody lets us in again; its requests wait."""
        client = self._clients.get(message.account_id)
        self._users.pop(message.account_id, None)
        try:
            dropped = client is not None and await asyncio.to_thread(client.drop_login, message.at.timestamp())
        except ConfigurationError:
            # The row stays: it is tried again when the partition is taken over, or the worker starts.
            log.exception("account %s was deauthorized, but its login is still stored", message.account_id)
            return
        if dropped:
            log.error("Zoom account %s removed the app: run `rollcall zoom login` to go on", message.account_id)
        await post([_settled(message)])

    async def _wait(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _work(self, batch: Batch, post: Post) -> None:
        question = batch.question
        try:
            answer = await self._answer(question)
        except RetryLaterError as error:
            seconds = backoff_seconds(
                batch.failures, error.after_seconds, self._jitter(), first_seconds=self._first_backoff_seconds
            )
            log.warning("look-up of %s %s delayed by %.0f s: %s", question.lookup, question.object_id, seconds, error)
            self._metrics.lookups.labels(question.lookup, "delayed").inc(len(batch.waiting))
            self._agenda.retry(batch, self._clock() + seconds)
        else:
            await self._tell(batch, answer, post)
            self._metrics.lookups.labels(question.lookup, answer.outcome).inc(len(batch.waiting))
            self._agenda.finish(batch)
        self._note_change()

    async def _answer(self, question: Question) -> Answer:
        """What Zoom says; raises only `RetryLaterError`."""
        client = self._clients.get(question.account_id)
        if client is None:
            return Answer("unavailable", f"Zoom account {question.account_id} is not configured in connectors.zoom")
        try:
            return await self._ask(client, question)
        except ZoomRefusedError as error:
            _note_refusal(question, error)
            return Answer(error.outcome, error.detail)
        except RetryLaterError:
            raise
        except Exception as error:
            # One answer that we cannot read must not stop the others, nor be asked for ever.
            log.exception("look-up of %s %s failed", question.lookup, question.object_id)
            self._metrics.lookups.labels(question.lookup, "failed").inc()
            return Answer("unavailable", f"internal error ({type(error).__name__}), see the worker's log")

    async def _ask(self, client: ZoomApi, question: Question) -> Answer:
        kind, object_id, occurrence_id = question.object_type, question.object_id, question.occurrence_id
        if question.lookup == "identities":
            return await self._users_of(question.account_id, client)
        if question.lookup in _ABOUT_INSTANCES:
            return await _ask_about_instance(client, question)
        assert kind is not None, "every other question is about one object"
        if question.lookup == "session":
            return found([await client.details(kind, object_id, occurrence_id)])
        if question.lookup == "registrants":
            return found(await client.registrants(kind, object_id, occurrence_id))
        if kind == "meeting":
            return Answer("missing", "a meeting has no panelists")
        return found(await client.panelists(object_id))

    async def _users_of(self, account_id: str, client: ZoomApi) -> Answer:
        ends_at, answer = self._users.get(account_id, (0.0, None))
        if answer is None or self._clock() >= ends_at:
            try:
                answer = Answer("found", rows=Directory(await client.users()))
            except ZoomRefusedError as error:
                _note_refusal(Question(account_id, "identities"), error)
                answer = Answer(error.outcome, error.detail)
            self._users[account_id] = (self._clock() + USERS_KEPT_SECONDS, answer)
        return answer

    async def _tell(self, batch: Batch, answer: Answer, post: Post) -> None:
        portion: list[Output] = []
        size = 0
        for output in self._results(batch, answer):
            portion.append(output)
            size += len(output.value or b"")
            if size >= POST_BYTES:
                await post(portion)
                portion, size = [], 0
        if portion:
            await post(portion)
        await post([_settled(waiting.pending.request) for waiting in batch.waiting.values()])

    def _results(self, batch: Batch, answer: Answer) -> Iterator[Output]:
        answered_at = as_datetime(int(self._clock()))
        for waiting in batch.waiting.values():
            for page in result_pages(waiting.pending.request, answer, answered_at):
                yield Output.of(LOOKUP_RESULTS.name, page.object_id.encode(), page)

    def _note_change(self) -> None:
        self._metrics.lookups_pending.set(len(self._agenda))
        self._changed.set()


async def _ask_about_instance(client: ZoomApi, question: Question) -> Answer:
    uuid = question.session_uuid
    if not uuid:
        return Answer("unavailable", "the request names no session_uuid")
    if question.lookup == "past_session":
        return found([await client.past_meeting(uuid)])
    if question.lookup == "recordings":
        return found([await client.recordings(uuid)])
    assert question.object_type is not None, "reports are about one object"
    if question.lookup == "report":
        return found(await client.report(question.object_type, uuid))
    if question.lookup == "polls":
        return found(participation("polls", await client.polls(question.object_type, uuid)))
    if question.lookup == "questions":
        return found(participation("questions", await client.questions(question.object_type, uuid)))
    if question.object_type == "meeting":
        return Answer("missing", "a meeting has no absentees")
    return found(await client.absentees(uuid))


def _note_refusal(question: Question, error: ZoomRefusedError) -> None:
    # That there is none happens every day; that we may not ask is for the operator to mend.
    if error.outcome == "unavailable":
        log.warning("account %s, object %s: %s", question.account_id, question.object_id or "-", error)


def _settled(request: LookupRequest | AccountDeauthorized) -> Output:
    note = LookupSettled(request_id=request.request_id, account_id=request.account_id)
    return Output.of(LOOKUPS.name, request.account_id.encode(), note)
