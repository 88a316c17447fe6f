"""What a user hosted, as `GET /report/users/{userId}/meetings` tells it. PURE."""

# https://developers.zoom.us/docs/api/meetings/, checked 2026-11-21.

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from sandbox.zoom.errors import invalid_field, user_missing
from sandbox.zoom.state import Instance, StateRow, ZoomObject, ZoomState
from schemas.instants import parse_instant, utc_date

HOSTED_PATH = "/report/users/{}/meetings"
_LONGEST = timedelta(days=31)
_OLDEST = timedelta(days=184)
"""The longest six months."""
_TYPES = ("past", "pastOne", "pastJoined")


def hosted_by(state: ZoomState, _kind: str, name: str, query: Mapping[str, str]) -> list[StateRow]:
    """The instances that are over and began on the days asked about, webinars too."""
    user = state.user(name)
    if user is None:
        raise user_missing(name)
    if query.get("type", "past") not in _TYPES:
        raise invalid_field("type", "Invalid field: type.")
    first, last = _day(query, "from"), _day(query, "to")
    if first > last or last - first > _LONGEST:
        raise invalid_field("from", "The range must be one month at most.")
    return [
        _row(session, instance, user)
        for session in state.sessions
        if session.details.get("host_id") == user.get("id")
        for instance in session.instances
        if instance.end_time and first <= utc_date(parse_instant(instance.start_time) or 0) <= last
    ]


def check_age(query: Mapping[str, str], now: float) -> None:
    """Refuse days that reports no longer know; `now` in seconds since 1970."""
    if utc_date(int(now)) - _day(query, "from") > _OLDEST:
        raise invalid_field("from", "The report is available for the last six months only.")


def _day(query: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(query[name])
    except ValueError:
        raise invalid_field(name, f"Invalid field: {name}.") from None


def _row(session: ZoomObject, instance: Instance, user: StateRow) -> StateRow:
    start, end = parse_instant(instance.start_time) or 0, parse_instant(instance.end_time) or 0
    stays = [int(row["duration"]) for row in instance.participants if row["status"] == "in_meeting"]
    return {
        "uuid": instance.uuid,
        "id": session.details["id"],
        "type": session.details["type"],
        "topic": session.details["topic"],
        "user_name": user.get("display_name", ""),
        "user_email": user["email"],
        "start_time": instance.start_time,
        "end_time": instance.end_time,
        "duration": (end - start + 59) // 60,
        "total_minutes": sum((stay + 59) // 60 for stay in stays),
        "participants_count": len(stays),
        "source": "Zoom",
    }
