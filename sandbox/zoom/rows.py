"""Which rows and documents answer which endpoint. PURE: state and query in, rows out."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.zoom import hosting
from sandbox.zoom.errors import (
    ZoomError,
    invalid_field,
    missing_session,
    not_ended,
    user_missing,
    without_registration,
)
from sandbox.zoom.marketplace import subscriptions, webhook_logs
from sandbox.zoom.state import Instance, QueryTexts, StateRow, ZoomObject, ZoomState
from schemas.instants import parse_instant

_REPORT = (
    "id", "name", "user_id", "registrant_id", "user_email", "participant_user_id", "join_time", "leave_time",
    "duration", "failover", "status", "customer_key", "bo_mtg_id",
)  # fmt: skip
_PAST = (
    "id", "name", "user_id", "user_email", "join_time", "leave_time", "duration", "failover", "status",
    "internal_user",
)  # fmt: skip
_LISTED = ("uuid", "id", "host_id", "topic", "type", "start_time", "duration", "timezone", "created_at", "join_url")
_NO_REGISTRATION = 2
"""`settings.approval_type` of a meeting that nobody has to register for."""
ServedRows = list[StateRow]


def _pick(row: StateRow, keys: tuple[str, ...]) -> StateRow:
    return {key: row[key] for key in keys if key in row}


def _one_of(query: QueryTexts, name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = query.get(name, default)
    if value not in allowed:
        raise invalid_field(name, f"Invalid field: {name}.")
    return value


def _session(state: ZoomState, kind: str, name: str) -> ZoomObject:
    found = state.session(kind, name)
    if found is None:
        raise missing_session(kind, name)
    return found[0]


def _ended(state: ZoomState, kind: str, name: str) -> tuple[ZoomObject, Instance, str]:
    found = state.session(kind, name)
    if found is None:
        raise missing_session(kind, name)
    session, instance = found
    if instance is None or instance.end_time is None:
        raise not_ended(kind, name)
    return session, instance, instance.end_time


def _users(state: ZoomState, _kind: str, _name: str, query: QueryTexts) -> ServedRows:
    status = _one_of(query, "status", "active", ("active", "inactive", "pending"))
    return [user for user in state.users if user.get("status", "active") == status]


def _user(state: ZoomState, _kind: str, name: str, _query: QueryTexts) -> StateRow:
    user = state.user(name)
    if user is None:
        raise user_missing(name)
    return {"account_id": state.account_id, **user}


def _listing(kind: str, types: tuple[str, ...]) -> Callable[[ZoomState, str, str, QueryTexts], ServedRows]:
    def listed(state: ZoomState, _kind: str, name: str, query: QueryTexts) -> ServedRows:
        user = _user(state, _kind, name, query)
        _one_of(query, "type", "scheduled", types)
        return [
            _pick(session.details, _LISTED)
            for session in state.sessions
            if session.object_type == kind and session.details.get("host_id") == user.get("id")
        ]

    return listed


def _details(state: ZoomState, kind: str, name: str, _query: QueryTexts) -> StateRow:
    other = "webinar" if kind == "meeting" else "meeting"
    if state.session(kind, name) is None and state.session(other, name) is not None:
        raise ZoomError(400, 3000, f"The {other} ID is not valid for this {kind} API: {name}.")
    return _session(state, kind, name).details


def _registrants(state: ZoomState, kind: str, name: str, query: QueryTexts) -> ServedRows:
    status = _one_of(query, "status", "approved", ("approved", "pending", "denied"))
    occurrence = query.get("occurrence_id")
    session = _session(state, kind, name)
    settings = session.details.get("settings")
    if kind == "meeting" and isinstance(settings, dict) and settings.get("approval_type") == _NO_REGISTRATION:
        raise without_registration(name)
    rows = session.registrants
    return [
        {key: value for key, value in row.items() if key != "occurrence_ids"}
        for row in rows
        if row["status"] == status
        and (occurrence is None or not row.get("occurrence_ids") or occurrence in row["occurrence_ids"])
    ]


def _panelists(state: ZoomState, kind: str, name: str, _query: QueryTexts) -> ServedRows:
    return list(_session(state, kind, name).panelists)


def _past(state: ZoomState, kind: str, name: str, _query: QueryTexts) -> StateRow:
    session, instance, end_time = _ended(state, kind, name)
    host = state.user(str(session.details["host_id"])) or {}
    length = (parse_instant(end_time) or 0) - (parse_instant(instance.start_time) or 0)
    stays = [int(row["duration"]) for row in instance.participants if row["status"] == "in_meeting"]
    return {
        "uuid": instance.uuid,
        "id": session.details["id"],
        "host_id": session.details["host_id"],
        "type": session.details["type"],
        "topic": session.details["topic"],
        "user_name": host.get("display_name", ""),
        "user_email": host.get("email", ""),
        "start_time": instance.start_time,
        "end_time": end_time,
        "duration": (length + 59) // 60,
        "total_minutes": sum((stay + 59) // 60 for stay in stays),
        "participants_count": len(stays),
        "dept": host.get("dept", ""),
        "source": "Zoom",
        "has_meeting_summary": False,
    }


def _past_participants(state: ZoomState, kind: str, name: str, _query: QueryTexts) -> ServedRows:
    _, instance, _ = _ended(state, kind, name)
    return [_pick(row, _PAST) for row in instance.participants]


def _report(state: ZoomState, kind: str, name: str, query: QueryTexts) -> ServedRows:
    _, instance, _ = _ended(state, kind, name)
    shown = query.get("include_fields")
    if shown not in (None, "registrant_id"):
        raise invalid_field("include_fields", "Invalid field: include_fields.")
    keys = _REPORT if shown else tuple(key for key in _REPORT if key != "registrant_id")
    return [_pick(row, keys) for row in instance.participants]


def _absentees(state: ZoomState, kind: str, name: str, _query: QueryTexts) -> ServedRows:
    _, instance, _ = _ended(state, kind, name)
    if instance.absentees is None:
        raise ZoomError(400, 3000, f"Registration has not been enabled for this webinar: {name}.")
    return list(instance.absentees)


def _recordings(state: ZoomState, kind: str, name: str, _query: QueryTexts) -> StateRow:
    found = state.session(kind, name) or state.session("webinar", name)
    session, instance = found or (None, None)
    row = (instance.recording if instance else None) or (session.recordings if session else None)
    if row is None:
        raise ZoomError(404, 3301, "There is no recording for this meeting.")
    return row


def _tracking_sources(state: ZoomState, kind: str, name: str, _query: QueryTexts) -> StateRow:
    rows = list(_session(state, kind, name).tracking_sources)
    return {"total_records": len(rows), "tracking_sources": rows}


def _instances(state: ZoomState, kind: str, name: str, _query: QueryTexts) -> ServedRows:
    session = _session(state, kind, name)
    return [
        {"uuid": instance.uuid, "start_time": instance.start_time}
        for instance in session.instances
        if instance.end_time
    ]


def _polls(state: ZoomState, kind: str, name: str, _query: QueryTexts) -> StateRow:
    session, instance, _ = _ended(state, kind, name)
    return _interaction(session, instance, instance.polls)


def _questions(state: ZoomState, kind: str, name: str, _query: QueryTexts) -> StateRow:
    session, instance, _ = _ended(state, kind, name)
    return _interaction(session, instance, instance.questions)


def _interaction(session: ZoomObject, instance: Instance, people: tuple[StateRow, ...]) -> StateRow:
    """One document, never paged: https://developers.zoom.us/docs/api/meetings/, checked 2026-11-27."""
    named = {"id": session.details["id"], "uuid": instance.uuid, "start_time": instance.start_time}
    return {**named, "questions": list(people)}


