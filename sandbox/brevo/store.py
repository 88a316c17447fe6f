"""One Brevo account: everything that it holds. PURE: the time of a call arrives as an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sandbox.brevo.attributes import AttributeBook
from sandbox.brevo.campaigns import CampaignBook
from sandbox.brevo.contacts import ContactBook
from sandbox.brevo.events import EventBook
from sandbox.brevo.imports import ProcessBook
from sandbox.brevo.lists import ListBook
from sandbox.brevo.mails import MailBook
from sandbox.brevo.webhooks import WebhookBook

DEMO_ATTRIBUTES: Mapping[str, str] = {
    "MEETING_JOIN_DATE": "date",
    "MEETING_DURATION": "float",
    "WEBINAR_NAME": "text",
    "ATTENDANCE_STATUS": "text",
    "UTM_SOURCE": "text",
    "ENGAGEMENT_SCORE": "float",
    "ENGAGEMENT_TIER": "text",
    "ENGAGEMENT_WHY": "text",
    "WEBINARS_ATTENDED": "float",
    "MEETINGS_ATTENDED": "float",
    "NO_SHOWS": "float",
}
"""What the guide's configuration writes, by type."""

DEMO_LISTS: Mapping[int, str] = {
    15: "Meeting participants",
    16: "Webinar attendees",
    17: "Webinar registrants",
    18: "Webinar no-shows",
}
"""The lists of the guide's configuration."""


@dataclass(frozen=True, slots=True)
class Options:
    """How the account is set up.

    Attributes:
        api_key: the one key that is known.
        limit_factor: scales all rate limits; 1 is Brevo's "General" plan.
        attributes: normal attributes besides FIRSTNAME and LASTNAME: type by name.
        lists: lists that exist from the start: name by id.
        import_seconds: from the acceptance of an import to its completion.
        account_email: the account's own address; its contact cannot be deleted.
        doi_templates: active templates for double opt-in.
        webhook_retry_seconds: before each further try of a webhook that was not answered, or with 429.
        templates: active templates of transactional mails and campaigns.
        campaign_credits: mails that campaigns may still send; ``None``: as many as one likes.
    """

    api_key: str = "xkeysib-sandbox"
    limit_factor: float = 1
    attributes: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[int, str] = field(default_factory=dict)
    import_seconds: float = 0.5
    account_email: str = "owner@brevo-sandbox.example"
    doi_templates: frozenset[int] = frozenset({5})
    webhook_retry_seconds: tuple[float, ...] = (600, 3_600, 7_200, 28_800)
    templates: frozenset[int] = frozenset({41})
    campaign_credits: int | None = None

    def with_demo(self) -> Options:
        """The same with the attributes and lists that the guide's configuration writes."""
        return replace(self, attributes={**DEMO_ATTRIBUTES, **self.attributes}, lists={**DEMO_LISTS, **self.lists})


class Store:
    """The account's books."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.attributes = AttributeBook()
        self.lists = ListBook()
        self.contacts = ContactBook(self.attributes, self.lists)
        self.events = EventBook(self.contacts)
        self.processes = ProcessBook(self.contacts, self.lists)
        self.mails = MailBook(self.contacts, self.lists, options.doi_templates, options.templates)
        self.campaigns = CampaignBook(self.contacts, self.lists, options.templates, options.campaign_credits)
        self.webhooks = WebhookBook()
        for name, kind in {"FIRSTNAME": "text", "LASTNAME": "text", **options.attributes}.items():
            self.attributes.create("normal", name, kind)
        for list_id, name in options.lists.items():
            self.lists.create(name, 1, list_id=list_id)
