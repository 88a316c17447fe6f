"""Commands of invented people for tests of the sink."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from schemas.brevo import AttributeValue, TrackEvent, UpsertContact
from schemas.codec import contact_id

OCCURRED_AT = datetime(2026, 11, 20, 17, 0, tzinfo=UTC)
MAYA = "maya.okafor@example.com"


def upsert(revision: int = 1, email: str = MAYA, **changes: Any) -> UpsertContact:
    """An upsert with one attribute and one list, if not said otherwise."""
    values: dict[str, Any] = {
        "command_id": f"upsert-{revision}",
        "contact_id": contact_id(email),
        "email": email,
        "revision": revision,
        "reason": "result",
        "occurred_at": OCCURRED_AT,
        "as_it_happened": True,
        "attributes": {"MEETING_DURATION": AttributeValue(type="float", value=47)},
        "lists": (16,),
    }
    return UpsertContact(**values | changes)


def event(once: tuple[str, ...] = ("s1",), email: str = MAYA, **changes: Any) -> TrackEvent:
    """An event that stands for these once keys."""
    name = changes.get("name", "zoom_webinar_attended")
    values: dict[str, Any] = {
        "command_id": f"event-{name}-{once[0] if once else ''}",
        "contact_id": contact_id(email),
        "email": email,
        "revision": 1,
        "reason": "result",
        "occurred_at": OCCURRED_AT,
        "name": name,
        "event_date": OCCURRED_AT,
        "properties": {"session_uuid": "gk3lQ1mXSxyWuC2o8g9w==", "minutes": 47},
        "once_keys": once,
    }
    return TrackEvent(**values | changes)