_ANSWERS: dict[str, Callable[[ZoomState, str, str, QueryTexts], ServedRows | StateRow]] = {
    "/users": _users,
    "/users/{}": _user,
    "/users/{}/meetings": _listing(
        "meeting", ("scheduled", "live", "upcoming", "upcoming_meetings", "previous_meetings")
    ),
    "/users/{}/webinars": _listing("webinar", ("scheduled", "upcoming")),
    "/meetings/{}": _details,
    "/webinars/{}": _details,
    "/meetings/{}/registrants": _registrants,
    "/webinars/{}/registrants": _registrants,
    "/webinars/{}/panelists": _panelists,
    "/past_meetings/{}": _past,
    "/past_meetings/{}/participants": _past_participants,
    "/past_webinars/{}/participants": _past_participants,
    "/past_webinars/{}/absentees": _absentees,
    "/report/meetings/{}/participants": _report,
    "/report/webinars/{}/participants": _report,
    "/meetings/{}/recordings": _recordings,
    "/webinars/{}/tracking_sources": _tracking_sources,
    "/past_meetings/{}/instances": _instances,
    "/past_webinars/{}/instances": _instances,
    hosting.HOSTED_PATH: hosting.hosted_by,
    "/report/meetings/{}/polls": _polls,
    "/report/webinars/{}/polls": _polls,
    "/report/meetings/{}/qa": _questions,
    "/report/webinars/{}/qa": _questions,
    "/marketplace/apps/{}/webhook_logs": webhook_logs,
    "/marketplace/app/event_subscription": subscriptions,
}


def answer_rows(path: str, state: ZoomState, kind: str, name: str, query: QueryTexts) -> ServedRows | StateRow:
    """All rows (or the one document) of an endpoint's template `path`, before paging.

    Raises:
        ZoomError: what Zoom says when it has no answer.
    """
    return _ANSWERS[path](state, kind, name, query)
