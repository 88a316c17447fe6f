"""The bodies of Zoom's webhooks, field by field and in Zoom's key order (docs/reference/zoom.md, 2.1 and 2.2). PURE."""

from __future__ import annotations

from typing import Any

import orjson

from sandbox.simulator.world import Appearance, BookedSession, Enrolment, Person, Planned
from schemas.instants import format_instant

WebhookBody = dict[str, Any]
_TIMEZONE = "Europe/Berlin"
# Documentation ranges of RFC 5737: nobody's address.
_PUBLIC_IP, _PRIVATE_IP = "203.0.113.24", "192.0.2.15"
_LEAVE_REASON = "left the meeting. Reason : left the meeting"
_TYPES = {"webinar": 5, "meeting": 2}
_SERIES_TYPES = {"webinar": 9, "meeting": 8}
_OPERATOR = "host@staff.example.com"


def to_bytes(body: WebhookBody) -> bytes:
    """Compact JSON with literal non-ASCII characters, as Zoom sends it."""
    return orjson.dumps(body)


def type_of(event: BookedSession) -> int:
    """Zoom's number: one fixed time, or recurring."""
    return (_SERIES_TYPES if event.is_recurring else _TYPES)[event.object_type]


def _object(event: BookedSession, index: int, started_at: int) -> WebhookBody:
    return {
        "id": str(event.object_id),
        "uuid": event.spans[index].uuid,
        "host_id": event.host_id,
        "topic": event.topic,
        "type": type_of(event),
        "start_time": format_instant(started_at),
        "timezone": _TIMEZONE,
        "duration": event.duration_minutes,
    }


def _event_first(event: BookedSession, name: str, event_ts: int, content: WebhookBody, **payload: str) -> WebhookBody:
    return {
        "event": f"{event.object_type}.{name}",
        "event_ts": event_ts,
        "payload": {"account_id": event.account_id, **payload, "object": content},
    }


def _payload_first(event: BookedSession, name: str, event_ts: int, content: WebhookBody) -> WebhookBody:
    return {
        "payload": {"account_id": event.account_id, "object": content},
        "event_ts": event_ts,
        "event": f"{event.object_type}.{name}",
    }


def started(event: BookedSession, index: int, event_ts: int) -> WebhookBody:
    """`started` of an instance."""
    return _event_first(event, "started", event_ts, _object(event, index, event.spans[index].started_at))


def ended(event: BookedSession, index: int, event_ts: int) -> WebhookBody:
    """`ended` of an instance."""
    span = event.spans[index]
    content = _object(event, index, span.started_at) | {"end_time": format_instant(span.ended_at)}
    if event.object_type == "webinar":
        content["practice_session"] = span.purpose == "practice"
    return _event_first(event, "ended", event_ts, content)


def joined(
    event: BookedSession, person: Person, visit: Appearance, user_id: str, at: int, event_ts: int
) -> WebhookBody:
    """`participant_joined`."""
    return _participant(
        event, "participant_joined", person, visit, event_ts, {"join_time": format_instant(at)}, user_id
    )


def left(event: BookedSession, person: Person, visit: Appearance, user_id: str, at: int, event_ts: int) -> WebhookBody:
    """`participant_left`: no join time, and a reason."""
    times = {"leave_time": format_instant(at), "leave_reason": _LEAVE_REASON}
    return _participant(event, "participant_left", person, visit, event_ts, times, user_id)


def waiting(event: BookedSession, name: str, person: Person, visit: Appearance, at: int, event_ts: int) -> WebhookBody:
    """`participant_joined_waiting_room` and `participant_left_waiting_room`."""
    times = {"date_time": format_instant(at)}
    return _participant(event, name, person, visit, event_ts, times, visit.user_ids[0])


def promoted(event: BookedSession, person: Person, visit: Appearance, at: int, event_ts: int) -> WebhookBody:
    """`participant_role_changed`: an attendee is made a panelist."""
    change = {"date_time": format_instant(at), "old_role": "attendee", "new_role": "panelist"}
    return _participant(event, "participant_role_changed", person, visit, event_ts, change, visit.user_ids[0])


def bound(event: BookedSession, person: Person, leg: Appearance, at: int, event_ts: int) -> WebhookBody:
    """`participant_bind`: a telephone leg belongs to somebody's connection."""
    uuid, user_id = leg.bound_to or ("", "")
    target = {"date_time": format_instant(at), "bind_user_id": user_id, "bind_participant_uuid": uuid}
    return _participant(event, "participant_bind", person, leg, event_ts, target, leg.user_ids[0])


def _participant(
    event: BookedSession, name: str, person: Person, visit: Appearance, event_ts: int, times: WebhookBody, user_id: str
) -> WebhookBody:
    base = _object(event, visit.instance, event.spans[visit.instance].started_at)
    who: WebhookBody = {
        "user_id": user_id,
        "user_name": visit.phone or person.name,
        "id": "" if visit.phone else person.zoom_user_id,
        "participant_uuid": visit.connection,
        **times,
        "email": visit.email,
        "registrant_id": visit.registrant_id,
        "participant_user_id": "" if visit.phone else person.zoom_user_id,
    }
    if event.object_type == "webinar" or "date_time" in times:
        who |= {"customer_key": "", "phone_number": visit.phone}
        return _event_first(event, name, event_ts, base | {"participant": who})
    addresses = {"public_ip": _PUBLIC_IP} | ({"private_ip": _PRIVATE_IP} if "leave_time" in times else {})
    if not visit.registrant_id and "join_time" in times:
        del who["registrant_id"]  # captured joins of people without a registration have no such key
    return _payload_first(event, name, event_ts, {"uuid": base.pop("uuid"), "participant": addresses | who, **base})


