"""What each contact must show in Brevo: attributes, lists and events (attendance.md 7 and 8). PURE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from sandbox.truth.evidence import Evidence, RegistrationFact, gather
from sandbox.truth.recordings import Recording, recordings_held, recordings_told
from sandbox.truth.rules import Rules
from sandbox.truth.scores import Scored, contact_score, session_score, tier, whole_minutes, why
from sandbox.truth.sessions import Attendance, Occurrence, occurrences, registration_emails
from sandbox.zoom.state import ZoomState
from schemas.codec import contact_id, normalise_email
from schemas.instants import format_instant, utc_date

Value = str | int
_CAME = ("attended", "left_early")


@dataclass(frozen=True)
class EventTruth:
    """An event that Brevo must hold exactly once for the contact."""

    name: str
    at: int
    """`event_date`, seconds since 1970."""
    properties: dict[str, Value]
    may_be_missing: bool = False
    """True: whether it was sent depends on whether a cancellation was already known, so either is right."""
    alternatives: tuple[EventTruth, ...] = ()
    """Just as right: which of several recordings of one occurrence is told depends on which was known first."""


@dataclass(frozen=True)
class ContactTruth:
    """One contact as it must be."""

    email: str
    status: str
    attributes: dict[str, Value]
    lists: frozenset[int]
    events: tuple[EventTruth, ...]
    mails: tuple[EventTruth, ...]
    """Transactional mails; the properties are the template's `params`."""
    attended_seconds: int | None = None
    """Of the latest occurrence that they came to."""
    score: int | None = None
    """Of the latest occurrence with a result."""
    contact_score: int | None = None
    tier: str | None = None
    why: str | None = None

    @property
    def contact_id(self) -> str:
        """As in Kafka's keys and in logs."""
        return contact_id(self.email)


@dataclass(frozen=True)
class Truth:
    """All contacts by e-mail, and the occurrences behind them."""

    contacts: dict[str, ContactTruth]
    occurrences: tuple[Occurrence, ...]


@dataclass
class _Registration:
    facts: list[RegistrationFact]
    evidence: Evidence

    @property
    def latest(self) -> RegistrationFact:
        return max(self.facts, key=lambda fact: fact.order)

    @property
    def ever_approved(self) -> bool:
        return any(fact.status == "approved" for fact in self.facts)

    @property
    def source(self) -> str | None:
        sources = [fact for fact in self.facts if fact.source]
        return max(sources, key=lambda fact: fact.order).source if sources else None


@dataclass
class _Dossier:
    """What is known about one person over all sessions."""

    registrations: list[_Registration] = field(default_factory=list)
    results: list[tuple[Occurrence, Attendance]] = field(default_factory=list)


def truth_of(bodies: Iterable[bytes], zoom: ZoomState, rules: Rules | None = None) -> Truth:
    """What must be true once everything is settled, from the set of webhooks sent and from what Zoom answers.

    Order and repeats of the bodies make no difference.
    """
    rules, bodies = rules or Rules(), list(bodies)
    recordings = recordings_told(bodies) or (recordings_held(zoom) if rules.use_report else {})
    users = {email: user.get("id") for user in zoom.users if (email := normalise_email(user.get("email")))}
    dossiers: dict[str, _Dossier] = {}
    held: list[Occurrence] = []
    for evidence in gather(bodies, zoom, use_report=rules.use_report):
        for occurrence in occurrences(evidence, users, rules):
            held.append(occurrence)
            for email, attendance in occurrence.people.items():
                dossiers.setdefault(email, _Dossier()).results.append((occurrence, attendance))
        for email, registration in _registrations(evidence):
            dossiers.setdefault(email, _Dossier()).registrations.append(registration)
    contacts = {
        email: _contact(email, dossier, held, recordings, rules)
        for email, dossier in sorted(dossiers.items())
        if not (rules.exclude_internal and email in users)
        and email.partition("@")[2] not in rules.exclude_domains
        and (dossier.results or any(each.ever_approved for each in dossier.registrations))
    }
    return Truth(contacts, tuple(held))


def _registrations(evidence: Evidence) -> list[tuple[str, _Registration]]:
    """Registrations of a webinar with their e-mail; those of meetings serve identity only."""
    if evidence.object_type != "webinar":
        return []
    addresses = registration_emails(evidence.registrations)
    facts: dict[str, list[RegistrationFact]] = {}
    for fact in evidence.registrations:
        facts.setdefault(fact.registrant_id, []).append(fact)
    return [(addresses[key], _Registration(each, evidence)) for key, each in facts.items() if key in addresses]


