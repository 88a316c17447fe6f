"""Sorts what Zoom sent and would answer into sets of facts, per webinar or meeting id. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.truth.answers import AccountUsers, AnswersOfZoom, ask
from sandbox.truth.identity import ShownIdentity, address
from sandbox.truth.registrations import RegistrationFact, listed, registration_told_of
from sandbox.truth.schedule import SaidDate, said_by
from sandbox.zoom.state import ZoomState
from schemas.instants import parse_instant

_PLANS = ("created", "updated", "deleted")
ObjectKey = tuple[str, str]
"""`webinar` or `meeting`, and its id."""


@dataclass
class SeenConnection:
    """Instants of one connection, and every identity it showed."""

    joins: set[int] = field(default_factory=set)
    leaves: set[int] = field(default_factory=set)
    identity: ShownIdentity = field(default_factory=ShownIdentity)
    handles: set[str] = field(default_factory=set)
    """Its `user_id`s: a room move gives a new one."""


@dataclass(frozen=True)
class Bind:
    """A phone leg that belongs to somebody's connection."""

    leg: str
    """Key of the leg's connection."""
    leg_handle: str
    """Its `user_id`."""
    uuid: str
    handle: str


@dataclass
class SeenRun:
    """One uuid, from webhooks alone."""

    uuid: str
    starts: set[int] = field(default_factory=set)
    ends: set[int] = field(default_factory=set)
    practice: set[bool] = field(default_factory=set)
    connections: dict[str, SeenConnection] = field(default_factory=dict)
    binds: set[Bind] = field(default_factory=set)
    promoted: dict[str, ShownIdentity] = field(default_factory=dict)
    """Who was made a panelist while it was live, by connection."""

    @property
    def is_practice(self) -> bool:
        """Every `ended` says so."""
        return bool(self.practice) and all(self.practice)

    def connection_of(self, participant: dict[str, Any]) -> SeenConnection:
        """The connection that a webhook speaks of."""
        key = participant.get("participant_uuid") or participant.get("user_id") or ""
        found = self.connections.setdefault(key, SeenConnection())
        found.identity.show(participant)
        found.handles |= {text for text in [participant.get("user_id")] if text}
        return found


@dataclass
class SeenEvidence:
    """Everything known about one id."""

    object_type: str
    object_id: str
    topics: dict[int, str] = field(default_factory=dict)
    """By `event_ts`."""
    types: dict[int, int] = field(default_factory=dict)
    timezones: dict[int, str] = field(default_factory=dict)
    host_ids: set[str] = field(default_factory=set)
    host_emails: set[str] = field(default_factory=set)
    runs: dict[str, SeenRun] = field(default_factory=dict)
    registrations: list[RegistrationFact] = field(default_factory=list)
    plans: list[SaidDate] = field(default_factory=list)
    """What webhooks said of the schedule."""
    answers: AnswersOfZoom = field(default_factory=AnswersOfZoom)
    account: AccountUsers = field(default_factory=AccountUsers)

    @property
    def topic(self) -> str:
        """The one said last."""
        return self.topics[max(self.topics)] if self.topics else ""

    @property
    def session_type(self) -> int:
        """Zoom's number: its own answer, else the one said last."""
        return self.answers.session_type or (self.types[max(self.types)] if self.types else 0)

    @property
    def timezone(self) -> str:
        """Of the webinar or meeting; empty where Zoom gives none."""
        return self.answers.timezone or (self.timezones[max(self.timezones)] if self.timezones else "")


def gather(bodies: Iterable[bytes], zoom: ZoomState) -> list[SeenEvidence]:
    """Facts per id, from the webhooks and from what Zoom answers about the ids they name."""
    found: dict[ObjectKey, SeenEvidence] = {}
    account = AccountUsers.of(zoom)
    for body in bodies:
        event = orjson.loads(body)
        object_type, _, name = event["event"].partition(".")
        if object_type not in ("webinar", "meeting"):
            continue
        content = event["payload"]["object"]
        key = (object_type, str(content["id"]))
        _note(found.setdefault(key, SeenEvidence(*key, account=account)), name, event["event_ts"], content)
    for (object_type, object_id), evidence in found.items():
        evidence.answers = ask(zoom, object_type, object_id, list(evidence.runs))
        evidence.host_emails |= evidence.answers.host_emails
        evidence.registrations += listed(evidence.answers.registrants)
    return list(found.values())


def _note(evidence: SeenEvidence, name: str, event_ts: int, content: dict[str, Any]) -> None:
    if content.get("topic"):
        evidence.topics[event_ts] = content["topic"]
    if content.get("type"):
        evidence.types[event_ts] = content["type"]
    if content.get("timezone"):
        evidence.timezones[event_ts] = content["timezone"]
    evidence.host_ids |= {text for text in [content.get("host_id")] if text}
    evidence.host_emails |= {text for text in [address(content.get("host_email"))] if text}
    if name.startswith("registration_"):
        evidence.registrations.append(registration_told_of(name, event_ts, content))
    if name.startswith("registration_") or name in _PLANS:
        evidence.plans += said_by(name, event_ts, content)
    elif name in ("started", "ended") or name.startswith("participant_"):
        run = evidence.runs.setdefault(content["uuid"], SeenRun(content["uuid"]))
        run.starts |= _instants(content, "start_time")
        _live(run, name, content)


def _live(run: SeenRun, name: str, content: dict[str, Any]) -> None:
    participant = content.get("participant") or {}
    key = participant.get("participant_uuid") or participant.get("user_id") or ""
    if name == "ended":
        run.ends |= _instants(content, "end_time")
        run.practice.add(content.get("practice_session") is True)
    elif name in ("participant_joined", "participant_left"):
        connection = run.connection_of(participant)
        connection.joins |= _instants(participant, "join_time")
        connection.leaves |= _instants(participant, "leave_time")
    elif name == "participant_bind":
        target = (participant.get("bind_participant_uuid") or "", participant.get("bind_user_id") or "")
        run.binds.add(Bind(key, participant.get("user_id") or "", *target))
    elif name == "participant_role_changed" and participant.get("new_role") == "panelist":
        run.promoted.setdefault(key, ShownIdentity()).show(participant)


def _instants(content: dict[str, Any], key: str) -> set[int]:
    at = parse_instant(content.get(key))
    return set() if at is None else {at}
