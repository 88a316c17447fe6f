"""What each contact must show in Brevo: attributes, lists and events (attendance.md 7 and 8). PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sandbox.truth.events import CAME, Booking, EventTruth, EventValue, ExpectedPair, came_or_not, recorded, registered
from sandbox.truth.evidence import SeenEvidence, gather
from sandbox.truth.recordings import RunRecording, recordings_held, recordings_told
from sandbox.truth.registrations import registrations_of
from sandbox.truth.rules import Rules
from sandbox.truth.schedule import DetailsAnswer, entries_of, had_dates
from sandbox.truth.scores import DatedScore, contact_score, session_score, tier, whole_minutes, why
from sandbox.truth.sessions import ExpectedSession, sessions_of
from sandbox.truth.visits import is_excluded_domain
from sandbox.zoom.state import ZoomState
from schemas.codec import contact_id
from schemas.instants import utc_date


@dataclass(frozen=True)
class ContactTruth:
    """One contact as it must be."""

    email: str
    status: str
    attributes: dict[str, EventValue]
    lists: frozenset[int]
    events: tuple[EventTruth, ...]
    mails: tuple[EventTruth, ...]
    """Transactional mails; the properties are the template's `params`."""
    attended_seconds: int | None = None
    """Of the latest session that they came to."""
    score: int | None = None
    """Of the latest session with a result."""
    contact_score: int | None = None
    tier: str | None = None
    why: str | None = None
    leftovers: dict[str, frozenset[EventValue]] = field(default_factory=dict)
    """Attributes for which nothing stands any more after a retraction: what Brevo may still hold."""
    may_be_missing: bool = False
    """True: all that there ever was of it was taken back."""

    @property
    def contact_id(self) -> str:
        """As in Kafka's keys and in logs."""
        return contact_id(self.email)


@dataclass(frozen=True)
class Truth:
    """All contacts by e-mail, and the sessions behind them."""

    contacts: dict[str, ContactTruth]
    sessions: tuple[ExpectedSession, ...]


@dataclass
class _Dossier:
    """What is known about one person over all sessions."""

    bookings: list[Booking] = field(default_factory=list)
    results: list[ExpectedPair] = field(default_factory=list)
    before: dict[tuple[str, str], ExpectedPair] = field(default_factory=dict)
    """What was published while reports were awaited, by the runs of its session."""

    @property
    def withdrawn(self) -> list[ExpectedPair]:
        """Published while reports were awaited, and taken back by them."""
        standing = {(session.object_type, uuid) for session, _ in self.results for uuid in session.given}
        gone = {key: result for key, result in self.before.items() if key not in standing}
        return list({(key[0], result[0].session_uuid): result for key, result in gone.items()}.values())

    @property
    def approved(self) -> list[Booking]:
        """Registrations that are or were, the latest last."""
        ever = [booking for booking in self.bookings if booking.registration.ever_approved]
        return sorted(ever, key=lambda booking: booking.registration.latest.at_ms)


def truth_of(
    bodies: Iterable[bytes],
    zoom: ZoomState,
    rules: Rules | None = None,
    earlier: Iterable[tuple[int, ZoomState]] = (),
) -> Truth:
    """What must be true once everything is settled, from the set of webhooks sent and from what Zoom answers.

    Order and repeats of the bodies make no difference.

    Args:
        bodies: the webhooks.
        zoom: what Zoom answers in the end.
        rules: the settings.
        earlier: what Zoom answered before about the details of webinars, with the second in which it was asked.
    """
    rules, bodies = rules or Rules(), list(bodies)
    recordings = recordings_told(bodies) or (recordings_held(zoom) if rules.use_report else {})
    states = [*earlier, (float("inf") if rules.now is None else rules.now, zoom)]
    dossiers: dict[str, _Dossier] = {}
    held: list[ExpectedSession] = []
    own: set[str] = set()
    for evidence in gather(bodies, zoom):
        held += _add(evidence, states, dossiers, rules)
        own |= evidence.account.emails
    contacts = {
        email: _contact(email, dossier, recordings, rules)
        for email, dossier in sorted(dossiers.items())
        if not (rules.exclude_internal and email in own)
        and not is_excluded_domain(email, rules)
        and (dossier.results or dossier.withdrawn or dossier.approved)
    }
    return Truth(contacts, tuple(held))


