"""Reads Zoom's webhook events, with Zoom's spellings of missing made one. PURE.

Zoom sends an id as number or text, a missing value as ``""``, ``null`` or nothing, and adds fields without notice:
only what is read here matters. Events that say nothing about attendance (waiting rooms, breakout rooms, chat, …) are
no facts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from processors.attendance.rules.facts import (
    Bound,
    Converted,
    Ended,
    Event,
    Fact,
    Registered,
    RoleChanged,
    ScheduleChange,
    Seen,
    Shown,
    Started,
)
from processors.attendance.rules.fields import (
    UNREADABLE,
    FieldError,
    identifier,
    instant,
    milliseconds,
    text,
    unreadable,
    whole,
)
from processors.attendance.rules.registrants import registered, status_of
from processors.attendance.rules.schedule import Said
from schemas.attendance import ObjectType
from schemas.codec import normalise_email

# Event names: https://developers.zoom.us/docs/api/meetings/events/ (checked 2026-11-21)


def parse_event(event: Any, received_ms: int) -> Fact | None:
    """The fact in one event; ``None`` when it says nothing about attendance.

    Args:
        event: parsed JSON.
        received_ms: stands in for an `event_ts` that is missing.

    Raises:
        FieldError: it has no name.
        DeadLetterError: an event of a known kind that lacks what identifies it, or holds what cannot be read.
    """
    if not isinstance(event, dict) or not isinstance(name := event.get("event"), str):
        raise FieldError("not a Zoom event: no `event` name")
    if (known := _FACTS.get(name)) is None:
        return None
    parse, object_type, what = known
    if event.get("event_ts") in (None, ""):
        event = {**event, "event_ts": received_ms}
    try:
        return parse(event, object_type, what)
    except UNREADABLE as error:
        raise unreadable(name, error) from error


def _event(event: dict[str, Any], object_type: ObjectType) -> Event:
    return _about(event, object_type)._replace(event_ts=milliseconds(event, "event_ts") or 0)


def _about(event: dict[str, Any], object_type: ObjectType) -> Event:
    """What an event says but for when."""
    payload = event["payload"]
    get = payload["object"].get
    # What may be of any length is cut before it is kept.
    said = (
        payload.get("account_id"), get("id"), get("uuid"), get("type"), text(get("topic")), get("host_id"),
        normalise_email(get("host_email")), get("start_time"), text(get("timezone")),
    )  # fmt: skip
    try:
        return _read_about(object_type, *said)
    except TypeError:  # what cannot be remembered, such as a list: read, it is told of by its name
        return _read_about.__wrapped__(object_type, *said)


# All events of a session say the same. By type, too: what 1 says is another thing than what `true` does.
@lru_cache(maxsize=1_024, typed=True)
def _read_about(object_type: ObjectType, *said: Any) -> Event:
    account_id, object_id, uuid, zoom_type, topic, host_id, host_email, start_time, time_zone = said
    if (object_id := identifier(object_id)) is None:
        raise FieldError("object.id is missing")
    return Event(
        account_id=identifier(account_id) or "",
        object_id=object_id,
        object_type=object_type,
        uuid=identifier(uuid) or "",
        zoom_type=whole({"type": zoom_type}, "type"),
        topic=topic or "",
        host_id=identifier(host_id) or "",
        host_email=host_email,
        start=instant({"start_time": start_time}, "start_time"),
        time_zone=time_zone,
    )


def _seconds(item: dict[str, Any]) -> int | None:
    minutes = whole(item, "duration")
    return None if minutes is None else minutes * 60


def live_event(event: dict[str, Any], object_type: ObjectType) -> Event:
    """The run of an event. Raises what `parse_event` makes a dead letter of."""
    return _of_run(_event(event, object_type))


def _of_run(told: Event) -> Event:
    if not told.uuid:
        raise FieldError("object.uuid is missing")
    return told


def _shown(participant: dict[str, Any]) -> Shown:
    get = participant.get
    return Shown(
        identifier(get("registrant_id")),
        normalise_email(get("email")),
        identifier(get("participant_user_id")) or identifier(get("id")),
        text(get("user_name")),
    )


def _connection(participant: dict[str, Any]) -> tuple[str, str | None]:
    """(its name, its number)."""
    number = identifier(participant.get("user_id"))
    connection = identifier(participant.get("participant_uuid")) or number
    if connection is None:
        raise FieldError("participant has neither participant_uuid nor user_id")
    return connection, number


def _seen(event: dict[str, Any], object_type: ObjectType, what: str) -> Seen:
    participant = event["payload"]["object"]["participant"]
    joined = what == "participant_joined"
    at = instant(participant, "join_time" if joined else "leave_time")
    if at is None:
        raise FieldError("join_time or leave_time is missing")
    connection, number = _connection(participant)
    return Seen(_of_run(_about(event, object_type)), connection, joined, at, _shown(participant), number)


def _started(event: dict[str, Any], object_type: ObjectType, _what: str) -> Started:
    return Started(live_event(event, object_type))


def _converted(event: dict[str, Any], object_type: ObjectType, what: str) -> Converted:
    return Converted(_event(event, object_type), "webinar" if what.endswith("webinar") else "meeting")


def _ended(event: dict[str, Any], object_type: ObjectType, _what: str) -> Ended:
    item = event["payload"]["object"]
    return Ended(live_event(event, object_type), instant(item, "end_time"), item.get("practice_session") is True)


def _role_changed(event: dict[str, Any], object_type: ObjectType, _what: str) -> RoleChanged:
    participant = event["payload"]["object"]["participant"]
    role = (text(participant.get("new_role")) or "").lower()
    connection, number = _connection(participant)
    return RoleChanged(live_event(event, object_type), connection, "panelist" in role, _shown(participant), number)


def _bound(event: dict[str, Any], object_type: ObjectType, _what: str) -> Bound | None:
    participant = event["payload"]["object"]["participant"]
    bound_to, bound_number = (
        identifier(participant.get("bind_participant_uuid")),
        identifier(participant.get("bind_user_id")),
    )
    if bound_to is None and bound_number is None:
        return None
    connection, number = _connection(participant)
    told = live_event(event, object_type)
    return Bound(told, connection, bound_to, bound_number, _shown(participant), number)


def _scheduled(event: dict[str, Any], object_type: ObjectType, what: str) -> ScheduleChange:
    item = event["payload"]["object"]
    told = _event(event, object_type)._replace(duration=_seconds(item))
    is_gone = what == "deleted"
    # The length of an occurrence that has none is the webinar's.
    dates = [
        date._replace(duration=told.duration) if date.duration is None else date
        for date in said_dates(item, is_gone=is_gone)
    ]
    # Without its dates, `deleted` is of the webinar itself: those that were held stay.
    if not dates and not is_gone and (told.start is not None or told.duration is not None):
        dates = [Said("", told.start, told.duration)]
    return ScheduleChange(told, tuple(dates))


def said_dates(item: dict[str, Any], *, is_gone: bool = False) -> list[Said]:
    """The `occurrences` of a webinar, as Zoom's answers and events have them."""
    return [
        Said(
            occurrence_id,
            instant(occurrence, "start_time"),
            _seconds(occurrence),
            is_gone or occurrence.get("status") == "deleted",
        )
        for occurrence in item.get("occurrences") or ()
        if (occurrence_id := identifier(occurrence.get("occurrence_id")))
    ]


