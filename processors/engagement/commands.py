"""Commands to the sink: what a contact shall show, and the events that a fact calls for. PURE."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Literal, NamedTuple

from processors.engagement.assessment import WantedContact
from processors.engagement.returning import registers
from processors.engagement.state import ContactRecording, CountedEvent
from runtime.brevo_models import Events
from schemas.attendance import Notice, Origin, Recording, Registration, Result
from schemas.brevo import ConfirmList, SendRecording, TrackEvent, UpsertContact
from schemas.instants import as_datetime, whole_minutes

Properties = dict[str, str | int | float | bool]


class Recomputed(NamedTuple):
    """Stands for a fact where a contact is computed anew without one: by a decay sweep, or as somebody asked."""

    contact_id: str
    email: str
    occurred_at: datetime
    kind: Literal["decay", "resync", "rebuild"]
    retracted: Literal[False] = False
    origin: Origin = "live"


def event_due(fact: Registration | Result, switches: Events) -> CountedEvent | None:
    """The event that `fact` calls for, if it were the first to do so (attendance.md 8).

    A retraction takes back and calls for none. That of a back-fill is told to the sink, which suppresses it.
    """
    if fact.retracted:
        return None
    if isinstance(fact, Registration):
        told = fact.registration_status == "approved" and fact.observed == "webhook" and fact.before_end
        return "registered" if told and switches.registered else None
    if fact.attendance_status == "no_show":
        told = fact.is_final and fact.object_type == "webinar"
        return "no_show" if told and switches.no_show else None
    return "attended" if switches.attended else None


def upsert_contact(
    fact: Registration | Result | Recomputed, revision: int, wanted: WantedContact, digest: str
) -> UpsertContact:
    """The whole wanted state of the contact; `digest` is `wanted`'s."""
    # One validation of plain values is several times as fast as one per attribute.
    return UpsertContact.model_validate(
        {
            "command_id": command_id(fact.contact_id, "upsert", str(revision), digest),
            "contact_id": fact.contact_id,
            "email": fact.email,
            "revision": revision,
            "session": fact.session_uuid if isinstance(fact, Result) else None,
            "reason": _reason(fact),
            "origin": fact.origin,
            "occurred_at": fact.occurred_at,
            "attributes": {
                name: {"type": kind, "value": value, "overwrite": overwrite}
                for name, (kind, value, overwrite) in wanted.attributes.items()
            },
            "lists": wanted.lists.joined,
            "lists_left": wanted.lists.left,
            "lists_for_existing": wanted.lists.for_existing,
            "creates": wanted.lists.creates,
            "retries_refused": fact.kind == "resync",
        }
    )


def _reason(fact: Registration | Result | Recomputed) -> str:
    """`registration` alone brings back who was deleted at Brevo."""
    if fact.retracted:
        return "retraction"
    return "cancellation" if isinstance(fact, Registration) and not registers(fact) else fact.kind


def confirm_list(fact: Registration | Result, list_id: int, revision: int) -> ConfirmList:
    """Ask the contact whether it wants to be on a list."""
    name = "double_opt_in"
    return ConfirmList(
        command_id=command_id(fact.contact_id, name, str(list_id)),
        contact_id=fact.contact_id,
        email=fact.email,
        revision=revision,
        session=fact.session_uuid if isinstance(fact, Result) else None,
        reason=fact.kind,
        origin=fact.origin,
        occurred_at=fact.occurred_at,
        name=name,
        event_date=fact.occurred_at,
        once_keys=(f"list|{list_id}",),
        list_id=list_id,
    )


def registered_event(fact: Registration, revision: int) -> TrackEvent:
    """`zoom_webinar_registered`."""
    properties: Properties = {"object_id": fact.object_id, **_topic(fact)}
    if fact.starts_at is not None:
        properties["starts_at"] = _text(fact.starts_at)
    if fact.registration_source:
        properties["source"] = fact.registration_source
    name = "zoom_webinar_registered"
    once_keys = (f"{name}|{fact.account_id}|{fact.object_id}|{fact.registrant_id}",)
    return _event(fact, name, revision, fact.approved_at or fact.occurred_at, properties, once_keys)


