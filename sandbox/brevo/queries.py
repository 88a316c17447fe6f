"""Parameters of query strings, with Brevo's page sizes. PURE."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from sandbox.brevo.validation import Query

IdentifierType = Literal["email_id", "contact_id", "ext_id", "phone_id", "whatsapp_id", "landline_number_id"]
Sort = Literal["asc", "desc"]
Offset = Annotated[int, Field(ge=0)]


class WhichContact(Query):
    """`PUT` and `DELETE /contacts/{identifier}`."""

    identifier_type: IdentifierType | None = None


class ReadContact(WhichContact):
    """`GET /contacts/{identifier}`; the dates choose campaign statistics, of which the sandbox has none."""

    start_date: str | None = None
    end_date: str | None = None


class ContactsPage(Query):
    """`GET /contacts`."""

    limit: Annotated[int, Field(ge=0, le=1000)] = 50
    offset: Offset = 0
    sort: Sort = "desc"
    modified_since: str | None = None
    created_since: str | None = None
    list_ids: Annotated[list[int], Field(default_factory=list)]
    filter: str | None = None


class MembersPage(Query):
    """`GET /contacts/lists/{id}/contacts`."""

    limit: Annotated[int, Field(ge=0, le=500)] = 50
    offset: Offset = 0
    sort: Sort = "desc"
    modified_since: str | None = None


class PageQuery(Query):
    """Lists, folders and processes: at most 50 a page."""

    limit: Annotated[int, Field(ge=0, le=50)] = 10
    offset: Offset = 0
    sort: Sort = "desc"


class EventsPage(Query):
    """`GET /events`."""

    contact_id: Annotated[int | None, Field(alias="contact_id")] = None
    event_name: Annotated[str | None, Field(alias="event_name")] = None
    start_date: str | None = None
    end_date: str | None = None
    limit: Annotated[int, Field(ge=1, le=10_000)] = 100
    offset: Offset = 0


class OneCampaign(Query):
    """`GET /emailCampaigns/{id}`; the sandbox never shows the content."""

    exclude_html_content: bool = False


class CampaignsPage(OneCampaign):
    """`GET /emailCampaigns`."""

    limit: Annotated[int, Field(ge=0, le=100)] = 50
    offset: Offset = 0
    sort: Sort = "desc"
    status: Literal["draft", "sent"] | None = None


class WebhooksPage(Query):
    """`GET /webhooks`."""

    type: Literal["transactional", "marketing", "inbound"] = "transactional"
    sort: Sort = "desc"


class NoQuery(Query):
    """A call without parameters."""
