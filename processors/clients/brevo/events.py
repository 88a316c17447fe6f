"""Sends one event at most once: intent, confirmed, one call, outcome. What may have been sent is a matter of policy."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Any, Literal

from processors.clients.brevo.access import Access
from processors.clients.brevo.client import BrevoApi
from processors.clients.brevo.outcomes import Outcomes
from processors.clients.brevo.schedule import Schedule
from processors.sink.answers import Action, Answer, AnswerClass
from processors.sink.budget import Pace
from processors.sink.ledger import EventWork
from processors.sink.results import Ending
from schemas.brevo import TrackEvent
from schemas.instants import format_instant

Policy = Literal["hold", "resend", "drop"]


class EventSender:
    """Brevo's events have no idempotency key, and each may mail a person: at most one call, ever.

    Args:
        policy: what becomes of an event whose answer was lost.
    """

    def __init__(
        self,
        api: BrevoApi,
        access: Access,
        schedule: Schedule,
        outcomes: Outcomes,
        policy: Policy,
        pace: Pace,
        spread: Callable[[], float],
    ) -> None:
        self._api = api
        self._access = access
        self._schedule = schedule
        self._outcomes = outcomes
        self._policy = policy
        self._pace = pace
        self._spread = spread
        self._sending = 0
        self._drained = asyncio.Event()

    async def send(self, contact: str, work: EventWork) -> None:
        """Work on an event until it ends, or was decided elsewhere."""
        if work.contact_rejected is not None and work.state == "pending":
            detail = f"not sent, as its contact was rejected: {work.contact_rejected}"
            await self._outcomes.end(contact, work, Ending("rejected", detail=detail, error="contact_rejected"))
            return
        if work.state == "intended" and self._policy != "resend":
            await self._outcomes.end(contact, work, self._doubt(None, 0, "the worker ended before the answer came"))
            return
        ending = await self._send(contact, work)
        if ending is not None:
            await self._outcomes.end(contact, work, ending)

    async def drain(self, seconds: float) -> None:
        """Wait until no event is between its confirmed intent and its outcome, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                while self._sending:
                    self._drained.clear()
                    await self._drained.wait()
        except TimeoutError:
            return

    async def _send(self, contact: str, work: EventWork) -> Ending | None:
        with self._outcomes.waiting(contact):
            await self._access.limiters["events"].unpaused()
            if work.state == "intended":
                # An earlier owner's call may still be under way, and its outcome on the way here.
                await asyncio.sleep(self._pace.resend_grace_seconds)
        async with self._slot(contact, urgent=self._schedule.is_urgent(contact)):
            if not await self._is_ready(contact, work):
                return None
            with self._under_way():
                return await self._call(contact, work)

    @asynccontextmanager
    async def _slot(self, contact: str, *, urgent: bool) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            with self._outcomes.waiting(contact):
                await stack.enter_async_context(self._access.intents.slot(urgent=urgent))
            yield

    async def _is_ready(self, contact: str, work: EventWork) -> bool:
        """Whether the event's row says that it is intended, by us; false when something else decided it meanwhile."""
        if work.state == "intended":
            newest = self._schedule.work(contact)
            return isinstance(newest, EventWork) and newest.key == work.key and newest.state == "intended"
        confirmed = self._schedule.intent(work)
        await self._outcomes.intend(work)
        with self._outcomes.waiting(contact):
            return await confirmed

    async def _call(self, contact: str, work: EventWork) -> Ending:
        attempts = 0
        while True:
            with self._outcomes.waiting(contact):
                await self._access.permit("events", urgent=self._schedule.is_urgent(contact))
            answer = await self._api.track_event(event_body(work.command))
            attempts += 1
            backoff = self._pace.backoff(attempts, self._spread())
            verdict = self._access.judge("events", answer, backoff)
            ending = self._ending(answer, verdict, attempts)
            if ending is not None:
                return ending
            if verdict.action is Action.RETRY:
                with self._outcomes.waiting(contact):
                    await asyncio.sleep(backoff)

    def _ending(self, answer: Answer, verdict: AnswerClass, attempts: int) -> Ending | None:
        """How an event ends after an answer; ``None``: again, under the same intent."""
        if verdict.action is Action.DONE:
            return Ending("acknowledged", status=answer.status, attempts=attempts)
        if verdict.action in (Action.REJECT, Action.MISSING):
            detail = f"{verdict.says} (HTTP {answer.status})"
            return Ending("rejected", detail=detail, status=answer.status, attempts=attempts, error=verdict.name)
        if verdict.ambiguous and self._policy != "resend":
            return self._doubt(answer.status, attempts, verdict.says)
        return None

    def _doubt(self, status: int | None, attempts: int, why: str) -> Ending:
        if self._policy == "drop":
            return Ending(
                "rejected", detail=f"{why}; dropped, as brevo.in_doubt says", status=status, attempts=attempts
            )
        return Ending("in_doubt", detail=f"{why}; it may have been sent", status=status, attempts=attempts)

    @contextmanager
    def _under_way(self) -> Iterator[None]:
        self._sending += 1
        try:
            yield
        finally:
            self._sending -= 1
            self._drained.set()


def event_body(command: TrackEvent) -> dict[str, Any]:
    """Body of `POST /events`."""
    return {
        "event_name": command.name,
        "event_date": format_instant(int(command.event_date.timestamp())),
        "identifiers": {"email_id": command.email},
        "event_properties": dict(command.properties),
    }
