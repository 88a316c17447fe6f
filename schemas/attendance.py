"""`attendance.results.v1` and `attendance.sessions.v1`: one fact about one contact, and the summary of one session."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.model import CloudEvent, Instant, Message, Wire

ObjectType = Literal["webinar", "meeting"]
Origin = Literal["live", "backfill", "replay"]
AttendanceStatus = Literal["attended", "left_early", "no_show"]
RegistrationStatus = Literal["approved", "cancelled", "denied", "pending"]
Evidence = Literal["live", "report", "both"]
"""What attendance was worked out from: webhooks alone, Zoom's report alone, or both."""


class Identity(Wire):
    """How a person was recognised (attendance.md 3)."""

    rule: Literal["registrant", "email", "user"]
    """What decided: the registration's e-mail, the connection's own, or the Zoom user's."""
    registrant_id: str | None = None
    name: str | None = None
    """First name of the registration, else the first word of the display name; never used to recognise anybody."""


class Interaction(Wire):
    """Polls, questions and chat of one person; a kind that Zoom did not offer is ``None`` (attendance.md 6)."""

    polls_answered: int | None = None
    polls_offered: int | None = None
    questions_asked: int | None = None
    chat_messages: int | None = None


class AttendanceFact(Message):
    """What every record of `attendance.results.v1` carries; the key is `contact_id`."""

    contact_id: str
    email: str
    account_id: str
    object_id: str
    object_type: ObjectType
    topic: str
    host_id: str
    origin: Origin = "live"
    occurred_at: Instant
    """For a result E, for a registration the `event_ts` (or `create_time`) of its latest change."""


REGISTRANT_FIELDS = (
    "last_name",
    "org",
    "job_title",
    "industry",
    "country",
    "city",
    "no_of_employees",
    "role_in_purchase_process",
    "purchasing_time_frame",
    "comments",
)
"""What registrants tell of themselves beside first name and custom questions, as Zoom names it in webhooks and lists:
developers.zoom.us/docs/api/webinars/, "List webinar registrants", checked 2026-11-27."""


class Registration(AttendanceFact):
    """The current state of one registration of a webinar (attendance.md 5). Sent once it is or was approved."""

    cloud_event = CloudEvent("attendance.registration", time="occurred_at")
    kind: Literal["registration"] = "registration"
    registrant_id: str
    registration_status: RegistrationStatus
    revision: int
    """1, 2, … per registration; an older one never overwrites a newer."""
    retracted: bool = False
    """True: this registration is no longer this contact's (its e-mail changed, or a rule excludes it)."""
    before_end: bool = True
    """False: it was approved only after its session had ended."""
    starts_at: Instant | None = None
    """Start of its first occurrence, else the webinar's."""
    occurrences: tuple[str, ...] = ()
    registration_source: str | None = None
    """Marketing: the tracking source's name."""
    first_name: str | None = None
    last_name: str | None = None
    org: str | None = None
    job_title: str | None = None
    industry: str | None = None
    country: str | None = None
    """As Zoom sends it: two letters."""
    city: str | None = None
    no_of_employees: str | None = None
    """As the form offers it: `51-100`."""
    role_in_purchase_process: str | None = None
    purchasing_time_frame: str | None = None
    comments: str | None = None
    custom_questions: dict[str, str] = Field(default_factory=dict)
    observed: Literal["webhook", "list"]
    """Who said that it is approved: a webhook, or only Zoom's list (which may be old: no event follows from it)."""


class Result(AttendanceFact):
    """What one person did in one occurrence. `revision` grows with each change of it."""

    cloud_event = CloudEvent("attendance.result", time="occurred_at")
    kind: Literal["result"] = "result"
    session_uuid: str
    instances: tuple[str, ...]
    revision: int
    retracted: bool = False
    is_final: bool
    evidence: Evidence
    attendance_status: AttendanceStatus
    started_at: Instant
    ended_at: Instant
    length_seconds: int
    """Live time of the occurrence: gaps between its instances removed."""
    attended_seconds: int = 0
    intervals: tuple[tuple[int, int], ...] = ()
    """Presence as [from, to] in seconds since `started_at`, ordered, not overlapping, clipped to the live time."""
    first_join_at: Instant | None = None
    last_leave_at: Instant | None = None
    late_seconds: int | None = None
    """Live time before `first_join_at`: the gap between two instances does not count."""
    joins: int = 0
    assumed: bool = False
    """Some interval's end (or start) was not reported but follows from the rules."""
    interaction: Interaction | None = None
    identity: Identity | None = None


