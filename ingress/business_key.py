"""Decides what makes two deliveries the same fact, whichever subscription or retry brought them. PURE.

A request id or a hash of the body does not: Zoom sends one fact on several subscriptions, and `recording.completed`
again with other download links (docs/reference/zoom.md, duplicates).
"""

from __future__ import annotations

import hashlib
from typing import Any

_SEPARATOR = "\x1f"


def dedupe_key(event: dict[str, Any], body_sha256: str) -> str:
    """64 hex digits: equal for deliveries of one fact, different for different facts.

    An event that says too little to be told from another of its kind is only equal to its own bytes.
    """
    parts = business_key(event)
    return hashlib.sha256(_SEPARATOR.join(parts).encode()).hexdigest() if parts else body_sha256


def business_key(event: dict[str, Any]) -> tuple[str, ...] | None:
    """What identifies the fact, in a fixed order; ``None`` when the event does not say enough."""
    name = text_of(event.get("event"))
    payload = event.get("payload")
    subject = payload.get("object") if isinstance(payload, dict) else None
    if not isinstance(subject, dict):
        return None
    at = event.get("event_ts")
    if isinstance(registrant := subject.get("registrant"), dict):
        return _said(name, subject.get("id"), registrant.get("id"), at, perhaps=registrant.get("status"))
    uuid = text_of(subject.get("uuid")) or text_of(subject.get("meeting_uuid")) or text_of(subject.get("id"))
    if isinstance(participant := subject.get("participant"), dict):
        return _of_participant(name, uuid, participant, at)
    if isinstance(files := subject.get("recording_files"), list):
        return _said(name, uuid, *sorted(text_of(file.get("id")) for file in files if isinstance(file, dict)))
    if isinstance(message := subject.get("chat_message"), dict):
        return _said(name, uuid, message.get("message_id"))
    if when := {"started": "start_time", "ended": "end_time"}.get(name.rpartition(".")[2]):
        return _said(name, uuid, subject.get(when) or at)
    return _said(name, uuid, at)


def text_of(value: object) -> str:
    """A text, or a whole number as text (Zoom sends ids as either); ``""`` for what Zoom uses as missing."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return ""


def _of_participant(name: str, uuid: str, participant: dict[str, Any], event_ts: object) -> tuple[str, ...] | None:
    who = text_of(participant.get("participant_uuid")) or text_of(participant.get("user_id"))
    # One-second times: 0 collisions in 157 real events, where `event_ts` inverted within a second.
    when = (
        text_of(participant.get("join_time"))
        or text_of(participant.get("leave_time"))
        or text_of(participant.get("date_time"))
    )
    if who and when:
        return _said(name, uuid, who, when)
    # Waiting for the host: neither a handle nor a time is sent.
    return _said(name, uuid, who or participant.get("id") or participant.get("user_name"), event_ts)


def _said(name: str, *parts: object, perhaps: object = None) -> tuple[str, ...] | None:
    texts = [text_of(part) for part in parts]
    return (name, *texts, text_of(perhaps)) if name and all(texts) else None
