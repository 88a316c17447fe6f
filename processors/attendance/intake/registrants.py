"""Registrations of webinars: take in what was said, publish each contact's state once it is or was approved. PURE.

Registrations of meetings serve identity only and are not published (attendance.md 5).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

from processors.attendance.book.keys import TABLE, key, last_part, prefix
from processors.attendance.intake.asked import CHUNK, Subject, ask, details, identity, note_starts, scheduled_starts
from processors.attendance.rules.facts import Converted, Registered
from processors.attendance.rules.filters import Described, judge
from processors.attendance.rules.occurrences import Occurrence, scheduled_start
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.settings import TrackingSettings
from processors.engine.view import View
from schemas.attendance import REGISTRANT_FIELDS, ObjectType, Registration
from schemas.codec import contact_id, pack, unpack
from schemas.instants import as_datetime
from schemas.topics import ATTENDANCE_RESULTS


@dataclass(slots=True)
class Published:
    """What the world was last told about a registration."""

    revision: int
    digest: str
    email: str
    retracted: bool


class Registrants:
    """Keeps and publishes the registrations of an object."""

    def __init__(self, settings: TrackingSettings) -> None:
        self._settings = settings

    def take(self, view: View, fact: Registered, *, webhook: bool) -> bool:
        """Take in what a webhook or Zoom's list says; false when it was known."""
        object_id = fact.session.object_id
        row_key = key("g", object_id, fact.registrant_id)
        row = RegistrationRow.from_bytes(view.get(TABLE, row_key))
        old_email = row.email
        if not row.add(fact, webhook=webhook):
            return False
        view.put(TABLE, row_key, row.to_bytes())
        note_starts(view, object_id, fact.occurrences)
        view.delete(TABLE, key("u", object_id, fact.registrant_id))
        if row.email != old_email:
            if old_email is not None:
                view.delete(TABLE, key("q", object_id, contact_id(old_email), fact.registrant_id))
            if row.email is not None:
                view.put(TABLE, key("q", object_id, contact_id(row.email), fact.registrant_id), b"1")
        return True

    def converted(self, view: View, fact: Converted, now_ms: int) -> None:
        """A webinar became a meeting or the other way round: its registrations are withdrawn, or told of."""
        session = fact.session
        row_key = key("o", session.object_id)
        data = view.get(TABLE, row_key)
        if data is not None and unpack(data)[0] >= session.event_ts:
            return
        view.put(TABLE, row_key, pack([session.event_ts, fact.object_type]))
        subject = Subject(session.account_id, session.object_id, fact.object_type)
        registrations = view.scan(TABLE, prefix("g", session.object_id))
        self.publish(view, subject, [last_part(row_key) for row_key, _data in registrations], (), now_ms)

    def _passes_filters(self, view: View, subject: Subject, row: RegistrationRow) -> bool:
        known = details(view, subject.object_id)
        described = Described(
            object_type=subject.object_type,
            zoom_type=known.zoom_type,
            topic=row.detail("topic") or known.topic,
            host_id=row.detail("host_id") or known.host_id,
            host_email=known.host_email,
            tracking_fields=dict(known.tracking_fields),
        )
        return judge(self._settings.filters, described).wanted

    def publish(
        self,
        view: View,
        subject: Subject,
        registrant_ids: Iterable[str],
        occurrences: Iterable[Occurrence],
        now_ms: int,
    ) -> None:
        """Tell of registrations of which there is news to tell.

        An own user is never a contact, so where own users are left out the look-up of the address comes first; its
        answer leads here again.
        """
        subject = replace(subject, object_type=converted_type(view, subject.object_id) or subject.object_type)
        known_occurrences = list(occurrences)
        rows = ((each, view.get(TABLE, key("g", subject.object_id, each))) for each in registrant_ids)
        unknown = {
            email
            for registrant_id, data in rows
            if (row := RegistrationRow.from_bytes(data)).email is not None
            and (email := self._publish_one(view, subject, registrant_id, row, known_occurrences)) is not None
        }
        ordered = sorted(unknown)
        for start in range(0, len(ordered), CHUNK):
            emails = ordered[start : start + CHUNK]
            scope = f"registered|{contact_id(emails[0])}|{now_ms}"
            ask(view, subject, "identities", scope, now_ms, emails=emails)

    def _publish_one(
        self,
        view: View,
        subject: Subject,
        registrant_id: str,
        row: RegistrationRow,
        occurrences: list[Occurrence],
    ) -> str | None:
        """Tell of one registration; the e-mail to ask about when that has to come first."""
        published = self._published(view, subject.object_id, registrant_id)
        if published is None and (not row.ever_approved or subject.object_type != "webinar"):
            return None
        assert row.email is not None
        wanted = subject.object_type == "webinar" and not self._settings.filters.excludes(row.email)
        wanted = wanted and self._passes_filters(view, subject, row)
        if wanted and self._settings.exclude_internal:
            known = identity(view, subject.object_id, "e", contact_id(row.email))
            if known is None:
                return row.email
            wanted = not known[0]
        self._emit(view, subject, registrant_id, row, occurrences, published, wanted=wanted)
        return None

    def _emit(
        self,
        view: View,
        subject: Subject,
        registrant_id: str,
        row: RegistrationRow,
        occurrences: list[Occurrence],
        published: Published | None,
        *,
        wanted: bool,
    ) -> None:
        fact = self._fact(view, subject, registrant_id, row, occurrences)
        revision = published.revision if published else 0
        if published and not published.retracted and (published.email != fact.email or not wanted):
            revision += 1
            former = fact.model_copy(
                update={"email": published.email, "contact_id": contact_id(published.email), "retracted": True}
            )
            self._send(view, former, revision, "")
        if not wanted:
            return
        # Who happened to bring the news is no news.
        told = fact.model_copy(update={"origin": "live"})
        digest = hashlib.sha256(told.to_bytes()).hexdigest()[:16]
        if published and published.digest == digest and published.email == fact.email and not published.retracted:
            return
        self._send(view, fact, revision + 1, digest)

    def _send(self, view: View, fact: Registration, revision: int, digest: str) -> None:
        view.send(
            ATTENDANCE_RESULTS.name,
            fact.contact_id.encode(),
            fact.model_copy(update={"revision": revision}),
        )
        state = pack([revision, digest, fact.email, fact.retracted])
        view.put(TABLE, key("e", fact.object_id, fact.registrant_id), state)

    def _published(self, view: View, object_id: str, registrant_id: str) -> Published | None:
        data = view.get(TABLE, key("e", object_id, registrant_id))
        return Published(*unpack(data)) if data else None

    def _fact(
        self,
        view: View,
        subject: Subject,
        registrant_id: str,
        row: RegistrationRow,
        occurrences: list[Occurrence],
    ) -> Registration:
        known, approval = details(view, subject.object_id), row.approval
        listed = row.detail("occurrences") or []
        starts_at = min((start for _id, start in listed), default=row.starts_at or known.start)
        assert row.email is not None
        return Registration(
            contact_id=contact_id(row.email),
            email=row.email,
            account_id=subject.account_id,
            object_id=subject.object_id,
            object_type=subject.object_type,
            topic=row.detail("topic") or known.topic,
            host_id=row.detail("host_id") or known.host_id,
            origin=subject.origin,
            occurred_at=as_datetime(row.latest.at_ms // 1000),
            registrant_id=registrant_id,
            registration_status=row.latest.status,
            revision=0,
            before_end=approval is None
            or _before_end(row, approval.at_ms, occurrences, scheduled_starts(view, subject.object_id)),
            starts_at=None if starts_at is None else as_datetime(starts_at),
            occurrences=tuple(occurrence_id for occurrence_id, _start in listed),
            registration_source=row.detail("source"),
            first_name=row.detail("first_name"),
            **{name: row.detail(name) for name in REGISTRANT_FIELDS},
            custom_questions=dict(row.detail("questions") or []),
            observed="webhook" if approval is not None and approval.webhook else "list",
        )


def _before_end(row: RegistrationRow, approved_ms: int, occurrences: list[Occurrence], scheduled: list[int]) -> bool:
    """Whether it was approved before E of some occurrence that it is for; one not yet ended is still to come."""
    ended = [each for each in occurrences if each.ended and row.counts_for(scheduled_start(each.start, scheduled))]
    if not ended or len(ended) < len(row.detail("occurrences") or [None]):
        return True
    return any(approved_ms <= each.end * 1000 for each in ended)


def converted_type(view: View, object_id: str) -> ObjectType | None:
    """What a converted webinar or meeting is now; ``None`` for one that never was."""
    data = view.get(TABLE, key("o", object_id))
    object_type: ObjectType | None = unpack(data)[1] if data else None
    return object_type


def unknown_registrant(view: View, object_id: str, registrant_id: str) -> bool:
    """Whether nobody was asked yet about a registrant id that no registration has."""
    return (
        view.get(TABLE, key("g", object_id, registrant_id)) is None
        and view.get(TABLE, key("u", object_id, registrant_id)) is None
    )
