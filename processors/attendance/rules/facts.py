"""Zoom's webhook events as facts: what the rules need of each. PURE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from processors.attendance.rules.schedule import Said
from schemas.attendance import ObjectType, RegistrationStatus


class Event(NamedTuple):
    """What every event says: which webinar or meeting, which run of it, when."""

    account_id: str
    object_id: str
    object_type: ObjectType
    uuid: str
    zoom_type: int | None
    """2 scheduled, 5 webinar, 8 recurring, … (facts of Zoom: `object.type`)."""
    topic: str
    host_id: str
    host_email: str | None
    start: int | None
    """`start_time`: of this run in live events, the scheduled one in all others."""
    event_ts: int = 0
    """Milliseconds since 1970; the time of receipt where Zoom left it out. 0 where somebody was seen: that has an
    instant of its own."""
    duration: int | None = None
    """Scheduled, in seconds; of what tells of a webinar's dates."""
    time_zone: str | None = None
    """Its name, as `timezone` has it."""


@dataclass(frozen=True, slots=True)
class Started:
    """`meeting.started`, `webinar.started`."""

    event: Event


@dataclass(frozen=True, slots=True)
class Ended:
    """`meeting.ended`, `webinar.ended`."""

    event: Event
    end: int | None
    practice: bool


class Shown(NamedTuple):
    """The identity that a connection showed in one event; missing values are ``None``."""

    registrant_id: str | None
    email: str | None
    user_id: str | None
    """The Zoom user's id (`participant_user_id`, else `id`), not the connection's `user_id`."""
    name: str | None


NOTHING_SHOWN = Shown(None, None, None, None)


class Seen(NamedTuple):
    """`*.participant_joined` and `*.participant_left`: one instant of one connection."""

    event: Event
    connection: str
    """`participant_uuid`, else `user_id`."""
    joined: bool
    at: int
    shown: Shown
    number: str | None = None
    """`user_id`: Zoom's number of the connection within the run, which its report has too. A change of rooms gives
    another one."""


@dataclass(frozen=True, slots=True)
class RoleChanged:
    """`*.participant_role_changed`."""

    event: Event
    connection: str
    panelist: bool
    shown: Shown
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """`*.registration_*`: the state of one registration at `event.event_ts`."""

    event: Event
    registrant_id: str
    status: RegistrationStatus
    email: str | None
    first_name: str | None
    told: tuple[tuple[str, str], ...]
    """(name, value) of `REGISTRANT_FIELDS`, as far as it is given, in their order."""
    source: str | None
    custom_questions: tuple[tuple[str, str], ...]
    occurrences: tuple[tuple[str, int], ...]
    """(occurrence id, scheduled start), in order of the start: those that it names."""


@dataclass(frozen=True, slots=True)
class Bound:
    """`*.participant_bind`: a phone leg was joined to a participant, whose identity it shares from then on."""

    event: Event
    connection: str
    bound_to: str | None
    """The other connection's `participant_uuid`."""
    bound_number: str | None
    """Its `user_id`."""
    shown: Shown
    number: str | None = None


@dataclass(frozen=True, slots=True)
class Converted:
    """`webinar.converted_to_meeting`, `meeting.converted_to_webinar`."""

    event: Event
    object_type: ObjectType
    """What it is from now on."""


@dataclass(frozen=True, slots=True)
class ScheduleChange:
    """`webinar.created`, `webinar.updated`, `webinar.deleted`: what changed of its dates."""

    event: Event
    dates: tuple[Said, ...]


Fact = Started | Ended | Seen | RoleChanged | Bound | Registered | Converted | ScheduleChange