def _contact(
    email: str, dossier: _Dossier, held: list[Occurrence], recordings: dict[str, Recording], rules: Rules
) -> ContactTruth:
    results = sorted(dossier.results, key=lambda pair: (pair[0].ended_at, pair[0].session_uuid))
    approved = sorted(
        (each for each in dossier.registrations if each.ever_approved), key=lambda each: each.latest.at_ms
    )
    shown: dict[str | None, Value | None] = {}
    names = rules.attributes
    status = _registered_status(approved)
    score = points = grade = sentence = seconds = None
    sources = [each.source for each in approved if each.source]
    shown[names.registration_source] = sources[-1] if sources else None
    shown[names.webinar_title] = approved[-1].evidence.topic if approved else None
    shown[names.name] = _name(approved, results)
    if results:
        status = results[-1][1].presence.status
        scored = [
            Scored(session_score(attendance.presence, rules), utc_date(occurrence.ended_at))
            for occurrence, attendance in results
        ]
        score, points = scored[-1].score, contact_score(scored, scored[-1].ended_on, rules)
        grade, sentence = tier(scored, rules), why(results[-1][1].presence)
        came = [pair for pair in results if pair[1].presence.status in _CAME]
        seconds = came[-1][1].presence.attended_seconds if came else None
        joins = [attendance.first_join for _, attendance in came if attendance.first_join is not None]
        titles = [occurrence.topic for occurrence, _ in results if occurrence.object_type == "webinar"]
        shown[names.webinar_title] = titles[-1] if titles else shown[names.webinar_title]
        shown[names.duration] = whole_minutes(seconds) if seconds is not None else None
        shown[names.join_time] = utc_date(joins[-1]).isoformat() if joins else None
        shown[names.engagement_score] = points
        shown[names.engagement_tier] = grade
        shown[names.engagement_why] = sentence
        shown[names.webinars_attended] = sum(1 for occurrence, _ in came if occurrence.object_type == "webinar")
        shown[names.meetings_attended] = sum(1 for occurrence, _ in came if occurrence.object_type == "meeting")
        shown[names.no_shows] = len(results) - len(came)
    shown[names.attendance_status] = status
    told = () if email in rules.unmailed else tuple(_recorded(results, recordings, rules))
    return ContactTruth(
        email=email,
        status=status,
        attributes={name: value for name, value in shown.items() if name is not None and value not in (None, "")},
        lists=_lists(approved, results, rules),
        events=(
            *_registered(approved, held),
            *_came_or_not(results, rules),
            *(() if rules.recordings_by_mail else told),
        ),
        mails=told if rules.recordings_by_mail else (),
        attended_seconds=seconds,
        score=score,
        contact_score=points,
        tier=grade,
        why=sentence,
    )


def _registered_status(approved: list[_Registration]) -> str:
    """By the latest registration; one that was approved and then refused is shown as cancelled."""
    if not approved:
        return ""
    return "registered" if approved[-1].latest.status == "approved" else "cancelled"


def _name(approved: list[_Registration], results: list[tuple[Occurrence, Attendance]]) -> str | None:
    for registration in reversed(approved):
        if registration.latest.first_name:
            return registration.latest.first_name
    return next((attendance.name for _, attendance in reversed(results) if attendance.name), None)


def _lists(approved: list[_Registration], results: list[tuple[Occurrence, Attendance]], rules: Rules) -> frozenset[int]:
    wanted: set[int | None] = set()
    if any(each.latest.status == "approved" for each in approved):
        wanted.add(rules.lists.webinar_registrants)
    for occurrence, attendance in results:
        if attendance.presence.status == "no_show":
            wanted.add(rules.lists.webinar_no_shows)
        elif occurrence.object_type == "webinar":
            wanted.add(rules.lists.webinar_attendees)
        else:
            wanted.add(rules.lists.meeting_participants)
    return frozenset(each for each in wanted if each is not None)


def _registered(approved: list[_Registration], held: list[Occurrence]) -> list[EventTruth]:
    events = []
    for registration in approved:
        object_id = registration.evidence.object_id
        ends = [each.ended_at for each in held if each.object_id == object_id and each.object_type == "webinar"]
        said = [
            fact
            for fact in registration.facts
            if fact.by_webhook and fact.status == "approved" and (not ends or fact.at_ms < max(ends) * 1_000)
        ]
        if not said:
            continue
        fact = min(said, key=lambda each: each.at_ms)
        properties: dict[str, Value] = {"object_id": object_id, "topic": registration.evidence.topic}
        if fact.starts_at is not None:
            properties["starts_at"] = format_instant(fact.starts_at)
        if registration.source:
            properties["source"] = registration.source
        cancelled = any(each.status == "cancelled" for each in registration.facts)
        events.append(EventTruth("zoom_webinar_registered", fact.at_ms // 1_000, properties, cancelled))
    return events


def _came_or_not(results: list[tuple[Occurrence, Attendance]], rules: Rules) -> list[EventTruth]:
    events = []
    for occurrence, attendance in results:
        presence = attendance.presence
        properties: dict[str, Value] = {
            "session_uuid": occurrence.session_uuid,
            "object_id": occurrence.object_id,
            "topic": occurrence.topic,
            "started_at": format_instant(occurrence.started_at),
            "ended_at": format_instant(occurrence.ended_at),
            "status": presence.status,
        }
        name = "zoom_webinar_no_show"
        if presence.status in _CAME:
            name = f"zoom_{occurrence.object_type}_attended"
            properties["minutes"] = whole_minutes(presence.attended_seconds)
            properties["score"] = session_score(presence, rules)
            if attendance.first_join is not None:
                properties["join_time"] = format_instant(attendance.first_join)
        events.append(EventTruth(name, occurrence.ended_at, properties))
    return events


def _recorded(
    results: list[tuple[Occurrence, Attendance]], recordings: dict[str, Recording], rules: Rules
) -> Iterator[EventTruth]:
    """The longest recording of each occurrence, or another one of it that was known earlier."""
    for occurrence, attendance in results:
        known = [recordings[uuid] for uuid in occurrence.instances if uuid in recordings]
        if not known or attendance.presence.status not in rules.recordings:
            continue
        known.sort(key=lambda each: (each.minutes, each.at, each.share_url), reverse=True)
        right = [_told(occurrence, attendance, each, rules) for each in known]
        yield replace(right[0], alternatives=tuple(right[1:]))


def _told(occurrence: Occurrence, attendance: Attendance, recording: Recording, rules: Rules) -> EventTruth:
    properties: dict[str, Value] = {
        "session_uuid": occurrence.session_uuid,
        "object_id": occurrence.object_id,
        "topic": occurrence.topic,
        "share_url": recording.share_url,
        "minutes": recording.minutes,
    }
    if rules.recordings_by_mail:
        properties["status"] = attendance.presence.status
    return EventTruth("zoom_recording_ready", recording.at, properties)
