"""What follows from all facts of one contact: its score, what Brevo shall show, its lists. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from processors.engagement.attributes import AttributeFields, attributes
from processors.engagement.consent import consented
from processors.engagement.contact import (
    Membership,
    engagement_values,
    membership,
    registration_values,
    result_values,
)
from processors.engagement.contact_score import ScoreOnDay
from processors.engagement.model import Model, digest
from processors.engagement.score import Points
from processors.engagement.state import ContactRows, SessionRow
from processors.engagement.why import why
from runtime.field_mapping import mapped_sources
from runtime.models import Configuration
from schemas.engagement import ContactScore
from schemas.instants import SECONDS_PER_DAY, as_datetime, utc_date


class WantedContact(NamedTuple):
    """What Brevo shall hold of a contact, as far as it is ours."""

    attributes: AttributeFields
    lists: Membership

    def digest(self) -> str:
        """Short hash that is equal exactly when the content is."""
        lists = self.lists
        ruled = [lists.for_existing, lists.creates] if lists.for_existing else []
        return digest([list(self.attributes.items()), lists.joined, lists.left, *ruled])


class Scored(NamedTuple):
    """The score of a contact with what it is made of, before it is written as a `ContactScore`."""

    standing: ScoreOnDay
    counted: tuple[tuple[SessionRow, Points, int], ...]
    """The occurrences that count, in order of (E, session_uuid), each with its points and its score."""
    why: str

    def digest(self, settings_digest: str) -> str:
        """Short hash that is equal exactly when the content is."""
        sessions = [
            (row.session_uuid, row.object_type, row.status, row.ended_at, score, *_parts(points).values())
            for row, points, score in self.counted
        ]
        now = self.standing
        return digest([now.day, now.score, now.tier, self.why, sessions, settings_digest])


class Assessor:
    """Applies the configuration to what is kept of a contact; the same rows always give the same answer."""

    def __init__(self, configuration: Configuration) -> None:
        self.model = Model(configuration.scoring)
        self._mapping = mapped_sources(configuration.field_mapping)
        self._lists = {account.account_id: account.lists for account in configuration.connectors.zoom}
        self._list_rules = configuration.brevo.list_rules
        self._dates = configuration.brevo.dates

    def assess(self, rows: ContactRows) -> tuple[Scored | None, WantedContact]:
        """The contact's score (``None`` while no result stands) and what Brevo shall hold."""
        results = standing_results(rows)
        scored = self._scored(results, rows.head.swept_day)
        values = registration_values(row for row in rows.registrations.values() if not row.retracted)
        named = values.get("name")
        values |= result_values(results, self._dates)
        if named is not None:
            values["name"] = named
        if rows.sessions:
            values |= engagement_values(results, *((scored.standing, scored.why) if scored else (None, None)))
        lists = membership(rows.sessions.values(), rows.registrations.values(), self._lists)
        lists = consented(lists, rows.registrations.values(), self._list_rules)
        return scored, WantedContact(attributes(values, self._mapping), lists)

    def contact_score(self, contact_id: str, email: str, revision: int, scored: Scored) -> ContactScore:
        """The score as its topic carries it."""
        sessions = [
            {
                "session_uuid": row.session_uuid,
                "object_type": row.object_type,
                "attendance_status": row.status,
                "score": score,
                "parts": _parts(points),
                "ended_at": as_datetime(row.ended_at),
                "account_id": row.account_id,
            }
            for row, points, score in scored.counted
        ]
        # One validation of plain values is three times as fast as one per model.
        return ContactScore.model_validate(
            {
                "contact_id": contact_id,
                "email": email,
                "revision": revision,
                "contact_score": scored.standing.score,
                "tier": scored.standing.tier,
                "reference_date": utc_date(scored.standing.day * SECONDS_PER_DAY),
                "why": scored.why,
                "sessions": sessions,
                "model_version": self.model.settings.model_version,
                "settings_digest": self.model.settings_digest,
                "half_life_days": self.model.settings.half_life_days,
                "hot_from": self.model.settings.tiers.hot,
                "warm_from": self.model.settings.tiers.warm,
            }
        )

    def standing_on(self, rows: ContactRows, swept_day: int) -> ScoreOnDay | None:
        """Where the contact would stand after a decay sweep of that day; ``None`` while no result stands."""
        return self.model.standing(standing_results(rows), swept_day)

    def _scored(self, results: Sequence[SessionRow], swept_day: int) -> Scored | None:
        points = [self.model.points(row) for row in results]
        scores = [point.score for point in points]
        now = self.model.standing_of(results, scores, swept_day)
        if now is None:
            return None
        counted = tuple(zip(results, points, scores, strict=True))[now.first :]
        return Scored(now, counted, why(results[-1]))


def standing_results(rows: ContactRows) -> list[SessionRow]:
    """What was not taken back, by (E, session_uuid): the last is the latest."""
    return in_order(row for row in rows.sessions.values() if not row.retracted)


def in_order(rows: Iterable[SessionRow]) -> list[SessionRow]:
    """By (E, session_uuid): the last is the latest."""
    return sorted(rows, key=lambda row: (row.ended_at, row.session_uuid))


def _parts(points: Points) -> dict[str, float | None]:
    """The fields of `ScoreParts`: rounded to 4 digits, for reading."""
    unit, interaction = points.unit, points.interaction
    return {
        "attendance": round(points.attendance / unit, 4),
        "punctuality": round(points.punctuality / unit, 4),
        "stayed": round(points.stayed / unit, 4),
        "interaction": None if interaction is None else round(interaction / unit, 4),
        "maximum": round(points.maximum / unit, 4),
    }
