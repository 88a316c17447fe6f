"""Whether a recorded session gets a campaign. PURE.

Once everybody's result is final, so that those who stayed away are on their list; and never after the people of the
session were told in another way.
"""

from __future__ import annotations

from typing import Literal

from processors.engagement.commands import command_id
from runtime.brevo_models import RecordingSettings
from schemas.attendance import SessionRecording
from schemas.brevo import SendCampaign

Told = Literal["campaign", "otherwise"]
"""In the row of a session: it has its campaign, or never gets one."""


def campaign_row_key(fact: SessionRecording) -> bytes:
    """Where it is kept what a session was told."""
    return f"{fact.contact_id}|w|{fact.account_id}|{fact.session_uuid}".encode()


def told_by(fact: SessionRecording, chosen: RecordingSettings) -> Told | None:
    """How a session is told of its recording that has not been told yet; ``None``: that is not decided yet."""
    if chosen.by != "campaign" or fact.object_type not in chosen.sessions:
        return "otherwise"
    return "campaign" if fact.is_final else None


def campaign_command(fact: SessionRecording) -> SendCampaign:
    """What tells the lists of the recording, once for all instances of the session."""
    once_keys = tuple(f"{fact.kind}|{fact.account_id}|{uuid}" for uuid in fact.given or fact.instances)
    return SendCampaign(
        command_id=command_id(fact.contact_id, once_keys[0]),
        contact_id=fact.contact_id,
        email="",
        revision=1,
        session=fact.session_uuid,
        reason="recording",
        origin=fact.origin,
        occurred_at=fact.occurred_at,
        event_date=fact.occurred_at,
        once_keys=once_keys,
        properties={
            "session_uuid": fact.session_uuid,
            "object_id": fact.object_id,
            "topic": fact.topic,
            "share_url": fact.share_url,
            "minutes": fact.minutes,
            "parts": fact.parts,
        },
    )
