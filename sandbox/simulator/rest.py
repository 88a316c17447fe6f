"""What Zoom's REST API answers about a world once it is over. PURE."""

from __future__ import annotations

from sandbox.simulator.bodies import registrant_row, type_of
from sandbox.simulator.recordings import recording_row
from sandbox.simulator.reports import Report
from sandbox.simulator.world import Appearance, BookedSession, Enrolment, Person
from sandbox.zoom.state import Instance, StateRow, ZoomObject, ZoomState
from schemas.instants import format_instant

_DAY = 86_400


def zoom_state(
    event: BookedSession, people: tuple[Person, ...], report: Report, credentials: dict[str, str]
) -> ZoomState:
    """The state to load into the sandbox's Zoom; `report` says what its reports show."""
    return ZoomState(
        account_id=event.account_id,
        users=tuple(_user(person) for person in people if person.role in ("host", "internal")),
        sessions=(_session(event, people, report),),
        **credentials,
    )


def _user(person: Person) -> StateRow:
    return {
        "id": person.zoom_user_id,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "display_name": person.name,
        "email": person.email,
        "type": 2,
        "pmi": 5_550_123_456,
        "timezone": "Europe/Berlin",
        "verified": 1,
        "dept": "Marketing",
        "created_at": "2024-02-01T08:00:00Z",
        "user_created_at": "2024-02-01T08:00:00Z",
        "last_login_time": "2026-08-10T07:12:00Z",
        "last_client_version": "6.5.1.0(mac)",
        "group_ids": [],
        "im_group_ids": [],
        "role_id": "0" if person.role == "host" else "2",
        "status": "active",
    }


def _session(event: BookedSession, people: tuple[Person, ...], report: Report) -> ZoomObject:
    host = next(person for person in people if person.role == "host")
    return ZoomObject(
        object_type=event.object_type,
        details=_details(event, host),
        # Cancelled registrations are on none of the three lists that Zoom gives out.
        registrants=tuple(
            _registrant(event, person, enrolment)
            for person in people
            for enrolment in person.enrolments
            if enrolment.outcome != "cancelled"
        ),
        panelists=tuple(_panelist(event, person) for person in people if person.role == "panelist"),
        instances=tuple(_instance(event, people, report, index) for index in range(len(event.spans))),
    )


def _registrant(event: BookedSession, person: Person, enrolment: Enrolment) -> StateRow:
    row = registrant_row(event, person, enrolment, enrolment.outcome)
    return row | ({"occurrence_ids": list(enrolment.occurrence_ids)} if enrolment.occurrence_ids else {})


def _details(event: BookedSession, host: Person) -> StateRow:
    return {
        "uuid": event.spans[-1].uuid,
        "id": event.object_id,
        "host_id": event.host_id,
        "host_email": host.email,
        "topic": event.topic,
        "type": type_of(event),
        "start_time": format_instant(min(plan.starts_at for plan in event.planned)),
        "duration": event.duration_minutes,
        "timezone": "Europe/Berlin",
        "agenda": "",
        "created_at": format_instant(event.starts_at - 60 * _DAY),
        "join_url": f"https://zoom.example.com/j/{event.object_id}",
        "settings": {"approval_type": 1, "registration_type": 1},
        **({"occurrences": _occurrences(event)} if event.is_recurring else {}),
    }


def _occurrences(event: BookedSession) -> list[StateRow]:
    return [
        {
            "occurrence_id": plan.occurrence_id,
            "start_time": format_instant(plan.starts_at),
            "duration": event.duration_minutes,
            "status": plan.status,
        }
        for plan in event.planned
    ]


def _panelist(event: BookedSession, person: Person) -> StateRow:
    return {
        "id": f"panelist-{person.first_name}-{person.last_name}",
        "name": person.name,
        "email": person.email,
        "join_url": f"https://zoom.example.com/w/{event.object_id}?tk=INVENTED",
    }


def _instance(event: BookedSession, people: tuple[Person, ...], report: Report, index: int) -> Instance:
    span = event.spans[index]
    rows = [
        [row for visit in person.visits if visit.instance == index for row in _participant_rows(person, visit)]
        for person in people
    ]
    readings = report.readings([row for row in rows if row], span)
    absentees = [
        registrant_row(event, person, enrolment, "approved")
        for person in people
        for enrolment in person.enrolments
        if enrolment.outcome == "approved" and not person.visits
    ]
    return Instance(
        uuid=span.uuid,
        start_time=format_instant(span.started_at),
        end_time=format_instant(span.ended_at),
        participants=readings[-1],
        earlier_readings=readings[:-1],
        absentees=tuple(absentees) if event.object_type == "webinar" else None,
        recording=recording_row(event, index) if event.recorded and span.purpose != "practice" else None,
    )


def _participant_rows(person: Person, visit: Appearance) -> list[StateRow]:
    """One row per stay in one room: a room move gives two, as a rejoin does."""
    edges = [visit.joined_at, *visit.moves, visit.left_at]
    return [
        {
            "id": "" if visit.phone else person.zoom_user_id,
            "name": visit.phone or person.name,
            "user_id": user_id,
            "registrant_id": visit.registrant_id,
            "user_email": visit.email,
            "participant_user_id": "" if visit.phone else person.zoom_user_id,
            "join_time": format_instant(start),
            "leave_time": format_instant(end),
            "duration": end - start,
            "failover": False,
            "status": "in_waiting_room" if person.role == "waiting" else "in_meeting",
            "customer_key": "",
            "bo_mtg_id": "",
            "internal_user": bool(person.zoom_user_id) and not visit.phone,
        }
        for user_id, start, end in zip(visit.user_ids, edges, edges[1:], strict=False)
    ]
