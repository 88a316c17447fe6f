"""Does what is done once: intent, confirmed, one call, outcome. What may have been done is a matter of policy."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Literal

from processors.brevo.decisions.answers import AnswerClass
from processors.brevo.decisions.families import Family, family_of
from processors.brevo.decisions.open_work import EventWork
from processors.brevo.decisions.results import Ending
from processors.brevo.writer.channels import Channel
from processors.brevo.writer.outcomes import Again
from processors.brevo.writer.tools import WriterTools
from runtime.calls import Answer
from runtime.outcome import Outcome
from schemas.brevo import ConfirmList

Policy = Literal["hold", "resend", "drop"]
UntilCaughtUp = Callable[[int], Awaitable[None]]
"""Returns once everything that was told of a partition before it became ours has been read."""


class EventSender:
    """Brevo's events have no idempotency key, and each may mail a person: at most one call, ever.

    Args:
        channels: by family.
        policy: what becomes of an event whose answer was lost.
        caught_up: awaited before an event that an earlier owner intended is judged.
    """

    def __init__(
        self, tools: WriterTools, channels: Mapping[Family, Channel], policy: Policy, caught_up: UntilCaughtUp
    ) -> None:
        self._channels = channels
        self._access = tools.access
        self._schedule = tools.schedule
        self._outcomes = tools.outcomes
        self._figures = tools.figures
        self._spread = tools.spread
        self._policy = policy
        self._caught_up = caught_up
        self._sending = 0
        self._drained = asyncio.Event()

    async def send(self, contact: str, work: EventWork) -> Again | None:
        """Work on an event until it ends, or was decided elsewhere; `Again`: it waits as before."""
        if work.state == "intended":
            return await self._after_a_former_owner(contact, work)
        if (ending := _not_called(work)) is None:
            return await self._permitted(contact, work)
        await self._outcomes.end(contact, work, ending)
        return None

    async def drain(self, seconds: float) -> None:
        """Wait until no event is between its intent and its outcome, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                while self._sending:
                    self._drained.clear()
                    await self._drained.wait()
        except TimeoutError:
            return

    async def _after_loss(self, contact: str, work: EventWork, doubt: Ending) -> Ending | None:
        """How work ends whose call may have been made; ``None``: it may be done again."""
        channel = self._channels[family_of(work)]
        if not channel.leaves_trace and self._policy != "resend":
            return doubt
        with self._outcomes.waiting(contact):
            # The call may still be under way, and its outcome on the way here.
            await asyncio.sleep(self._figures.resend_grace_seconds)
            trace = await channel.trace(contact, work)
        if trace == "done":
            return Ending("acknowledged", "Brevo shows it as done", doubt.status, doubt.attempts)
        return doubt if trace == "unknown" and channel.leaves_trace else None

    async def _after_a_former_owner(self, contact: str, work: EventWork) -> Again | None:
        """An intent whose call may have been made; its outcome may be on the way here already."""
        with self._outcomes.waiting(contact):
            await self._caught_up(self._schedule.task(contact).partition)
        if not self._is_still(contact, work):
            return None
        ending = await self._after_loss(contact, work, self._doubt(None, 0, "the worker ended before the answer came"))
        if ending is None:
            await self._withdraw(contact, work, work.intent_id)
            return Again(0)
        await self._outcomes.end(contact, work, ending)
        return None

    async def _permitted(self, contact: str, work: EventWork) -> Again | None:
        """Everything that may take long comes before the intent, which then stands until the outcome is posted."""
        family = family_of(work)
        channel = self._channels[family]
        with self._giving_way(contact):
            await self._access.limiters[family].unpaused()
        with self._outcomes.waiting(contact):
            found = await channel.withheld(contact, work)
        if isinstance(found, Again):
            return found
        if found is not None and found.outcome != "intended":
            await self._outcomes.end(contact, work, found)
            return None
        work = work if found is None else replace(work, campaign_id=found.campaign_id)
        async with self._slot(contact, family):
            with self._giving_way(contact):
                await self._access.permit(family, urgent=self._schedule.task(contact).urgent)
            if not self._is_still(contact, work):
                self._access.unused(family)
                return None
            with self._under_way(family):
                return await self._attempt(contact, work, channel)

    async def _attempt(self, contact: str, work: EventWork, channel: Channel) -> Again | None:
        """Intent, confirmed; the one call; what came of it, posted."""
        family, intent_id = family_of(work), uuid.uuid4().hex
        confirmed = self._schedule.intents.of_event(work)
        await self._outcomes.post([(work, Ending("intended", intent_id=intent_id))])
        with self._outcomes.waiting(contact):
            if not await confirmed:  # something else has decided it meanwhile
                self._access.unused(family)
                return None
        if self._access.is_paused(family):
            # Brevo has told another call to wait since this one got its permit.
            self._access.unused(family)
            await self._withdraw(contact, work, intent_id)
            return Again(0)
        answer = await channel.call(contact, work)
        task = self._schedule.task(contact)
        attempts = task.failures + 1
        backoff = self._figures.backoff(attempts, self._spread())
        verdict = self._access.judge(family, answer, backoff)
        ending = self._ending(answer, verdict, attempts)
        if verdict.ambiguous and channel.leaves_trace:
            ending = await self._after_loss(contact, work, self._doubt(answer.status, attempts, verdict.says))
        if ending is not None:
            await self._outcomes.end(contact, work, replace(ending, campaign_id=work.campaign_id))
            return None
        task.failures = attempts
        await self._withdraw(contact, work, intent_id)
        return Again(backoff if verdict.outcome is Outcome.RETRY else 0)

    async def _withdraw(self, contact: str, work: EventWork, intent_id: str | None) -> None:
        """Nothing was sent under the intent: a worker that dies from now on leaves nothing in doubt."""
        gone = self._schedule.intents.of_withdrawal(work, intent_id)
        await self._outcomes.post([(work, Ending("withdrawn", intent_id=intent_id))])
        with self._outcomes.waiting(contact):
            await gone

    @asynccontextmanager
    async def _slot(self, contact: str, family: Family) -> AsyncIterator[None]:
        slot = self._access.intents[family].slot(urgent=self._schedule.task(contact).urgent)
        async with AsyncExitStack() as stack:
            with self._giving_way(contact):
                await stack.enter_async_context(slot)
            yield

    @contextmanager
    def _giving_way(self, contact: str) -> Iterator[None]:
        """While an event waits for its turn: an upsert of its contact cancels it, and it comes again behind that."""
        task = self._schedule.task(contact)
        with self._outcomes.waiting(contact):
            task.before_intent = True
            try:
                yield
            finally:
                task.before_intent = False

    def _is_still(self, contact: str, work: EventWork) -> bool:
        """Whether nothing else has decided or moved an event meanwhile."""
        newest = self._schedule.work(contact)
        return isinstance(newest, EventWork) and (newest.key, newest.state) == (work.key, work.state)

    def _ending(self, answer: Answer, verdict: AnswerClass, attempts: int) -> Ending | None:
        """How an event ends after an answer; ``None``: it was not sent, or may be sent again."""
        if verdict.outcome is Outcome.DONE:
            return Ending("acknowledged", status=answer.status, attempts=attempts)
        if verdict.outcome in (Outcome.REJECT, Outcome.MISSING):
            detail = f"{verdict.says} (HTTP {answer.status})"
            return Ending("rejected", detail=detail, status=answer.status, attempts=attempts, error=verdict.name)
        if verdict.ambiguous and self._policy != "resend":
            return self._doubt(answer.status, attempts, verdict.says)
        return None

    def _doubt(self, status: int | None, attempts: int, why: str) -> Ending:
        if self._policy == "drop":
            return Ending(
                "rejected",
                detail=f"{why}; dropped, as brevo.in_doubt says",
                status=status,
                attempts=attempts,
                error="dropped",
                given_up=True,
            )
        return Ending("in_doubt", detail=f"{why}; it may have been sent", status=status, attempts=attempts)

    @contextmanager
    def _under_way(self, family: Family) -> Iterator[None]:
        """From its intent until its outcome is posted: a kill in between leaves it in doubt."""
        self._sending += 1
        began_at = time.monotonic()
        try:
            yield
            self._access.intents[family].took(time.monotonic() - began_at)
        finally:
            self._sending -= 1
            self._drained.set()


def _not_called(work: EventWork) -> Ending | None:
    """How an event ends that follows its contact; ``None``: it is to be called."""
    if work.contact_rejected is not None:
        detail = f"not sent, as its contact was rejected: {work.contact_rejected}"
        return Ending("rejected", detail=detail, error="contact_rejected")
    # Whether somebody whom Brevo does not have may be asked, the channel says.
    if work.contact_withheld is None or isinstance(work.command, ConfirmList):
        return None
    return Ending("suppressed", detail=work.contact_withheld)
