"""That somebody wrote in the chat, from Zoom's webhook; never what, and never to whom. PURE."""

# https://developers.zoom.us/docs/api/meetings/events/, *.chat_message_sent, checked 2026-11-22: `sender_email` may be
# missing. No report of Zoom's has counts of messages.

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from processors.attendance.rules.events import live_event
from processors.attendance.rules.facts import Event
from processors.attendance.rules.fields import UNREADABLE, FieldError, identifier, unreadable
from schemas.attendance import ObjectType
from schemas.codec import normalise_email

CHAT_EVENTS: dict[str, ObjectType] = {"meeting.chat_message_sent": "meeting", "webinar.chat_message_sent": "webinar"}


@dataclass(frozen=True, slots=True)
class Chatted:
    """One message."""

    event: Event
    email: str | None
    """Of who wrote it; ``None`` when Zoom does not show it."""
    message: str
    """Hash of Zoom's id of it: repeats have the same."""


def parse_chatted(event: dict[str, Any]) -> Chatted:
    """The fact in an event of `CHAT_EVENTS`.

    Raises:
        DeadLetterError: it lacks what identifies session or message, or holds what cannot be read.
    """
    try:
        message = event["payload"]["object"]["chat_message"]
        message_id = identifier(message.get("message_id"))
        if message_id is None:
            raise FieldError("chat_message.message_id is missing")
        # S is the earliest start that live events tell; what a chat says of it is not documented.
        told = live_event(event, CHAT_EVENTS[event["event"]])._replace(start=None)
        digest = hashlib.sha256(message_id.encode()).hexdigest()[:16]
        return Chatted(told, normalise_email(message.get("sender_email")), digest)
    except UNREADABLE as error:
        raise unreadable("a chat message", error) from error
