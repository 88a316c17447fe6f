"""Bodies of campaigns. PURE."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sandbox.brevo.bodies import SentAttributes
from sandbox.brevo.validation import Body


class SenderBody(Body):
    """Whom a campaign comes from."""

    id: int | None = None
    name: str | None = None
    email: str | None = None


class CampaignRecipients(Body):
    """Whom a campaign goes to."""

    list_ids: Annotated[list[int], Field(min_length=1)]
    exclusion_list_ids: Annotated[list[int], Field(default_factory=list)]


class NewCampaign(Body):
    """`POST /emailCampaigns`."""

    name: Annotated[str, Field(min_length=1)]
    subject: Annotated[str, Field(min_length=1)]
    sender: SenderBody
    recipients: CampaignRecipients
    template_id: int | None = None
    html_content: Annotated[str, Field(min_length=10)] | None = None
    html_url: str | None = None
    params: SentAttributes
    tag: str | None = None
