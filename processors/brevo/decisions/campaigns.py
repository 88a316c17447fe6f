"""A session's campaign at Brevo: its name and body, and what its status says. PURE.

`POST /emailCampaigns` makes a draft, `POST /emailCampaigns/{id}/sendNow` sends it; neither has an idempotency key
(developers.brevo.com/reference/createemailcampaign-1 and …/sendemailcampaignnow, checked 2026-11-22).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from processors.brevo.decisions.recordings import TAG
from runtime.brevo_models import Campaign, CampaignSender
from runtime.calls import Answer
from schemas.brevo import SendCampaign

LONGEST_TOPIC = 80
Trace = Literal["done", "not_done", "unknown"]
"""Whether what may have been done was done, as Brevo itself shows it."""
_ON_ITS_WAY = frozenset({"sent", "queued", "in_process", "inProcess", "in_review", "inReview"})


def campaign_name(command: SendCampaign) -> str:
    """The same for every try, and no other session's: by it a campaign is found whose id was never heard."""
    topic = str(command.properties.get("topic", ""))[:LONGEST_TOPIC]
    return f"Zoom recording {command.session or command.once_keys[0]} {topic}".strip()


def campaign_body(command: SendCampaign, chosen: Campaign) -> dict[str, Any]:
    """Body of `POST /emailCampaigns`; without `scheduledAt` it stays a draft."""
    content = {"htmlContent": chosen.html} if chosen.template is None else {"templateId": chosen.template}
    return {
        "name": campaign_name(command),
        "subject": chosen.subject,
        "sender": _sender(chosen.sender),
        **content,
        "recipients": {"listIds": list(chosen.lists), "exclusionListIds": list(chosen.exclude_lists)},
        "params": dict(command.properties),
        "tag": TAG,
    }


def campaign_named(listing: Answer, name: str) -> Mapping[str, Any] | None:
    """The campaign of that name in an answer of `GET /emailCampaigns`; one that has left the drafts goes first."""
    rows = listing.body.get("campaigns") if isinstance(listing.body, dict) else None
    found = [row for row in rows or () if isinstance(row, dict) and row.get("name") == name and _id(row)]
    return min(found, key=lambda row: row.get("status") == "draft", default=None)


def campaign_id(held: Any) -> int | None:
    """The id in a campaign, or in the answer to its creation."""
    return _id(held) if isinstance(held, dict) else None


def trace_of(held: Any) -> Trace:
    """What a campaign's status says of `sendNow`: a draft was never sent; a suspended or archived one may have been."""
    status = held.get("status") if isinstance(held, dict) else None
    if status == "draft":
        return "not_done"
    return "done" if status in _ON_ITS_WAY else "unknown"


def _id(held: Mapping[str, Any]) -> int | None:
    number = held.get("id")
    return number if isinstance(number, int) else None


def _sender(sender: CampaignSender) -> dict[str, Any]:
    return {"id": sender.id} if sender.id is not None else {"name": sender.name, "email": sender.email}
