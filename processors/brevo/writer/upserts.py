"""Brings one contact at Brevo to the state that its newest command wants, with as few calls as that needs."""

from __future__ import annotations

import logging
from dataclasses import replace

from processors.brevo.decisions.answers import AnswerClass
from processors.brevo.decisions.attempt import Attempt, refuses_a_part
from processors.brevo.decisions.identifiers import IDENTIFIER_TYPES
from processors.brevo.decisions.open_work import UpsertWork
from processors.brevo.decisions.results import Ending
from processors.brevo.decisions.sending_rules import DELETED, UNKNOWN
from processors.brevo.decisions.upsert import (
    Claim,
    Create,
    Read,
    Update,
    UpsertStep,
    create_body,
    update_body,
    was_deleted,
)
from processors.brevo.decisions.wanted import Known, Wanted
from processors.brevo.writer.outcomes import Again
from processors.brevo.writer.tasks import ContactTask
from processors.brevo.writer.tools import WriterTools
from runtime.calls import Answer
from runtime.outcome import Outcome

log = logging.getLogger(__name__)


class UpsertWriter:
    """Upserts may repeat, so whatever fails is simply begun again; only the newest revision is ever written."""

    def __init__(self, tools: WriterTools) -> None:
        self._api = tools.api
        self._access = tools.access
        self._schedule = tools.schedule
        self._outcomes = tools.outcomes
        self._tools = tools

    async def write(self, contact: str, work: UpsertWork) -> Again | None:
        """Work on a contact's newest upsert until it ends (``None``) or has to come again."""
        found = self._tools.checker.check(work)
        is_unsure = self._schedule.takeovers.is_unsure(contact)
        if work.importing is not None:
            with self._outcomes.waiting(contact):
                await self._tools.processes.settled(work.importing)
        known = Known.of(work.state, uncertain=work.unsure or self._schedule.task(contact).uncertain)
        result = await self._settle(contact, work, Attempt(found.wanted, known, found.left_out))
        if isinstance(result, Again):
            return result
        await self._outcomes.end(contact, work, replace(result, unsure=is_unsure and result.acknowledged is not None))
        # Every later call for the contact builds on this outcome, which is confirmed first.
        self._schedule.task(contact).uncertain = False
        if result.outcome == "acknowledged" and self._tools.sampler.chosen([work.command.command_id]):
            with self._outcomes.waiting(contact):
                await self._tools.sampler.check(work.command.email, _always(found.wanted, result))
        return None

    def joins_batch(self, task: ContactTask) -> bool:
        """Whether a contact waits for its first permit and could go with an import batch that has come together."""
        work = self._schedule.work(task.contact) if task.before_first_call else None
        return isinstance(work, UpsertWork) and self._is_batched(task.contact, work)

    def _is_batched(self, contact: str, work: UpsertWork) -> bool:
        return self._schedule.queues.import_batches.takes(self._schedule.shape(contact, work))

    async def _permit(self, contact: str, *, first: bool) -> None:
        task = self._schedule.task(contact)
        task.before_first_call = first
        try:
            with self._outcomes.waiting(contact):
                await self._access.permit("contacts", urgent=task.urgent)
        finally:
            task.before_first_call = False

    async def _settle(self, contact: str, work: UpsertWork, run: Attempt) -> Ending | Again:
        while (step := run.next_step()) is not None:
            if run.calls == 0 and self._is_batched(contact, work):
                return Again(0)
            await self._permit(contact, first=run.calls == 0)
            if self._is_outdated(contact, work) or run.contradicts_itself:
                self._access.unused("contacts")
                return Again(self._backoff(contact) if run.contradicts_itself else 0)
            if isinstance(step, Create | Update):
                # Until the outcome is confirmed, the ledger may know less than Brevo.
                self._schedule.task(contact).uncertain = True
                run.writes += 1
            answer = await self._call(run.wanted, step)
            run.calls += 1
            run.status = answer.status
            verdict = self._access.judge(
                "contacts", answer, self._tools.figures.backoff(run.calls, self._tools.spread())
            )
            if _says_deleted(run, work, step, answer, verdict):
                return Ending("suppressed", DELETED, answer.status, run.calls, deleted=True)
            if not run.learn(step, answer, verdict):
                return self._give_up(contact, answer, verdict)
            await self._look_at_refused_lists(contact, run)
        return self._ended(contact, work, run)

    async def _look_at_refused_lists(self, contact: str, run: Attempt) -> None:
        """A list that does not exist is no fault of the contact."""
        if run.known.refused_lists:
            with self._outcomes.waiting(contact):
                if lists := await self._tools.lists.lacking(run.known.refused_lists):
                    run.lack(lists)

    def _ended(self, contact: str, work: UpsertWork, run: Attempt) -> Ending:
        if run.known.exists is False:
            return Ending("suppressed", UNKNOWN, run.status, run.calls)
        if run.calls == 0:
            self._tools.metrics.calls_saved.inc()
        if run.refused:
            log.warning("values refused by brevo", extra={"command": work.command.command_id, "reason": run.detail})
            self._tools.metrics.values_left_out.inc(len(run.refused))
        return Ending(
            "acknowledged" if run.writes else "unchanged",
            detail=run.detail,
            status=run.status,
            attempts=run.calls + self._schedule.task(contact).failures,
            acknowledged=run.state(),
        )

    async def _call(self, wanted: Wanted, step: UpsertStep) -> Answer:
        match step:
            case Read():
                return await self._api.read_contact(wanted.email)
            case Claim(name, value):
                return await self._api.read_owner(IDENTIFIER_TYPES[name], str(value))
            case Create():
                return await self._api.create_contact(create_body(wanted, step))
            case Update():
                return await self._api.update_contact(wanted.email, update_body(step))

    def _is_outdated(self, contact: str, work: UpsertWork) -> bool:
        """Whether a newer revision came while this one waited; it is written instead."""
        newest = self._schedule.work(contact)
        return not isinstance(newest, UpsertWork) or newest.rank != work.rank

    def _give_up(self, contact: str, answer: Answer, verdict: AnswerClass) -> Ending | Again:
        if verdict.outcome in (Outcome.REJECT, Outcome.MISSING):
            code = answer.text("code")[:40]
            return Ending(
                "rejected",
                detail=f"{verdict.says} (HTTP {answer.status}{f', {code}' if code else ''})",
                status=answer.status,
                attempts=self._schedule.task(contact).failures + 1,
                error=verdict.name,
            )
        if verdict.outcome in (Outcome.RETRY, Outcome.DONE):
            return Again(self._backoff(contact))
        # The limiter holds it back until the call family goes on.
        return Again(0)

    def _backoff(self, contact: str) -> float:
        task = self._schedule.task(contact)
        task.failures += 1
        return self._tools.figures.backoff(task.failures, self._tools.spread())


def _always(wanted: Wanted, ending: Ending) -> dict[str, object]:
    """What must be there after a write, whatever was there before."""
    refused = ending.acknowledged.refused if ending.acknowledged else {}
    always = {name: attribute.value for name, attribute in wanted.attributes.items() if attribute.overwrite == "always"}
    return {name: value for name, value in always.items() if name not in refused}


def _says_deleted(run: Attempt, work: UpsertWork, step: UpsertStep, answer: Answer, verdict: AnswerClass) -> bool:
    """Whether a 404 says that somebody has deleted the contact at Brevo."""
    if verdict.outcome is not Outcome.MISSING or isinstance(step, Claim):
        return False
    if isinstance(step, Create | Update) and refuses_a_part(step, answer, verdict):
        return False
    return was_deleted(run.known, work.state, step)