def registration_created(
    event: BookedSession, person: Person, enrolment: Enrolment, uuid: str, event_ts: int
) -> WebhookBody:
    """`registration_created`; `pending` where a host decides later."""
    by_hand = enrolment.decided_at is not None and enrolment.outcome != "cancelled"
    status = "pending" if by_hand or enrolment.outcome == "pending" else "approved"
    registrant = registrant_row(event, person, enrolment, status)
    del registrant["create_time"]
    return _event_first(event, "registration_created", event_ts, _booked(event, uuid, registrant, enrolment, event_ts))


def registration_decided(
    event: BookedSession, person: Person, enrolment: Enrolment, uuid: str, event_ts: int
) -> WebhookBody:
    """`registration_approved`, `_denied` or `_cancelled`, with the operator who did it."""
    registrant: WebhookBody = {
        "id": enrolment.registrant_id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": enrolment.email,
    }
    if enrolment.outcome == "approved":
        registrant["join_url"] = _join_url(event, enrolment)
    content = _booked(event, uuid, registrant, enrolment, event_ts)
    name = f"registration_{enrolment.outcome}"
    return _event_first(event, name, event_ts, content, operator=_OPERATOR, operator_id=event.host_id)


def moved(event: BookedSession, event_ts: int) -> WebhookBody:
    """`updated`: the host gave the entry another start. Only what changed is named, beside the id."""
    (entry,) = (plan for plan in event.planned if plan.starts_at == event.starts_at)

    def at(start: int) -> WebhookBody:
        time = {"start_time": format_instant(start), "duration": event.duration_minutes}
        if not entry.occurrence_id:
            return {"id": event.object_id, **time}
        return {"id": event.object_id, "occurrences": [{"occurrence_id": entry.occurrence_id, **time}]}

    return {
        "event": f"{event.object_type}.updated",
        "event_ts": event_ts,
        "payload": {
            "account_id": event.account_id,
            "operator": _OPERATOR,
            "operator_id": event.host_id,
            **({"scope": "single"} if entry.occurrence_id else {}),
            "object": at(entry.starts_at),
            "old_object": at(entry.planned_at),
            "time_stamp": event_ts,
        },
    }


def _join_url(event: BookedSession, enrolment: Enrolment) -> str:
    return f"https://zoom.example.com/w/{event.object_id}?tk={enrolment.registrant_id}"


def _booked(
    event: BookedSession, uuid: str, registrant: WebhookBody, enrolment: Enrolment, event_ts: int
) -> WebhookBody:
    if enrolment.source is not None:
        source_id = str(5_516_482_804_000 + len(enrolment.source))
        registrant["tracking_source"] = {
            "id": source_id,
            "source_name": enrolment.source,
            "tracking_url": f"https://zoom.example.com/webinar/register/{source_id}/WN_INVENTED",
        }
    starts = {plan.occurrence_id: _start_as_of(event, plan, event_ts) for plan in event.planned}
    named = [
        {"occurrence_id": occurrence_id, "start_time": format_instant(starts[occurrence_id])}
        for occurrence_id in enrolment.occurrence_ids
    ]
    return {
        "uuid": uuid,
        "id": event.object_id,  # a number here, a string in live events: Zoom's own inconsistency
        "host_id": event.host_id,
        "topic": event.topic,
        "type": type_of(event),
        "start_time": format_instant(min(starts.values())),
        "duration": event.duration_minutes,
        "timezone": _TIMEZONE,
        "registrant": registrant,
        **({"occurrences": named} if named else {}),
    }


def _start_as_of(event: BookedSession, entry: Planned, event_ts: int) -> int:
    """What an entry's start was at that time."""
    is_moved = event.moved_at is not None and event_ts >= event.moved_at * 1_000
    return entry.starts_at if is_moved else entry.planned_at


def registrant_row(event: BookedSession, person: Person, enrolment: Enrolment, status: str) -> WebhookBody:
    """A registrant as REST lists it; a webhook's has the same fields but `create_time`."""
    return {
        "id": enrolment.registrant_id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": enrolment.email,
        "address": "",
        "city": "Köln",
        "country": "DE",
        "zip": "",
        "state": "",
        "phone": "",
        "industry": "Retail",
        "org": "Muster GmbH",
        "job_title": "Data Manager",
        "purchasing_time_frame": "",
        "role_in_purchase_process": "",
        "no_of_employees": "51-100",
        "comments": "",
        "custom_questions": [{"title": "How did you hear of us?", "value": enrolment.source or "Una compañera"}],
        "status": status,
        "join_url": _join_url(event, enrolment),
        "create_time": format_instant(enrolment.created_at),
    }
