"""`attendance.sessions.v1`: the summary of one session."""

from __future__ import annotations

from typing import Literal

from schemas.attendance import Evidence, ObjectType, Origin, Scheduled
from schemas.lookups import Availability
from schemas.model import CloudEvent, Instant, Message, Wire


class SessionCounts(Wire):
    """People of one session, each in exactly one of attended, left early, no-shows, anonymous, excluded, outside."""

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
    outside: int = 0
    """People who were seen, but in nothing that counts: no result."""
    only_webhooks: int = 0
    """People whom the settled report of a run does not have, though webhooks do."""
    rehearsals: int = 0
    """Runs of the same date without an audience, which belong to no session."""
    rows_without_identity: int = 0
    """Rows of the report that lead to no e-mail."""


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


class InteractionSummary(Wire):
    """What people did beside listening, over all of them; told with the final result where it is read at all."""

    polls: Availability
    questions: Availability
    polls_offered: int
    """Those that somebody answered."""
    questions_asked: int
    chat_messages: int


SessionState = Literal["running", "ended", "live", "final"]
"""Where a session is: it is held; it is over, and results are being worked out; they stand as far as webhooks tell;
Zoom's report has settled them."""


class SessionRun(Wire):
    """One run of a session, from its start to its end at Zoom."""

    run_uuid: str
    is_main: bool
    """False: its audience is so small that it moves no start and no end."""
    started_at: Instant
    ended_at: Instant


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
    scheduled: Scheduled | None = None
    """The date that it was judged by, if there is one."""
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
    state: SessionState = "live"
    next_check_at: Instant | None = None
    """When it is looked at next without any news; ``None``: it is not."""
    waits_for: str = ""
    """Why it is not final yet, for people; empty when it waits for nothing."""
    runs: tuple[SessionRun, ...] = ()
    """In order of their start; none before the session was judged."""
