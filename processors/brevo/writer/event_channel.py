"""The channel of `POST /events`."""

from __future__ import annotations

from typing import Any

from typing_extensions import override

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.open_work import EventWork
from processors.brevo.decisions.results import Ending
from processors.brevo.decisions.sending_rules import SendingRules
from processors.brevo.writer.channels import Channel
from processors.brevo.writer.recordings import Mailable
from runtime.calls import Answer
from schemas.brevo import TrackEvent
from schemas.instants import format_instant


class EventChannel(Channel):
    """Events that mail the person go to who may be mailed alone."""

    def __init__(self, api: BrevoClient, mailable: Mailable, rules: SendingRules) -> None:
        self._api = api
        self._mailable = mailable
        self._rules = rules

    @override
    async def withheld(self, contact: str, work: EventWork) -> Ending | None:
        return await self._mailable.withheld(contact, work) if self._rules.is_mail(work.command) else None

    @override
    async def call(self, contact: str, work: EventWork) -> Answer:
        assert isinstance(work.command, TrackEvent)  # family_of says so
        return await self._api.track_event(_body(work.command))


def _body(command: TrackEvent) -> dict[str, Any]:
    return {
        "event_name": command.name,
        "event_date": format_instant(int(command.event_date.timestamp())),
        "identifiers": {"email_id": command.email},
        "event_properties": dict(command.properties),
    }
