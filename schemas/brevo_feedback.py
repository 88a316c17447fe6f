"""`brevo.events.v1`: what Brevo tells of contacts and imports, without addresses."""

from __future__ import annotations

import hashlib
import hmac
from typing import Literal

from schemas.model import CloudEvent, Instant, Message

FeedbackKind = Literal[
    "unsubscribed", "hard_bounce", "spam", "blocklisted", "deleted", "subscribed", "returned", "import_ended"
]
"""`subscribed`: Brevo mails them (again). `returned`: after a deletion, Brevo has them again."""
FeedbackSource = Literal["marketing", "transactional", "import", "sync"]
"""Brevo's webhook by its type, its call at the end of an import, or `sync`: the worker found it out itself."""


class BrevoFeedback(Message):
    """One thing that Brevo told of one contact; key `contact_id`. Brevo gives no id: equal ones are repeats."""

    cloud_event = CloudEvent("brevo.feedback", time="occurred_at")
    kind: FeedbackKind
    contact_id: str
    """Of an import: of some contact in it, so that the record reaches the worker that follows it."""
    source: FeedbackSource
    import_id: str | None = None
    occurred_at: Instant


def import_signature(token: str, import_id: str, contact_id: str) -> str:
    """What proves that a URL for the end of an import was made by us: Brevo sends no headers of ours to it."""
    return hmac.new(token.encode(), f"import|{import_id}|{contact_id}".encode(), hashlib.sha256).hexdigest()
