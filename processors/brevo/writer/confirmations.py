"""Asks a person by mail whether they want to be on a list: double opt-in, once for each contact and list.

While nobody has clicked, the contact is kept true like any other and is simply not on the list; Brevo itself puts it
there (`POST /contacts/doubleOptinConfirmation`, developers.brevo.com/reference/createdoicontact, checked 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from typing_extensions import override

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.answers import classify
from processors.brevo.decisions.confirmation import confirmation_body, why_not_asked
from processors.brevo.decisions.open_work import EventWork
from processors.brevo.decisions.results import Ending
from processors.brevo.writer.asking import Asker
from processors.brevo.writer.channels import Channel
from processors.brevo.writer.schedule import WorkSchedule
from runtime.brevo_models import ListRule
from runtime.calls import Answer
from runtime.outcome import Outcome
from schemas.brevo import ConfirmList, OnceCommand


class ConfirmationChannel(Channel):
    """The channel of double opt-in.

    Args:
        rules: by list id; a list whose rule is not `doi` any more is asked for nobody.
        may_create: who is not at Brevo (any more) is asked too; the link in the mail makes the contact.
    """

    def __init__(
        self,
        api: BrevoClient,
        asker: Asker,
        schedule: WorkSchedule,
        rules: Mapping[int, ListRule],
        *,
        may_create: bool,
    ) -> None:
        self._api = api
        self._asker = asker
        self._schedule = schedule
        self._rules = rules
        self._may_create = may_create

    @override
    async def withheld(self, contact: str, work: EventWork) -> Ending | None:
        """Not to who is on the list already, has left it, or is unsubscribed; and not without a rule."""
        command = _confirmation(work.command)
        rule = self._rules.get(command.list_id)
        if rule is None or rule.rule != "doi":
            return Ending("suppressed", detail=f"list {command.list_id} needs no confirmation any more")
        urgent = self._schedule.task(contact).urgent
        answer = await self._asker.ask("contacts", partial(self._api.read_contact, command.email), urgent=urgent)
        verdict = classify(answer)
        if verdict.outcome is Outcome.REJECT:
            return Ending("suppressed", detail=verdict.says, status=answer.status, attempts=1)
        held = answer.body if verdict.outcome is Outcome.DONE else None
        if held is None and self._may_create:
            return None
        why = why_not_asked(held, command.list_id)
        return None if why is None else Ending("suppressed", detail=why, status=answer.status, attempts=1)

    @override
    async def call(self, contact: str, work: EventWork) -> Answer:
        confirmation = _confirmation(work.command)
        return await self._api.confirm_list(confirmation_body(confirmation, self._rules[confirmation.list_id]))


def _confirmation(command: OnceCommand) -> ConfirmList:
    assert isinstance(command, ConfirmList)  # family_of says so
    return command
