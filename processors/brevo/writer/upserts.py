"""Brings one contact at Brevo to the state that its newest command wants, with as few calls as that needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from processors.brevo.api.client import BrevoApi
from processors.brevo.decisions.answers import Action, AnswerClass
from processors.brevo.decisions.budget import Pace
from processors.brevo.decisions.ledger import UpsertWork
from processors.brevo.decisions.results import Ending, left_out_detail
from processors.brevo.decisions.suppression import DELETED, UNKNOWN
from processors.brevo.decisions.upsert import (
    Create,
    Known,
    Read,
    Step,
    Update,
    Wanted,
    after_create,
    after_read,
    after_update,
    create_body,
    next_step,
    update_body,
    was_deleted,
)
from processors.brevo.writer.access import Access
from processors.brevo.writer.checked import checked
from processors.brevo.writer.metrics import BrevoMetrics
from processors.brevo.writer.outcomes import Again, Outcomes
from processors.brevo.writer.processes import ImportProcesses
from processors.brevo.writer.sampler import Sampler
from processors.brevo.writer.schedule import Schedule
from runtime.calls import Answer
from schemas.brevo import AttributeValue

MAX_CALLS = 8
"""Of one attempt; read, update, create and update again are four. More means that Brevo contradicts itself."""


class UpsertWriter:
    """Upserts may repeat, so whatever fails is simply begun again; only the newest revision is ever written."""

    def __init__(
        self,
        api: BrevoApi,
        access: Access,
        schedule: Schedule,
        outcomes: Outcomes,
        processes: ImportProcesses,
        sampler: Sampler,
        *,
        metrics: BrevoMetrics,
        pace: Pace,
        spread: Callable[[], float],
    ) -> None:
        self._api = api
        self._access = access
        self._schedule = schedule
        self._outcomes = outcomes
        self._processes = processes
        self._sampler = sampler
        self._metrics = metrics
        self._pace = pace
        self._spread = spread
        self._attempts: dict[str, int] = {}
        self._idle: set[str] = set()

    async def write(self, contact: str, work: UpsertWork) -> Again | None:
        """Work on a contact's newest upsert until it ends (``None``) or has to come again."""
        found = checked(contact, work, self._metrics)
        if work.importing is not None:
            with self._outcomes.waiting(contact):
                await self._processes.settled(work.importing)
        result = await self._settle(contact, work, found.wanted, found.left_out)
        if isinstance(result, Again):
            return result
        self._attempts.pop(contact, None)
        await self._outcomes.end(contact, work, result)
        # Every later call for the contact builds on this outcome, which is confirmed first.
        self._schedule.uncertain.discard(contact)
        if result.outcome == "acknowledged" and self._sampler.chosen([work.command.command_id]):
            with self._outcomes.waiting(contact):
                await self._sampler.check(contact, work.command.email, _always(found.wanted.attributes))
        return None

    def joins_crowd(self, contact: str) -> bool:
        """Whether a contact waits for its first permit and could go with a crowd that has come together."""
        work = self._schedule.work(contact) if contact in self._idle else None
        return isinstance(work, UpsertWork) and self._is_crowded(contact, work)

    def _is_crowded(self, contact: str, work: UpsertWork) -> bool:
        return self._schedule.crowds.joins_crowd(self._schedule.shape(contact, work))

    async def _permit(self, contact: str, *, first: bool) -> None:
        if first:
            self._idle.add(contact)
        try:
            with self._outcomes.waiting(contact):
                await self._access.permit("contacts", urgent=self._schedule.is_urgent(contact))
        finally:
            self._idle.discard(contact)

    async def _settle(
        self, contact: str, work: UpsertWork, wanted: Wanted, left_out: tuple[str, ...]
    ) -> Ending | Again:
        known = Known.of(work.state, uncertain=contact in self._schedule.uncertain)
        answer: Answer | None = None
        calls = writes = 0
        while (step := next_step(wanted, known)) is not None:
            if calls == 0 and self._is_crowded(contact, work):
                return Again(0)
            await self._permit(contact, first=calls == 0)
            if self._is_outdated(contact, work) or calls == MAX_CALLS:
                self._access.unused("contacts")
                return Again(self._backoff(contact) if calls == MAX_CALLS else 0)
            if not isinstance(step, Read):
                # Until the outcome is confirmed, the ledger may know less than Brevo.
                self._schedule.uncertain.add(contact)
                writes += 1
            answer = await self._call(wanted, step)
            calls += 1
            verdict = self._access.judge("contacts", answer, self._pace.backoff(calls, self._spread()))
            if verdict.action is Action.MISSING and was_deleted(known, work.state, step):
                return Ending("suppressed", DELETED, answer.status, calls, deleted=True)
            learned = _learn(wanted, known, step, answer, verdict)
            if learned is None:
                return self._give_up(contact, answer, verdict)
            known = learned
        if known.exists is False:
            return Ending("suppressed", UNKNOWN, answer.status if answer else None, calls)
        if calls == 0:
            self._metrics.calls_saved.inc()
        return Ending(
            "acknowledged" if writes else "unchanged",
            detail=left_out_detail(left_out),
            status=answer.status if answer else None,
            attempts=calls + self._attempts.get(contact, 0),
            acknowledged=known.state(),
        )

    async def _call(self, wanted: Wanted, step: Step) -> Answer:
        match step:
            case Read():
                return await self._api.read_contact(wanted.email)
            case Create():
                return await self._api.create_contact(create_body(wanted, step))
            case Update():
                return await self._api.update_contact(wanted.email, update_body(step))

    def _is_outdated(self, contact: str, work: UpsertWork) -> bool:
        """Whether a newer revision came while this one waited; it is written instead."""
        newest = self._schedule.work(contact)
        return not isinstance(newest, UpsertWork) or newest.rank != work.rank

    def _give_up(self, contact: str, answer: Answer, verdict: AnswerClass) -> Ending | Again:
        if verdict.action in (Action.REJECT, Action.MISSING):
            code = answer.text("code")[:40]
            return Ending(
                "rejected",
                detail=f"{verdict.says} (HTTP {answer.status}{f', {code}' if code else ''})",
                status=answer.status,
                attempts=self._attempts.get(contact, 0) + 1,
                error=verdict.name,
            )
        if verdict.action in (Action.RETRY, Action.DONE):
            return Again(self._backoff(contact))
        # The limiter holds it back until the lane goes on.
        return Again(0)

    def _backoff(self, contact: str) -> float:
        attempts = self._attempts[contact] = self._attempts.get(contact, 0) + 1
        return self._pace.backoff(attempts, self._spread())


def _always(attributes: Mapping[str, AttributeValue]) -> dict[str, object]:
    """What must be there after a write, whatever was there before."""
    return {name: each.value for name, each in attributes.items() if each.overwrite == "always"}


def _learn(wanted: Wanted, known: Known, step: Step, answer: Answer, verdict: AnswerClass) -> Known | None:
    """What is known after an answer; ``None`` when it says nothing about the contact."""
    if verdict.action is Action.MISSING:
        return after_read(wanted, None) if isinstance(step, Read) else None
    if verdict.action is not Action.DONE:
        return None
    match step:
        case Read():
            return after_read(wanted, answer.body)
        case Create():
            return after_create(wanted, known, step, created=answer.status == 201)
        case Update():
            return after_update(known, step)
