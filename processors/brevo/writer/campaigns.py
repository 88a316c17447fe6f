"""Sends a session's one campaign: a draft, found again by its name; the intent with its id; then `sendNow`, once.

Nobody is mailed by a draft, so it is made before the intent: a worker that dies in between leaves a draft that the
next one finds. After the intent the campaign's own status is asked for before anything is tried again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from typing_extensions import override

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.answers import classify
from processors.brevo.decisions.campaigns import (
    Trace,
    campaign_body,
    campaign_id,
    campaign_name,
    campaign_named,
    trace_of,
)
from processors.brevo.decisions.open_work import EventWork
from processors.brevo.decisions.results import Ending
from processors.brevo.writer.asking import Asker
from processors.brevo.writer.channels import Channel
from processors.brevo.writer.outcomes import Again
from runtime.brevo_models import RecordingSettings
from runtime.calls import Answer
from runtime.outcome import Outcome
from schemas.brevo import SendCampaign


class CampaignChannel(Channel):
    """The channel of campaigns.

    Args:
        api: Brevo.
        asker: for the calls that may repeat.
        chosen: how the campaign is made; what waits is not sent any more if it is by another way.
        clock: aware wall time.
    """

    leaves_trace = True

    def __init__(
        self, api: BrevoClient, asker: Asker, chosen: RecordingSettings, clock: Callable[[], datetime]
    ) -> None:
        self._api = api
        self._asker = asker
        self._chosen = chosen
        self._clock = clock

    @override
    async def withheld(self, contact: str, work: EventWork) -> Ending | Again | None:
        """Makes the draft, or finds the campaign that a worker before made."""
        if self._chosen.by != "campaign":
            return Ending("suppressed", "recordings are told in another way now (brevo.recordings.by)")
        due_at = work.waiting.timestamp_ms / 1_000 + self._chosen.campaign.after_minutes * 60
        if (left := due_at - self._clock().timestamp()) > 0:
            return Again(left)
        held: Any = await self._known(work)
        if held is None:
            answer = await self._created(_campaign(work))
            number = campaign_id(answer.body)
            if number is None:
                verdict = classify(answer)
                detail = f"{verdict.says} (HTTP {answer.status})"
                return Ending("rejected", detail, answer.status, attempts=1, error=verdict.name)
            return Ending("intended", status=answer.status, campaign_id=number)
        number, trace = campaign_id(held), trace_of(held)
        if trace == "not_done":
            return Ending("intended", campaign_id=number)
        if trace == "done":
            return Ending("acknowledged", "Brevo had sent it already", campaign_id=number)
        return Ending("in_doubt", f"campaign {number} is no draft any more: look at it at Brevo", campaign_id=number)

    @override
    async def call(self, contact: str, work: EventWork) -> Answer:
        """Send; a campaign that Brevo refuses to send as it is on its way already counts as sent now."""
        answer = await self._api.send_campaign(work.campaign_id or 0)
        if answer.status == 400 and trace_of(await self._known(work)) == "done":
            return replace(answer, status=204, body=None)
        return answer

    @override
    async def trace(self, contact: str, work: EventWork) -> Trace:
        """The status of the campaign whose id the intent has."""
        return trace_of(await self._known(work))

    async def _known(self, work: EventWork) -> Any:
        """The campaign as Brevo has it, by its id once there is one; ``None``: there is none."""
        if work.campaign_id is None:
            listing = await self._asker.ask("campaigns", self._api.read_campaigns)
            return campaign_named(listing, campaign_name(_campaign(work)))
        answer = await self._asker.ask("campaigns", partial(self._api.read_campaign, work.campaign_id))
        if classify(answer).outcome is Outcome.DONE:
            return answer.body
        # Somebody has deleted it: whether it was sent before is not known, and no other one is made.
        return {"id": work.campaign_id}

    async def _created(self, command: SendCampaign) -> Answer:
        """The answer to a new draft, or a campaign that an earlier try has made and whose answer was lost."""
        name, body = campaign_name(command), campaign_body(command, self._chosen.campaign)
        may_exist = False

        async def once() -> Answer:
            if may_exist:
                listing = await self._asker.ask("campaigns", self._api.read_campaigns)
                if (made := campaign_named(listing, name)) is not None:
                    return replace(listing, body=made)
            return await self._api.create_campaign(body)

        async def doubted() -> None:
            nonlocal may_exist
            may_exist = True

        return await self._asker.ask("campaigns", once, doubted=doubted)


def _campaign(work: EventWork) -> SendCampaign:
    assert isinstance(work.command, SendCampaign)  # family_of says so
    return work.command
