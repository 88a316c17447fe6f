"""Tells people of a recording: by an event or by a mail, in either case only after Brevo was asked whether it may be.

That somebody has unsubscribed is known from Brevo's webhook, if there is one, and only since there is one. So Brevo is
asked right before, which costs a call of contacts each.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from typing_extensions import override

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.answers import classify
from processors.brevo.decisions.open_work import EventWork
from processors.brevo.decisions.recordings import mail_body, was_accepted_before, why_not_mailed
from processors.brevo.decisions.results import Ending
from processors.brevo.decisions.sending_rules import DELETED
from processors.brevo.writer.asking import Asker
from processors.brevo.writer.channels import Channel
from processors.brevo.writer.schedule import WorkSchedule
from runtime.calls import Answer
from runtime.outcome import Outcome
from schemas.brevo import SendRecording


class Mailable:
    """Asks Brevo whether a contact may be mailed."""

    def __init__(self, api: BrevoClient, asker: Asker, schedule: WorkSchedule) -> None:
        self._api = api
        self._asker = asker
        self._schedule = schedule

    async def withheld(self, contact: str, work: EventWork) -> Ending | None:
        """Why the contact is not mailed: it has unsubscribed, or Brevo does not have it any more."""
        read = partial(self._api.read_contact, work.command.email)
        answer = await self._asker.ask("contacts", read, urgent=self._schedule.task(contact).urgent)
        verdict = classify(answer)
        if verdict.outcome is Outcome.MISSING:
            return Ending("suppressed", DELETED, answer.status, attempts=1, deleted=True)
        if verdict.outcome is Outcome.REJECT:
            return Ending("suppressed", verdict.says, answer.status, attempts=1)
        why = why_not_mailed(answer.body)
        return None if why is None else Ending("suppressed", why, answer.status, attempts=1)


class RecordingChannel(Channel):
    """The channel of `POST /smtp/email`.

    Args:
        api: Brevo.
        mailable: asked before each mail.
        trial: Brevo takes the mails and drops them.
    """

    def __init__(self, api: BrevoClient, mailable: Mailable, *, trial: bool) -> None:
        self._api = api
        self._mailable = mailable
        self._trial = trial

    @override
    async def withheld(self, contact: str, work: EventWork) -> Ending | None:
        return await self._mailable.withheld(contact, work)

    @override
    async def call(self, contact: str, work: EventWork) -> Answer:
        """Send; a mail that Brevo has already, from a call whose answer was lost, counts as sent now."""
        assert isinstance(work.command, SendRecording)  # family_of says so
        answer = await self._api.send_mail(mail_body(work.command, trial=self._trial))
        return replace(answer, status=201, body=None) if was_accepted_before(answer) else answer