def _add(
    evidence: SeenEvidence, states: list[tuple[float, ZoomState]], dossiers: dict[str, _Dossier], rules: Rules
) -> list[ExpectedSession]:
    """Files what one id says about everybody; its sessions."""
    answered = [(at, state.session(evidence.object_type, evidence.object_id)) for at, state in states]
    readings = [DetailsAnswer(at, known[0].details) for at, known in answered if known is not None]
    is_webinar = evidence.object_type == "webinar"
    entries = entries_of(evidence.session_type, evidence.plans, readings) if is_webinar else []
    has_schedule = had_dates(evidence.session_type, entries, readings)
    sessions = sessions_of(evidence, entries, rules, has_schedule=has_schedule)
    for session in sessions:
        for email, attendance in session.people.items():
            dossiers.setdefault(email, _Dossier()).results.append((session, attendance))
    if rules.use_report:
        live = replace(rules, use_report=False)
        for session in sessions_of(evidence, entries, live, has_schedule=has_schedule):
            for email, attendance in session.people.items():
                for uuid in session.given:
                    key = (evidence.object_type, uuid)
                    dossiers.setdefault(email, _Dossier()).before[key] = (session, attendance)
    if is_webinar:
        for registration in registrations_of(evidence.registrations).values():
            booking = Booking(registration, evidence.object_id, evidence.topic, tuple(entries), tuple(sessions))
            if registration.email is not None:
                dossiers.setdefault(registration.email, _Dossier()).bookings.append(booking)
    return sessions


def _contact(email: str, dossier: _Dossier, recordings: dict[str, RunRecording], rules: Rules) -> ContactTruth:
    approved, withdrawn = dossier.approved, dossier.withdrawn
    results = _in_order(dossier.results)
    told = () if email in rules.unmailed else tuple(recorded(results, recordings, rules))
    contact = replace(
        _shown(email, approved, results, rules),
        lists=_lists(approved, results, rules),
        events=(
            *registered(approved),
            *came_or_not(results, dossier.before, rules),
            *(replace(event, may_be_missing=True) for event in came_or_not(withdrawn, {}, rules)),
            *(() if rules.recordings_by_mail else told),
        ),
        mails=told if rules.recordings_by_mail else (),
    )
    if not withdrawn:
        return contact
    before = _shown(email, approved, _in_order([*dossier.results, *withdrawn]), rules).attributes
    nothing = {name: value for name, value in _nothing(rules).items() if name is not None}
    left = {name: {value, nothing.get(name, value)} for name, value in before.items() if name not in contact.attributes}
    return replace(
        contact,
        leftovers={name: frozenset(values) for name, values in left.items()},
        may_be_missing=not results and not approved,
    )


def _in_order(results: list[ExpectedPair]) -> list[ExpectedPair]:
    return sorted(results, key=lambda pair: (pair[0].ended_at, pair[0].session_uuid))


def _nothing(rules: Rules) -> dict[str | None, EventValue]:
    """What counts and scores are once nothing is left of them."""
    names = rules.attributes
    counts = (names.engagement_score, names.webinars_attended, names.meetings_attended, names.no_shows)
    return {**dict.fromkeys(counts, 0), names.engagement_tier: "cold"}


