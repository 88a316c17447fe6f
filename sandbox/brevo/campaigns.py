"""Campaigns: drafts that are sent once. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sandbox.brevo.answers import RefusedError, invalid, not_found
from sandbox.brevo.campaign_bodies import NewCampaign
from sandbox.brevo.contacts import ContactBook, valid_email
from sandbox.brevo.lists import ListBook

_COUNTED = (
    "uniqueClicks", "clickers", "complaints", "delivered", "sent", "softBounces", "hardBounces", "uniqueViews",
    "trackableViews", "unsubscriptions", "viewed", "appleMppOpens", "opensRate",
)  # fmt: skip
"""Figures of a campaign (developers.brevo.com/reference/getemailcampaign, checked 2026-11-27)."""


@dataclass(slots=True)
class BrevoCampaign:
    """One campaign; `mailed` are the addresses that it went to."""

    id: int
    body: NewCampaign
    created_at: datetime
    modified_at: datetime
    status: Literal["draft", "sent", "suspended"] = "draft"
    mailed: list[str] = field(default_factory=list)

    def shown(self) -> dict[str, Any]:
        """As Brevo shows it without its content."""
        return {
            "id": self.id,
            "name": self.body.name,
            "subject": self.body.subject,
            "type": "classic",
            "status": self.status,
            "tag": self.body.tag,
            "htmlContent": "",
            "sender": self.body.sender.model_dump(exclude_none=True),
            "replyTo": "[DEFAULT_REPLY_TO]",
            "header": "[DEFAULT_HEADER]",
            "footer": "[DEFAULT_FOOTER]",
            "testSent": False,
            "createdAt": _instant(self.created_at),
            "modifiedAt": _instant(self.modified_at),
            "recipients": {
                "lists": self.body.recipients.list_ids,
                "exclusionLists": self.body.recipients.exclusion_list_ids,
            },
            "statistics": self._statistics(),
        }

    def _statistics(self) -> dict[str, Any]:
        """All mails arrive at once and nobody opens one."""
        figures: Mapping[str, int] = dict.fromkeys(_COUNTED, 0) | {
            "sent": len(self.mailed),
            "delivered": len(self.mailed),
        }
        return {
            "globalStats": figures,
            "campaignStats": [],
            "mirrorClick": 0,
            "remaining": 0,
            "linksStats": {},
            "statsByDomain": {},
            "statsByDevice": {},
            "statsByBrowser": {},
        }


@dataclass(slots=True)
class CampaignBook:
    """All campaigns, in order of creation."""

    contacts: ContactBook
    lists: ListBook
    templates: frozenset[int]
    credits: int | None
    """Mails that may still be sent; ``None``: as many as one likes."""
    held: list[BrevoCampaign] = field(default_factory=list)

    def create(self, body: NewCampaign, now: datetime) -> int:
        """A draft; two of one name are two campaigns."""
        sender = body.sender
        if (sender.id is None) == (sender.email is None) or (sender.email and not valid_email(sender.email)):
            raise invalid("Sender is invalid / inactive")
        if sum(source is not None for source in (body.html_content, body.html_url, body.template_id)) != 1:
            raise invalid("Exactly one of htmlContent, htmlUrl and templateId is needed")
        if body.template_id is not None and body.template_id not in self.templates:
            raise invalid("Template ID does not exist or is inactive")
        self.lists.check([*body.recipients.list_ids, *body.recipients.exclusion_list_ids])
        self.held.append(BrevoCampaign(len(self.held) + 1, body, now, now))
        return self.held[-1].id

    def get(self, campaign_id: int) -> BrevoCampaign:
        """One campaign, or 404."""
        if not 1 <= campaign_id <= len(self.held):
            raise not_found("Campaign ID does not exist")
        return self.held[campaign_id - 1]

    def send(self, campaign_id: int, now: datetime) -> None:
        """Mail everybody on its lists who is neither unsubscribed nor on an excluded one; a draft alone can be sent."""
        campaign = self.get(campaign_id)
        if campaign.status != "draft":
            raise invalid("Campaign is already sent")
        recipients = campaign.body.recipients
        excluded = {
            member
            for exclusion_list_id in recipients.exclusion_list_ids
            for member in self.lists.get(exclusion_list_id).members
        }
        members = {member for list_id in recipients.list_ids for member in self.lists.get(list_id).members} - excluded
        people = [self.contacts.member(member) for member in sorted(members)]
        mailed = [person.email for person in people if person.email is not None and not person.email_blacklisted]
        if self.credits is not None:
            if self.credits < len(mailed):
                raise RefusedError(402, "not_enough_credits", "You do not have enough credits to send this campaign")
            self.credits -= len(mailed)
        campaign.status, campaign.mailed, campaign.modified_at = "sent", mailed, now


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