class Recording(AttendanceFact):
    """A cloud recording of an occurrence that the contact has a result in; told again when it changes.

    `occurred_at` is when Zoom had it ready: the `event_ts` of its `recording.completed`.
    """

    cloud_event = CloudEvent("attendance.recording", time="occurred_at")
    kind: Literal["recording"] = "recording"
    session_uuid: str
    instances: tuple[str, ...]
    share_url: str
    """For people. Without its query, which may hold a passcode."""
    minutes: int
    """What was recorded."""


Moment = Literal["started", "ended"]


class Notice(AttendanceFact):
    """An occurrence that concerns the contact has started, or ended: `occurred_at` is its S, or E. Never taken back."""

    cloud_event = CloudEvent("attendance.notice", time="occurred_at")
    kind: Literal["notice"] = "notice"
    session_uuid: str
    instances: tuple[str, ...]
    moment: Moment


SESSION_MARK = "session-"


def session_mark(object_id: str) -> str:
    """What stands in the place of a contact's id where a record is of a session: no contact's id has a hyphen."""
    return f"{SESSION_MARK}{object_id}"


class SessionRecording(AttendanceFact):
    """The cloud recording of an occurrence, told of the session as a whole, and again when it changes.

    `contact_id` is the session's mark, `email` is empty, `occurred_at` is when Zoom had it ready.
    """

    cloud_event = CloudEvent("attendance.session_recording", time="occurred_at")
    kind: Literal["session_recording"] = "session_recording"
    session_uuid: str
    instances: tuple[str, ...]
    share_url: str
    """For people. Without its query, which may hold a passcode."""
    minutes: int
    is_final: bool
    """Whether everybody's result is final."""


AnyFact = Registration | Result | Recording | Notice | SessionRecording
FACT: TypeAdapter[AnyFact] = TypeAdapter(Annotated[AnyFact, Field(discriminator="kind")])
"""Parses any record of `attendance.results.v1`: ``FACT.validate_json(value)``."""


class SessionCounts(Wire):
    """People of one occurrence, each in exactly one of attended, left early, no-shows, anonymous, excluded."""

    registered: int = 0
    """Registrations approved before E, excluded people aside."""
    attended: int = 0
    left_early: int = 0
    no_shows: int = 0
    anonymous: int = 0
    """Connections that lead to no e-mail: counted, never synced."""
    excluded: int = 0
    assumed: int = 0
    """People with an assumed interval."""


class Difference(Wire):
    """A contact of whom Zoom and Rollcall disagree whether they stayed away."""

    contact_id: str
    side: Literal["only_ours", "only_zoom"]
    """Who says that they did."""
    reason: str
    """What Rollcall knows of them, for people."""


class Reconciliation(Wire):
    """The final result against Zoom's own figures; a difference is told, never resolved: ours stands."""

    zoom_participants: int | None = None
    """Zoom's `participants_count` over all instances (it counts devices and rejoins); ``None``: not to be had."""
    zoom_absentees: int | None = None
    """Absent from every instance, as Zoom says; ``None``: no registration, or not to be had."""
    differences: tuple[Difference, ...] = ()
    truncated: bool = False
    """There are more differences than the record can hold."""


Outcome = Literal["found", "missing", "unavailable"]
"""`missing`: Zoom says that there is none. `unavailable`: it may not be asked (scope, plan, permission)."""


class InteractionSummary(Wire):
    """What people did beside listening, over all of them; told with the final result where it is read at all."""

    polls: Outcome
    questions: Outcome
    polls_offered: int
    """Those that somebody answered."""
    questions_asked: int
    chat_messages: int


class SessionSummary(Message):
    """One occurrence; key `<account_id>|<session_uuid>`, compacted: the latest record stands."""

    cloud_event = CloudEvent("attendance.session", time="ended_at")
    session_uuid: str
    instances: tuple[str, ...]
    account_id: str
    object_id: str
    object_type: ObjectType
    topic: str
    host_id: str
    origin: Origin = "live"
    started_at: Instant | None
    ended_at: Instant | None
    length_seconds: int
    end_assumed: bool = False
    is_final: bool
    evidence: Evidence = "live"
    retracted: bool = False
    counts: SessionCounts
    reconciliation: Reconciliation | None = None
    """With the final result."""
    interaction: InteractionSummary | None = None
    """With the final result, if `zoom_api.interaction` is on."""