def _registered(event: dict[str, Any], object_type: ObjectType, what: str) -> Registered | None:
    item = event["payload"]["object"]
    told = _event(event, object_type)._replace(duration=_seconds(item))
    registrant = item["registrant"]
    # `created` carries its status; the other three events are named after theirs.
    named = what.removeprefix("registration_")
    status = status_of(str(registrant.get("status") or "pending") if named == "created" else named)
    if status is None:
        return None
    occurrences = [
        (identifier(occurrence.get("occurrence_id")) or "", instant(occurrence, "start_time") or 0)
        for occurrence in item.get("occurrences") or ()
    ]
    return registered(told, registrant, status, [occurrence for occurrence in occurrences if any(occurrence)])


_Parser = Callable[[dict[str, Any], ObjectType, str], Fact | None]
"""Of an event, the type of its object, and what its name says behind the type."""
_OF_BOTH: dict[str, _Parser] = {
    "participant_joined": _seen,
    "participant_left": _seen,
    "started": _started,
    "ended": _ended,
    "participant_role_changed": _role_changed,
    "participant_bind": _bound,
    "converted_to_meeting": _converted,
    "converted_to_webinar": _converted,
    "registration_created": _registered,
    "registration_approved": _registered,
    "registration_cancelled": _registered,
    "registration_denied": _registered,
}
_OF_WEBINARS: dict[str, _Parser] = {"created": _scheduled, "updated": _scheduled, "deleted": _scheduled}
"""Of webinars alone: meetings need no schedule.
https://developers.zoom.us/docs/api/webinars/events/, checked 2026-11-27."""
_KINDS: dict[ObjectType, dict[str, _Parser]] = {"meeting": _OF_BOTH, "webinar": _OF_BOTH | _OF_WEBINARS}
_FACTS: dict[str, tuple[_Parser, ObjectType, str]] = {
    f"{kind}.{what}": (parse, kind, what) for kind, parsers in _KINDS.items() for what, parse in parsers.items()
}
PARSED = frozenset(_FACTS)
"""The names of all events that are facts."""