def result_event(fact: Result, kind: CountedEvent, revision: int, score: int) -> TrackEvent:
    """`zoom_webinar_attended`, `zoom_meeting_attended` or `zoom_webinar_no_show`; `score` is this occurrence's."""
    properties: Properties = {
        "session_uuid": fact.session_uuid,
        "object_id": fact.object_id,
        **_topic(fact),
        "started_at": _text(fact.started_at),
        "ended_at": _text(fact.ended_at),
        "status": fact.attendance_status,
    }
    if kind == "attended":
        properties |= {"minutes": whole_minutes(fact.attended_seconds), "score": score}
        if fact.first_join_at is not None:
            properties["join_time"] = _text(fact.first_join_at)
    name = f"zoom_{fact.object_type}_{kind}"
    once_keys = tuple(f"{name}|{fact.account_id}|{uuid}" for uuid in fact.given or fact.instances)
    return _event(fact, name, revision, fact.ended_at, properties, once_keys)


def notice_event(fact: Notice, revision: int) -> TrackEvent:
    """`zoom_webinar_started`, `zoom_webinar_ended`, `zoom_meeting_started` or `zoom_meeting_ended`."""
    name = f"zoom_{fact.object_type}_{fact.moment}"
    properties: Properties = {"session_uuid": fact.session_uuid, "object_id": fact.object_id, **_topic(fact)}
    once_keys = tuple(f"{name}|{fact.account_id}|{uuid}" for uuid in fact.instances)
    return _event(fact, name, revision, fact.occurred_at, properties, once_keys)


def recording_command(
    fact: Registration | Result | Recording, row: ContactRecording, revision: int, status: str, template_id: int | None
) -> TrackEvent | SendRecording:
    """`zoom_recording_ready`, or with a template the mail of that name: who got the one does not get the other.

    Args:
        fact: what called for it; names the contact.
        row: the recording.
        revision: of the command.
        status: how the contact took part; told to the template alone.
        template_id: of the mail.
    """
    name = "zoom_recording_ready"
    properties: Properties = {
        "session_uuid": row.session_uuid,
        "object_id": row.object_id,
        **_topic(row),
        "share_url": row.share_url,
        "minutes": row.minutes,
        "parts": row.parts,
    }
    once_keys = tuple(f"{name}|{row.account_id}|{uuid}" for uuid in row.given)
    fields = {
        "command_id": command_id(fact.contact_id, name, once_keys[0]),
        "contact_id": fact.contact_id,
        "email": fact.email,
        "revision": revision,
        "session": row.session_uuid,
        "reason": "recording",
        "origin": row.origin,
        "occurred_at": as_datetime(row.at),
        "name": name,
        "event_date": as_datetime(row.at),
        "properties": properties,
        "once_keys": once_keys,
    }
    if template_id is None:
        return TrackEvent.model_validate(fields)
    mail = {"template_id": template_id, "properties": {**properties, "status": status}}
    return SendRecording.model_validate({**fields, **mail})


def _event(
    fact: Registration | Result | Notice,
    name: str,
    revision: int,
    event_date: datetime,
    properties: Properties,
    once_keys: tuple[str, ...],
) -> TrackEvent:
    return TrackEvent(
        command_id=command_id(fact.contact_id, name, once_keys[0]),
        contact_id=fact.contact_id,
        email=fact.email,
        revision=revision,
        session=None if isinstance(fact, Registration) else fact.session_uuid,
        reason=fact.kind,
        origin=fact.origin,
        occurred_at=fact.occurred_at,
        name=name,
        event_date=event_date,
        properties=properties,
        once_keys=once_keys,
    )


def _topic(fact: Registration | Result | Notice | ContactRecording) -> dict[str, str]:
    return {"topic": fact.topic} if fact.topic else {}


def command_id(*parts: str) -> str:
    """The same for the same parts, on every machine: what is computed again is the same command."""
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


def _text(instant: datetime) -> str:
    # Instants of the wire are in UTC; strftime would take ten times as long.
    return instant.isoformat(timespec="seconds").replace("+00:00", "Z")
