"""Facts about one contact, with everything that a test does not speak of filled in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from processors.engine.view import Record
from runtime.models import Configuration
from schemas.attendance import FACT, AnyFact, Recording, Registration, Result, SessionRecording, session_stand_in
from schemas.codec import contact_id
from schemas.replays import REPLAY_OF, Lineage
from schemas.topics import ATTENDANCE_RESULTS
from tests.support.rules import record

ACCOUNT = "abc123"
EMAIL = "maya.okafor@example.com"
CONTACT = contact_id(EMAIL)
STARTED_AT = datetime(2026, 8, 12, 10, 0, tzinfo=UTC)
"""Start of every session that a test does not put elsewhere; each lasts an hour."""

MAPPING = {
    "email": "email",
    "name": "FIRSTNAME",
    "join_time": "MEETING_JOIN_DATE",
    "duration": "MEETING_DURATION",
    "webinar_title": "WEBINAR_NAME",
    "attendance_status": "ATTENDANCE_STATUS",
    "registration_source": "UTM_SOURCE",
}
LISTS = {"meeting_participants": 15, "webinar_attendees": 16, "webinar_registrants": 17, "webinar_no_shows": 18}


def configuration(zoom: dict[str, Any] | None = None, **sections: Any) -> Configuration:
    """The guide's configuration with all four lists; `zoom` adds to the account, `sections` to the file."""
    account = {"account_id": ACCOUNT, "lists": LISTS, **(zoom or {})}
    return Configuration.model_validate({"connectors": {"zoom": account}, "field_mapping": MAPPING, **sections})


OF_MAYA: dict[str, Any] = {
    "contact_id": CONTACT,
    "email": EMAIL,
    "account_id": ACCOUNT,
    "object_id": "95204914252",
    "object_type": "webinar",
    "topic": "Roadmap",
    "host_id": "host",
}
"""What all facts about one person and one webinar share."""


def result(session: str = "s1==", *, days: int = 0, **fields: Any) -> Result:
    """55 of 60 minutes of a webinar, on time, left before the end; `days` moves the session."""
    started_at = STARTED_AT + timedelta(days=days)
    whole = {
        **OF_MAYA,
        "occurred_at": started_at + timedelta(hours=1),
        "session_uuid": session,
        "instances": (session,),
        "revision": 1,
        "is_final": True,
        "evidence": "live",
        "attendance_status": "left_early",
        "judged_at": started_at + timedelta(hours=2),
        "started_at": started_at,
        "ended_at": started_at + timedelta(hours=1),
        "length_seconds": 3600,
        "attended_seconds": 3300,
        "intervals": ((0, 3300),),
        "first_join_at": started_at,
        "last_leave_at": started_at + timedelta(seconds=3300),
        "late_seconds": 0,
        "joins": 2,
    }
    return Result.model_validate(whole | fields)


def no_show(session: str = "s1==", *, days: int = 0, **fields: Any) -> Result:
    """Registered for the webinar and did not come; final."""
    away = {
        "attendance_status": "no_show",
        "attended_seconds": 0,
        "intervals": (),
        "first_join_at": None,
        "last_leave_at": None,
        "late_seconds": None,
        "joins": 0,
    }
    return result(session, days=days, **(away | fields))


def registration(registrant: str = "r1", *, days: int = -7, **fields: Any) -> Registration:
    """Approved for the webinar a week before it, as a webhook said; `days` moves its latest change."""
    whole = {
        **OF_MAYA,
        "occurred_at": STARTED_AT + timedelta(days=days),
        "registrant_id": registrant,
        "registration_status": "approved",
        "revision": 1,
        "starts_at": STARTED_AT,
        "registration_source": "newsletter",
        "first_name": "Maya",
        "last_name": "Okafor",
        "observed": "webhook",
    }
    return Registration.model_validate(whole | fields)


def recording(session: str = "s1==", *, days: int = 0, **fields: Any) -> Recording:
    """The recording of a session, ready five minutes after its end."""
    whole = {
        **OF_MAYA,
        "occurred_at": STARTED_AT + timedelta(days=days, minutes=65),
        "session_uuid": session,
        "instances": (session,),
        "share_url": "https://zoom.example.com/rec/share/INVENTED",
        "minutes": 60,
    }
    return Recording.model_validate(whole | fields)


def session_recording(**fields: Any) -> SessionRecording:
    """The same recording, of the session as a whole, with a final result."""
    told = recording().model_dump(exclude={"kind", "contact_id", "email"})
    return SessionRecording.model_validate(
        {**told, "contact_id": session_stand_in(told["object_id"]), "email": "", "is_final": True, **fields}
    )


def records(*facts: AnyFact) -> list[Record]:
    """The facts as records of their topic, in this order."""
    return [
        record(ATTENDANCE_RESULTS.name, FACT.dump_json(fact), key=fact.contact_id.encode(), offset=offset)
        for offset, fact in enumerate(facts)
    ]


def copies(*facts: AnyFact, lineage: Lineage) -> list[Record]:
    """Those of a replay of the topic."""
    return [
        original._replace(headers=(*lineage.headers, (REPLAY_OF, original.source.encode())))
        for original in records(*facts)
    ]
