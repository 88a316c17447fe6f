"""The events that Brevo must hold of a contact (attendance.md 8). PURE."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from sandbox.truth.recordings import RunRecording, told_of
from sandbox.truth.registrations import RegistrantHistory, RegistrationFact
from sandbox.truth.rules import Rules
from sandbox.truth.schedule import BookedEntry
from sandbox.truth.scores import session_score, whole_minutes
from sandbox.truth.sessions import ExpectedAttendance, ExpectedSession
from schemas.instants import format_instant

EventValue = str | int
ExpectedPair = tuple[ExpectedSession, ExpectedAttendance]
CAME = ("attended", "left_early")


@dataclass(frozen=True)
class EventTruth:
    """An event that Brevo must hold exactly once for the contact."""

    name: str
    at: int
    """`event_date`, seconds since 1970."""
    properties: dict[str, EventValue]
    may_be_missing: bool = False
    """True: whether it was sent depends on whether a cancellation was already known, so either is right."""
    alternatives: tuple[EventTruth, ...] = ()
    """Just as right: what was true when it was sent depends on what was known then."""


@dataclass(frozen=True)
class Booking:
    """A registration, with what is known of its webinar."""

    registration: RegistrantHistory
    object_id: str
    topic: str
    entries: tuple[BookedEntry, ...]
    sessions: tuple[ExpectedSession, ...]


def registered(bookings: Iterable[Booking]) -> list[EventTruth]:
    """One for each registration that a webhook says is approved, before its webinar is over."""
    events = []
    for booking in bookings:
        registration = booking.registration
        end = _end_of(booking)
        said = [
            fact
            for fact in registration.facts
            if fact.by_webhook and fact.status == "approved" and (end is None or fact.at_ms < end * 1_000)
        ]
        if not said:
            continue
        fact = min(said, key=lambda fact: fact.at_ms)
        cancelled = any(fact.status == "cancelled" for fact in registration.facts)
        right = [
            EventTruth("zoom_webinar_registered", fact.at_ms // 1_000, properties, cancelled)
            for properties in _properties(booking, fact)
        ]
        events.append(replace(right[0], alternatives=tuple(right[1:])))
    return events


def _end_of(booking: Booking) -> int | None:
    """E of the last entry that it counts for; ``None`` while one of them is still to come."""
    registration, sessions = booking.registration, booking.sessions
    if not booking.entries:
        return max((session.ended_at for session in sessions), default=None)
    ends = []
    for entry in booking.entries:
        if not registration.counts_for(entry.occurrence_id, entry.starts):
            continue
        held = [session for session in sessions if session.occurrence_id == entry.occurrence_id]
        latest = entry.latest
        if latest is None or all(session.scheduled_at != latest.start for session in held):
            return None
        ends += [session.ended_at for session in held]
    return max(ends, default=None)


def _properties(booking: Booking, fact: RegistrationFact) -> list[dict[str, EventValue]]:
    """Of a webinar that was moved, its start as it was said then, or as it stands now: either is right."""
    named = {name for name, _ in fact.occurrences}
    said = min((at for _, at in fact.occurrences if at is not None), default=fact.starts_at)
    entries = [entry for entry in booking.entries if entry.occurrence_id in named] or [
        entry for entry in booking.entries if not entry.occurrence_id
    ]
    now = min((entry.latest.start for entry in entries if entry.latest is not None), default=said)
    common: dict[str, EventValue] = {"object_id": booking.object_id, "topic": booking.topic}
    if booking.registration.source:
        common["source"] = booking.registration.source
    return [
        common if start is None else {**common, "starts_at": format_instant(start)}
        for start in dict.fromkeys([said, now])
    ]


def came_or_not(
    results: Iterable[ExpectedPair], before: Mapping[tuple[str, str], ExpectedPair], rules: Rules
) -> list[EventTruth]:
    """One for each result. Who came is told of with the first result that said so.

    Args:
        results: as they stand in the end.
        before: what was published while reports were still awaited, by e-mail's session: any of its runs.
        rules: for the score.
    """
    events = []
    for session, attendance in results:
        now = _result_event(session, attendance, rules)
        first = next(
            (before[key] for uuid in sorted(session.given) if (key := (session.object_type, uuid)) in before), None
        )
        if first is None or first[1].presence.status not in CAME or attendance.presence.status not in CAME:
            events.append(now)
            continue
        then = _result_event(*first, rules)
        events.append(then if then == now else replace(then, alternatives=(now,)))
    return events


def _result_event(session: ExpectedSession, attendance: ExpectedAttendance, rules: Rules) -> EventTruth:
    presence = attendance.presence
    properties: dict[str, EventValue] = {
        "session_uuid": session.session_uuid,
        "object_id": session.object_id,
        "topic": session.topic,
        "started_at": format_instant(session.started_at),
        "ended_at": format_instant(session.ended_at),
        "status": presence.status,
    }
    name = "zoom_webinar_no_show"
    if presence.status in CAME:
        name = f"zoom_{session.object_type}_attended"
        properties["minutes"] = whole_minutes(presence.attended_seconds)
        properties["score"] = session_score(presence, rules)
        if attendance.first_join is not None:
            properties["join_time"] = format_instant(attendance.first_join)
    return EventTruth(name, session.ended_at, properties)


def recorded(results: Iterable[ExpectedPair], recordings: Mapping[str, RunRecording], rules: Rules) -> list[EventTruth]:
    """The longest recording of each session."""
    events = []
    for session, attendance in results:
        told = told_of(session, recordings, rules)
        if told is None or attendance.presence.status not in rules.recordings:
            continue
        properties: dict[str, EventValue] = {
            "session_uuid": session.session_uuid,
            "object_id": session.object_id,
            "topic": session.topic,
            "share_url": told.longest.share_url,
            "minutes": told.longest.minutes,
            "parts": told.parts,
        }
        if rules.recordings_by_mail:
            properties["status"] = attendance.presence.status
        events.append(EventTruth("zoom_recording_ready", told.longest.at, properties))
    return events
