"""What of Zoom's events and answers a topic may hold: the frame of an event that nobody reads. PURE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_FRAME_OF_OBJECT = ("id", "uuid", "host_id", "type", "start_time", "end_time", "date_time")
"""Ids and times: what tells which object an event is about, and when."""
_LONGEST_IN_FRAME = 255
"""Characters; Zoom's ids have 10 to 60."""


def frame_of(event: Any) -> dict[str, Any]:
    """Event name, account, ids and times of an event, and nothing that anybody said, typed or is called by.

    >>> frame_of({"event": "phone.sms_sent", "event_ts": 5, "payload": {"object": {"id": "s1", "message": "Hi Maya"}}})
    {'event': 'phone.sms_sent', 'event_ts': 5, 'payload': {'object': {'id': 's1'}}}
    """
    if not isinstance(event, Mapping):
        return {}
    framed = _plain(event, ("event", "event_ts"))
    if isinstance(payload := event.get("payload"), Mapping):
        framed["payload"] = _plain(payload, ("account_id", "event_ts"))
        if isinstance(subject := payload.get("object"), Mapping):
            framed["payload"]["object"] = _plain(subject, _FRAME_OF_OBJECT)
    return framed


def _plain(fields: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: fields[name] for name in names if _says_no_more(fields.get(name))}


def _says_no_more(value: Any) -> bool:
    """Numbers, and texts that are no address and no essay."""
    if isinstance(value, str):
        return len(value) <= _LONGEST_IN_FRAME and "@" not in value
    return isinstance(value, int | float)
