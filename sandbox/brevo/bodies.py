"""Bodies of calls: every field that Brevo documents and Rollcall could use, and no other. PURE.

A field that is not here is refused with 400, where Brevo may ignore it: a typo must show in a test.
`forceMerge` and `getId` are left out on purpose: they delete contacts, and nothing of ours may send them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from sandbox.brevo.validation import Body, SnakeBody

SentAttributes = Annotated[dict[str, Any], Field(default_factory=dict)]
Ids = Annotated[list[int], Field(default_factory=list)]
Texts = Annotated[list[str], Field(default_factory=list)]
ExtId = Annotated[str | None, Field(alias="ext_id")]
"""The one name of contacts that is not in camel case."""


class NewContact(Body):
    """`POST /contacts`."""

    email: str | None = None
    ext_id: ExtId = None
    attributes: SentAttributes
    list_ids: Ids
    email_blacklisted: bool | None = None
    sms_blacklisted: bool | None = None
    smtp_blacklist_sender: Texts
    update_enabled: bool = False


class ContactUpdate(Body):
    """`PUT /contacts/{identifier}`."""

    ext_id: ExtId = None
    attributes: SentAttributes
    list_ids: Ids
    unlink_list_ids: Ids
    email_blacklisted: bool | None = None
    sms_blacklisted: bool | None = None
    smtp_blacklist_sender: Texts


class BatchContact(Body):
    """One entry of `POST /contacts/batch`."""

    email: str | None = None
    id: int | None = None
    sms: str | None = None
    ext_id: ExtId = None
    attributes: SentAttributes
    list_ids: Ids
    unlink_list_ids: Ids
    email_blacklisted: bool | None = None
    sms_blacklisted: bool | None = None


class ContactBatch(Body):
    """`POST /contacts/batch`, deprecated since 2026-10-30."""

    contacts: list[BatchContact]


class ImportedRow(Body):
    """One row of an import's `jsonBody`."""

    email: str | None = None
    attributes: SentAttributes


class NewList(Body):
    """`newList` of an import."""

    list_name: str
    folder_id: int


class Import(Body):
    """`POST /contacts/import`."""

    json_body: list[ImportedRow] | None = None
    file_body: str | None = None
    file_url: str | None = None
    list_ids: Ids
    new_list: NewList | None = None
    update_existing_contacts: bool = True
    empty_contacts_attributes: bool = False
    email_blacklist: bool = False
    sms_blacklist: bool = False
    disable_notification: bool = False
    notify_url: str | None = None
    consent_group_ids: Ids


class DoubleOptIn(Body):
    """`POST /contacts/doubleOptinConfirmation`."""

    email: str
    include_list_ids: Annotated[list[int], Field(min_length=1)]
    template_id: int
    redirection_url: str
    attributes: SentAttributes
    exclude_list_ids: Ids
    contact_pixel_tracking_consent: bool | None = None


class Option(Body):
    """One option of a category."""

    value: int | str
    label: str


class AttributeBody(Body):
    """`POST` and `PUT /contacts/attributes/{category}/{name}`."""

    type: str | None = None
    enumeration: list[Option] | None = None
    multi_category_options: list[str] | None = None
    value: str | None = None
    is_recurring: bool = False

    def options(self) -> dict[str, str] | None:
        """Labels by value, whichever way they were given."""
        if self.enumeration is not None:
            return {str(option.value): option.label for option in self.enumeration}
        if self.multi_category_options is not None:
            return {label: label for label in self.multi_category_options}
        return None


class ListBody(Body):
    """`POST /contacts/lists`."""

    name: str
    folder_id: int


class ListChange(Body):
    """`PUT /contacts/lists/{id}`."""

    name: str | None = None
    folder_id: int | None = None


class FolderBody(Body):
    """`POST` and `PUT` of folders."""

    name: str


class Members(Body):
    """`POST /contacts/lists/{id}/contacts/add`: exactly one of them."""

    emails: list[str] | None = None
    ids: list[int] | None = None
    ext_ids: list[str] | None = None


class LeavingMembers(Members):
    """`…/remove` can also take everybody."""

    all: bool = False


class Identifiers(SnakeBody):
    """Whom an event is about."""

    email_id: str | None = None
    ext_id: str | None = None
    contact_id: int | None = None
    phone_id: str | None = None
    whatsapp_id: str | None = None
    landline_number_id: str | None = None


class EventObjectIdentifiers(SnakeBody):
    """Of an object of the account."""

    id: int | None = None
    ext_id: str | None = None


class EventObject(SnakeBody):
    """Object that an event belongs to; ignored if it is not known."""

    type: str
    identifiers: EventObjectIdentifiers


class EventBody(SnakeBody):
    """`POST /events`."""

    event_name: str
    identifiers: Identifiers
    event_date: str | None = None
    contact_properties: Annotated[dict[str, str | int | float | bool], Field(default_factory=dict)]
    event_properties: SentAttributes
    object: EventObject | None = None


class EventBatch(Body):
    """`POST /events/batch`, wrapped since 2026-04-21; each entry is judged by itself."""

    events: Annotated[list[dict[str, Any]], Field(min_length=1, max_length=200)]


class MailAddress(Body):
    """Somebody in a mail."""

    email: str | None = None
    name: Annotated[str, Field(max_length=70)] | None = None
    id: int | None = None


Addresses = Annotated[list[MailAddress], Field(default_factory=list)]


class Version(Body):
    """One of a mail's `messageVersions`."""

    to: Annotated[list[MailAddress], Field(min_length=1, max_length=99)]
    cc: Addresses
    bcc: Addresses
    params: SentAttributes
    reply_to: MailAddress | None = None
    subject: str | None = None
    html_content: str | None = None
    text_content: str | None = None


class Mail(Body):
    """`POST /smtp/email`."""

    sender: MailAddress | None = None
    to: Annotated[list[MailAddress], Field(min_length=1, max_length=99)] | None = None
    cc: Addresses
    bcc: Addresses
    reply_to: MailAddress | None = None
    subject: str | None = None
    html_content: str | None = None
    text_content: str | None = None
    attachment: Annotated[list[dict[str, str]], Field(default_factory=list)]
    headers: Annotated[dict[str, str], Field(default_factory=dict)]
    template_id: int | None = None
    params: SentAttributes
    message_versions: Annotated[list[Version], Field(min_length=1, max_length=1000)] | None = None
    tags: Texts
    scheduled_at: str | None = None
    batch_id: str | None = None


class WebhookAuth(Body):
    """How Brevo shows itself to our receiver."""

    type: Literal["bearer"]
    token: str


class WebhookHeader(Body):
    """A header that Brevo shall send."""

    key: str
    value: str


class WebhookChange(Body):
    """`PUT /webhooks/{id}`."""

    url: str | None = None
    events: Annotated[list[str], Field(min_length=1)] | None = None
    description: str | None = None
    domain: str | None = None
    batched: bool | None = None
    auth: WebhookAuth | None = None
    headers: list[WebhookHeader] | None = None


class WebhookCreation(WebhookChange):
    """`POST /webhooks`."""

    url: str
    events: Annotated[list[str], Field(min_length=1)]
    type: Literal["transactional", "marketing", "inbound"] = "transactional"
    channel: Literal["email", "sms"] = "email"
