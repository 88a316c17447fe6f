"""What a contact shows: the value of each source of `field_mapping`, and its lists. PURE.

The rules are docs/reference/attendance.md 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from processors.engagement.contact_score import ScoreOnDay
from processors.engagement.state import ContactRegistration, SessionRow, in_order
from runtime.field_mapping import question_source
from runtime.models import Lists
from schemas.instants import whole_minutes

Values = dict[str, str | int]
"""By source of `field_mapping`: texts, whole numbers, and dates as ``YYYY-MM-DD``. What is not known is left out."""

_CAME = ("attended", "left_early")
_SHOWN_AS = {"approved": "registered", "cancelled": "cancelled"}
"""Status of a registration as contacts show it; what is pending or denied is not shown."""


def registration_values(registrations: Iterable[ContactRegistration]) -> Values:
    """What stands because of registrations alone; results come on top. Retracted ones must be left out already."""
    values: Values = {}
    for row in in_order(registrations):
        _put(values, "name", row.first_name)
        _put(values, "webinar_title", row.topic)
        _put(values, "registration_source", row.registration_source)
        _put(values, "attendance_status", _SHOWN_AS.get(row.status))
        for name, value in row.told:
            _put(values, name, value)
        for question, answer in row.answers:
            _put(values, question_source(question), answer)
    return values


def result_values(results: Sequence[SessionRow], dates: str = "utc") -> Values:
    """What stands because of results, given in order of (E, session_uuid), without retracted ones.

    `dates`: `webinar`, `utc` or a time zone (`brevo.dates`).
    """
    values: Values = {}
    for row in results:
        values["attendance_status"] = row.status
        if row.object_type == "webinar":
            _put(values, "webinar_title", row.topic)
        if row.status in _CAME:
            values["duration"] = whole_minutes(row.attended_seconds)
        if row.first_join_at is not None:
            values["join_time"] = date_of(row.first_join_at, row.time_zone, dates).isoformat()
        _put(values, "name", row.name)
    return values


def date_of(instant: int, of_session: str | None, dates: str) -> date:
    """The calendar date of an instant (seconds since 1970) where the operator wants it told.

    Args:
        instant: seconds since 1970.
        of_session: the session's own time zone, as Zoom gives it.
        dates: `webinar` (that one), `utc` or a time zone.
    """
    zone = of_session if dates == "webinar" else dates
    try:
        return datetime.fromtimestamp(instant, UTC).astimezone(ZoneInfo(zone or "UTC")).date()
    except (ZoneInfoNotFoundError, ValueError, OSError):
        # Zoom's names are IANA's but for some of its own; utc is none either.
        return datetime.fromtimestamp(instant, UTC).date()


def engagement_values(results: Sequence[SessionRow], standing: ScoreOnDay | None, sentence: str | None) -> Values:
    """Score, tier, sentence and counts over `results`.

    With no result left a retraction has taken all of them back: score and counts are 0 then, and there is no sentence.
    """
    came = [row.object_type for row in results if row.status in _CAME]
    values: Values = {
        "engagement_score": standing.score if standing else 0,
        "engagement_tier": standing.tier if standing else "cold",
        "webinars_attended": came.count("webinar"),
        "meetings_attended": came.count("meeting"),
        "no_shows": len(results) - len(came),
    }
    _put(values, "engagement_why", sentence)
    return values


def _put(values: Values, source: str, text: str | None) -> None:
    if text and text.strip():
        values[source] = text


class Membership(NamedTuple):
    """Brevo lists by id, ascending."""

    joined: tuple[int, ...]
    left: tuple[int, ...]
    for_existing: tuple[int, ...] = ()
    """To be joined only by a contact that Brevo had before."""
    to_confirm: tuple[int, ...] = ()
    """To be joined only by a person who confirms it; Brevo puts them there."""

    @property
    def creates(self) -> bool:
        """Whether the contact may be created: not if it belongs on lists of existing contacts alone."""
        return bool(self.joined or self.to_confirm) or not self.for_existing


def membership(
    sessions: Iterable[SessionRow], registrations: Iterable[ContactRegistration], lists: Mapping[str, Lists]
) -> Membership:
    """The lists a contact shall be on, and those it shall not be on. Retracted rows belong in: they leave lists.

    A list is left only where some fact of its kind exists, current or taken back. On a list that no fact speaks of the
    contact stays as it is: an operator may have put it there.

    Args:
        sessions: all results of the contact.
        registrations: all its registrations.
        lists: by Zoom account id.
    """
    wanted: dict[int, bool] = {}
    for registration in registrations:
        current = not registration.retracted and registration.status == "approved"
        _want(wanted, lists.get(registration.account_id, _NO_LISTS).webinar_registrants, current)
    for session in sessions:
        of_account = lists.get(session.account_id, _NO_LISTS)
        came = not session.retracted and session.status in _CAME
        if session.object_type == "meeting":
            _want(wanted, of_account.meeting_participants, came)
        else:
            _want(wanted, of_account.webinar_attendees, came)
            missed = not session.retracted and session.status == "no_show"
            _want(wanted, of_account.webinar_no_shows, missed)
    return Membership(
        joined=tuple(sorted(list_id for list_id, on in wanted.items() if on)),
        left=tuple(sorted(list_id for list_id, on in wanted.items() if not on)),
    )


_NO_LISTS = Lists()


def _want(wanted: dict[int, bool], list_id: int | None, on: bool) -> None:
    if list_id is not None:
        wanted[list_id] = wanted.get(list_id, False) or on
