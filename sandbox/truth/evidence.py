"""Sorts what Zoom sent and would answer into sets of facts: sessions, instances, connections, registrations. PURE."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.zoom.state import Row, Session, ZoomState
from schemas.codec import normalise_email
from schemas.instants import parse_instant

_STRENGTH = {"pending": 0, "approved": 1, "denied": 2, "cancelled": 3}


@dataclass
class Connection:
    """Instants of one connection, and every identity it showed."""

    joins: set[int] = field(default_factory=set)
    leaves: set[int] = field(default_factory=set)
    registrant_ids: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    user_ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    internal: bool = False

    def show(self, row: Row) -> None:
        """Notes the identity of a webhook's participant or of a report's row."""
        self.registrant_ids |= {text for text in [row.get("registrant_id")] if text}
        self.emails |= {text for text in [normalise_email(row.get("email") or row.get("user_email"))] if text}
        self.user_ids |= {text for text in (row.get("id"), row.get("participant_user_id")) if text}
        self.names |= {text for text in (row.get("user_name") or row.get("name"),) if text}
        self.internal = self.internal or row.get("internal_user") is True


@dataclass
class Instance:
    """One uuid."""

    uuid: str
    starts: set[int] = field(default_factory=set)
    ends: set[int] = field(default_factory=set)
    practice: set[bool] = field(default_factory=set)
    connections: dict[str, Connection] = field(default_factory=dict)
    promoted: dict[str, Connection] = field(default_factory=dict)
    """Connections whose role changed to panelist, with the identity they showed then."""
    past_end: int | None = None
    """`end_time` of `GET /past_meetings/{uuid}`."""


@dataclass(frozen=True)
class RegistrationFact:
    """One thing said about one registration."""

    registrant_id: str
    status: str
    by_webhook: bool
    at_ms: int
    """`event_ts`, or `create_time` in a row of Zoom's list."""
    email: str | None
    first_name: str
    source: str | None
    starts_at: int | None

    @property
    def order(self) -> tuple[bool, int, int]:
        """The latest counts; a row of the list is never newer than a webhook."""
        return self.by_webhook, self.at_ms, _STRENGTH[self.status]


@dataclass
class Evidence:
    """Everything known about one webinar or meeting id."""

    object_type: str
    object_id: str
    topic: str = ""
    session_type: int = 0
    host_ids: set[str] = field(default_factory=set)
    host_emails: set[str] = field(default_factory=set)
    instances: dict[str, Instance] = field(default_factory=dict)
    registrations: list[RegistrationFact] = field(default_factory=list)
    panelist_emails: set[str] = field(default_factory=set)


def gather(bodies: Iterable[bytes], zoom: ZoomState, *, use_report: bool) -> list[Evidence]:
    """Facts per id, from the webhooks and from what Zoom answers about the ids they name."""
    found: dict[tuple[str, str], Evidence] = {}
    for body in bodies:
        event = orjson.loads(body)
        object_type, _, name = event["event"].partition(".")
        if object_type not in ("webinar", "meeting"):
            continue
        content = event["payload"]["object"]
        key = (object_type, str(content["id"]))
        evidence = found.setdefault(key, Evidence(*key))
        evidence.topic = content.get("topic") or evidence.topic
        evidence.host_ids |= {content["host_id"]}
        if name.startswith("registration_"):
            evidence.registrations.append(_registration(name, event["event_ts"], content))
        else:
            _live(evidence, name, content)
    for (object_type, object_id), evidence in found.items():
        held = zoom.session(object_type, object_id)
        if held is not None:
            _ask(evidence, held[0], use_report=use_report)
    return list(found.values())


def _registration(name: str, event_ts: int, content: dict[str, Any]) -> RegistrationFact:
    registrant = content["registrant"]
    status = registrant.get("status", "approved") if name == "registration_created" else name.split("_", 1)[1]
    return RegistrationFact(
        registrant_id=registrant["id"],
        status=status,
        by_webhook=True,
        at_ms=event_ts,
        email=normalise_email(registrant.get("email")),
        first_name=registrant.get("first_name") or "",
        source=(registrant.get("tracking_source") or {}).get("source_name") or None,
        starts_at=parse_instant(content.get("start_time")),
    )


def _live(evidence: Evidence, name: str, content: dict[str, Any]) -> None:
    instance = evidence.instances.setdefault(content["uuid"], Instance(content["uuid"]))
    evidence.session_type = content.get("type") or evidence.session_type
    evidence.host_emails |= {text for text in [normalise_email(content.get("host_email"))] if text}
    participant = content.get("participant") or {}
    instance.starts |= {at for at in [parse_instant(content.get("start_time"))] if at is not None}
    if name == "ended":
        instance.ends |= {at for at in [parse_instant(content.get("end_time"))] if at is not None}
        instance.practice.add(content.get("practice_session") is True)
    key = participant.get("participant_uuid") or participant.get("user_id") or ""
    if name in ("participant_joined", "participant_left"):
        connection = instance.connections.setdefault(key, Connection())
        connection.show(participant)
        joined, left = parse_instant(participant.get("join_time")), parse_instant(participant.get("leave_time"))
        connection.joins |= {at for at in [joined] if at is not None}
        connection.leaves |= {at for at in [left] if at is not None}
    if name == "participant_role_changed" and participant.get("new_role") == "panelist":
        instance.promoted.setdefault(key, Connection()).show(participant)


def _ask(evidence: Evidence, session: Session, *, use_report: bool) -> None:
    """Adds what Zoom's REST API says about the id."""
    host_email = normalise_email(session.details.get("host_email"))
    evidence.host_emails |= {text for text in [host_email] if text}
    evidence.panelist_emails |= set(_emails(session.panelists))
    for row in session.registrants:
        created = parse_instant(row["create_time"]) or 0
        evidence.registrations.append(
            RegistrationFact(
                registrant_id=row["id"],
                status=row["status"],
                by_webhook=False,
                at_ms=created * 1_000,
                email=normalise_email(row["email"]),
                first_name=row["first_name"],
                source=None,
                starts_at=parse_instant(session.details.get("start_time")),
            )
        )
    for held in session.instances:
        instance = evidence.instances.get(held.uuid)
        if instance is None:
            continue
        if session.object_type == "meeting":
            instance.past_end = parse_instant(held.end_time)
        if use_report and held.participants:
            instance.connections = dict(_reported(held.participants))


def _emails(rows: Iterable[Row]) -> Iterator[str]:
    for row in rows:
        email = normalise_email(row.get("email"))
        if email:
            yield email


def _reported(rows: Iterable[Row]) -> Iterator[tuple[str, Connection]]:
    """One row of a report is one interval, and a connection of its own."""
    for number, row in enumerate(rows):
        if row["status"] == "in_waiting_room":
            continue
        joined, left = parse_instant(row["join_time"]), parse_instant(row["leave_time"])
        if joined is None or left is None:
            continue
        connection = Connection({joined}, {left})
        connection.show(row)
        yield str(number), connection