def _shown(email: str, approved: list[Booking], results: list[ExpectedPair], rules: Rules) -> ContactTruth:
    """A contact's attributes and figures; `results` are in order."""
    names = rules.attributes
    shown: dict[str | None, EventValue | None] = {
        names.registration_source: _source(approved),
        names.webinar_title: approved[-1].topic if approved else None,
        names.name: _name(approved, results),
        names.attendance_status: _registered_status(approved),
    }
    truth = ContactTruth(email, _registered_status(approved), {}, frozenset(), (), ())
    if results:
        truth = _figured(truth, results, rules)
        shown |= _counted(results, rules)
        titles = [session.topic for session, _ in results if session.object_type == "webinar"]
        shown[names.webinar_title] = titles[-1] if titles else shown[names.webinar_title]
        shown[names.duration] = whole_minutes(truth.attended_seconds) if truth.attended_seconds is not None else None
        shown[names.engagement_score] = truth.contact_score
        shown[names.engagement_tier] = truth.tier
        shown[names.engagement_why] = truth.why
        shown[names.attendance_status] = truth.status
    told = {name: value for name, value in shown.items() if name is not None and value not in (None, "")}
    return replace(truth, attributes=told)


def _figured(truth: ContactTruth, results: list[ExpectedPair], rules: Rules) -> ContactTruth:
    """With what the results come to; the last one is the latest."""
    scored = [
        DatedScore(session_score(attendance.presence, rules), utc_date(session.ended_at))
        for session, attendance in results
    ]
    latest, came = results[-1][1].presence, _came(results)
    return replace(
        truth,
        status=latest.status,
        attended_seconds=came[-1][1].presence.attended_seconds if came else None,
        score=scored[-1].score,
        contact_score=contact_score(scored, scored[-1].ended_on, rules),
        tier=tier(scored, rules),
        why=why(latest),
    )


def _counted(results: list[ExpectedPair], rules: Rules) -> dict[str | None, EventValue | None]:
    names, came = rules.attributes, _came(results)
    attended = [session.object_type for session, _ in came]
    return {
        names.join_time: _join_date(came, rules),
        names.webinars_attended: attended.count("webinar"),
        names.meetings_attended: attended.count("meeting"),
        names.no_shows: len(results) - len(came),
    }


def _came(results: list[ExpectedPair]) -> list[ExpectedPair]:
    return [pair for pair in results if pair[1].presence.status in CAME]


def _registered_status(approved: list[Booking]) -> str:
    """By the latest registration; one that was approved and then refused is shown as cancelled."""
    if not approved:
        return ""
    return "registered" if approved[-1].registration.latest.status == "approved" else "cancelled"


def _source(approved: list[Booking]) -> str | None:
    sources = [booking.registration.source for booking in approved if booking.registration.source]
    return sources[-1] if sources else None


def _name(approved: list[Booking], results: list[ExpectedPair]) -> str | None:
    for booking in reversed(approved):
        if booking.registration.latest.first_name:
            return booking.registration.latest.first_name
    return next((attendance.name for _, attendance in reversed(results) if attendance.name), None)


def _join_date(came: list[ExpectedPair], rules: Rules) -> str | None:
    """The day of the latest first join, where the webinar or meeting is at home."""
    joins = [(session, attendance.first_join) for session, attendance in came if attendance.first_join is not None]
    if not joins:
        return None
    session, at = joins[-1]
    name = session.timezone if rules.date_zone == "webinar" else rules.date_zone
    return datetime.fromtimestamp(at, _zone(name)).date().isoformat()


def _zone(name: str) -> tzinfo:
    """UTC for none, and for one that nobody knows."""
    try:
        return ZoneInfo(name) if name and name != "utc" else UTC
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def _lists(approved: list[Booking], results: list[ExpectedPair], rules: Rules) -> frozenset[int]:
    wanted: set[int | None] = set()
    if any(booking.registration.latest.status == "approved" for booking in approved):
        wanted.add(rules.lists.webinar_registrants)
    for session, attendance in results:
        if attendance.presence.status == "no_show":
            wanted.add(rules.lists.webinar_no_shows)
        elif session.object_type == "webinar":
            wanted.add(rules.lists.webinar_attendees)
        else:
            wanted.add(rules.lists.meeting_participants)
    return frozenset(list_id for list_id in wanted if list_id is not None)
