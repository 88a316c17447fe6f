"""Reads what Brevo posts: which of it concerns us, and the records that it becomes. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from schemas.brevo_feedback import BrevoFeedback, FeedbackKind, FeedbackSource
from schemas.codec import contact_id, normalise_email

# Names of marketing and of transactional webhooks, which differ from those one subscribes to
# (developers.brevo.com/docs/marketing-webhooks and /transactional-webhooks, checked 2026-11-21).
KINDS: Mapping[str, FeedbackKind] = {
    "unsubscribe": "unsubscribed",
    "unsubscribed": "unsubscribed",
    "hard_bounce": "hard_bounce",
    "hardBounce": "hard_bounce",
    "spam": "spam",
    "complaint": "spam",
    "contact_deleted": "deleted",
    # Only who is at Brevo is put on a list; a deleted contact is put on none by us.
    "list_addition": "returned",
}


def feedback_of(body: bytes, received_at: datetime) -> list[BrevoFeedback] | None:
    """What a body says of contacts; other events are nothing to us. ``None``: it is no JSON of objects.

    A batch is a list of up to 500 events.
    """
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    events = parsed if isinstance(parsed, list) else [parsed]
    if not all(isinstance(event, dict) for event in events):
        return None
    return [feedback for event in events for feedback in _feedback(event, received_at)]


def _feedback(event: Mapping[str, Any], received_at: datetime) -> Iterator[BrevoFeedback]:
    kind = KINDS.get(str(event.get("event")))
    emails = event.get("email")
    if kind is None:
        if event.get("event") != "contact_updated":
            return
        # A blocklisting shows as a detail of an update (github.com/sendinblue/APIv3-php-library/issues/174), and whose
        # it is there, in the event or in both: whoever does not want our mail must not be overlooked.
        content = event.get("content")
        blocked = [
            (detail.get("email") or emails, detail["emailBlacklist"])
            for detail in (content if isinstance(content, list) else [content])
            if isinstance(detail, dict) and "emailBlacklist" in detail
        ]
        yield from _feedback_of_each(
            event, received_at, "blocklisted", [email for email, is_blocked in blocked if is_blocked is True]
        )
        kind, emails = "subscribed", [email for email, is_blocked in blocked if is_blocked is False]
    yield from _feedback_of_each(event, received_at, kind, emails)


def _feedback_of_each(
    event: Mapping[str, Any], received_at: datetime, kind: FeedbackKind, emails: object
) -> Iterator[BrevoFeedback]:
    source: FeedbackSource = "transactional" if "message-id" in event else "marketing"
    # `contact_deleted` has a list of addresses.
    for email in emails if isinstance(emails, list) else [emails]:
        if (address := normalise_email(email)) is not None:
            yield BrevoFeedback(
                kind=kind, contact_id=contact_id(address), source=source, occurred_at=_occurred_at(event, received_at)
            )


def _occurred_at(event: Mapping[str, Any], received_at: datetime) -> datetime:
    """By `ts`, seconds since 1970: the format of `date` has changed before."""
    seconds = event.get("ts")
    if isinstance(seconds, int) and 0 < seconds < 253_402_300_800:
        return datetime.fromtimestamp(seconds, UTC)
    return received_at
