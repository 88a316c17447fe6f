"""`attendance.results.v1`: one fact about one contact, or about all of a session (schemas/sessions.py: its summary)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from schemas.model import CloudEvent, Instant, Message, Wire

ObjectType = Literal["webinar", "meeting"]
Origin = Literal["live", "backfill", "backfill_with_events", "replay"]
"""Who brought a fact first: Zoom, a back-fill (`rollcall backfill --events` is the second), or a replay of what was
received before. Of a back-fill no event is sent, of a replay none that is older than `brevo.max_effect_age`."""
AttendanceStatus = Literal["attended", "left_early", "no_show"]
RegistrationStatus = Literal["approved", "cancelled", "denied", "pending"]
Evidence = Literal["live", "report", "both"]
"""What attendance was worked out from: webhooks alone, Zoom's report alone, or both."""


ResultReason = Literal["present_to_the_end", "left_before_the_end", "below_the_minimum", "approved_and_not_seen"]
"""Why a result is what it is; `below_the_minimum`: to the end, but for less than `sessions.attended_minimum`."""
RetractionReason = Literal[
    "excluded", "outside", "anonymous", "not_registered", "elsewhere", "not_yet", "no_session", "recomputed"
]  # fmt: skip
"""Why a result must not stand: a rule leaves the person out; they were in nothing that counts; nothing leads to an
address; no approved registration does (or to another address now); there was nothing to stay away from, or they were in
an earlier session of the date; nobody is judged yet; it is of no session (a practice, a rehearsal, merged);
a state that was rebuilt by other rules, and is live now, does not have it."""


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
    approved_at: Instant | None = None
    """The first approval that a webhook told of, else the list's."""
    revision: int
    """1, 2, … per registration; an older one never overwrites a newer."""
    retracted: bool = False
    """True: this registration is no longer this contact's (its e-mail changed, or a rule excludes it)."""
    before_end: bool = True
    """False: it was approved only after the last session that it is for had ended."""
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


class Scheduled(Wire):
    """The date of a webinar's schedule that a session was judged by."""

    occurrence_id: str | None = None
    """``None`` of a webinar with one date."""
    starts_at: Instant
    duration_seconds: int


class RunEvidence(Wire):
    """What is known of one person in one run of a session, in counts."""

    run_uuid: str
    is_main: bool
    """False: its audience is so small that it moves no start and no end."""
    webhooks: int = 0
    """Connections that webhooks told of and that count."""
    report_rows: int = 0
    """Rows of Zoom's report that count."""
    report: Literal["settled", "not_to_be_had", "awaited"]
    """Of the run, whoever is in it."""


class Result(AttendanceFact):
    """What one person did in one session. `revision` grows with each change of it."""

    cloud_event = CloudEvent("attendance.result", time="occurred_at")
    kind: Literal["result"] = "result"
    session_uuid: str
    instances: tuple[str, ...]
    given: tuple[str, ...] = ()
    """All runs that were given to the session's date, rehearsals too: what was told for one is told for the session."""
    revision: int
    retracted: bool = False
    retraction_reason: RetractionReason | None = None
    """Of a retracted one."""
    is_final: bool
    evidence: Evidence
    attendance_status: AttendanceStatus
    reason: ResultReason | None = None
    """``None`` of a retracted one."""
    judged_at: Instant
    """When it was worked out."""
    scheduled: Scheduled | None = None
    """The date that it was judged by, if there is one."""
    runs: tuple[RunEvidence, ...] = ()
    """Of the session, in order of their start."""
    time_zone: str | None = None
    """The webinar's or meeting's, as Zoom gives it."""
    started_at: Instant
    ended_at: Instant
    length_seconds: int
    """Live time: the main runs, gaps between them removed, and what lies before the scheduled start of one whose doors
    were opened early."""
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
    """The cloud recording of a session that the contact has a final result in; told once.

    `occurred_at` is when Zoom had it ready: the `event_ts` of its `recording.completed`.
    """

    cloud_event = CloudEvent("attendance.recording", time="occurred_at")
    kind: Literal["recording"] = "recording"
    session_uuid: str
    instances: tuple[str, ...]
    share_url: str
    """For people: of the longest. Without its query, which may hold a passcode."""
    minutes: int
    """What was recorded in the longest."""
    parts: int = 1
    """How many main runs have a recording."""
    given: tuple[str, ...] = ()
    """All runs that were given to the session's date, rehearsals too."""


Moment = Literal["started", "ended"]


class Notice(AttendanceFact):
    """An occurrence that concerns the contact has started, or ended: `occurred_at` is its S, or E. Never taken back."""

    cloud_event = CloudEvent("attendance.notice", time="occurred_at")
    kind: Literal["notice"] = "notice"
    session_uuid: str
    instances: tuple[str, ...]
    moment: Moment


SESSION_PREFIX = "session-"


def session_stand_in(object_id: str) -> str:
    """What stands in the place of a contact's id where a record is of a session: no contact's id has a hyphen."""
    return f"{SESSION_PREFIX}{object_id}"


class SessionRecording(AttendanceFact):
    """The cloud recording of a session whose results are final, told of the session as a whole, once.

    `contact_id` is the session's stand-in, `email` is empty, `occurred_at` is when Zoom had it ready.
    """

    cloud_event = CloudEvent("attendance.session_recording", time="occurred_at")
    kind: Literal["session_recording"] = "session_recording"
    session_uuid: str
    instances: tuple[str, ...]
    share_url: str
    """For people: of the longest, without its query."""
    minutes: int
    parts: int = 1
    given: tuple[str, ...] = ()
    is_final: bool
    """Whether everybody's result is final."""


AnyFact = Registration | Result | Recording | Notice | SessionRecording
FACT: TypeAdapter[AnyFact] = TypeAdapter(Annotated[AnyFact, Field(discriminator="kind")])
"""Parses any record of `attendance.results.v1`: ``FACT.validate_json(value)``."""
