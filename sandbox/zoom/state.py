"""What the sandbox's Zoom holds: users, webinars and meetings with their instances. PURE.

Rows are kept as Zoom answers them, so that a state file reads like the API. A participant row holds every field that
any of the participant endpoints shows; `sandbox/zoom/rows.py` picks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

StateRow = dict[str, Any]
QueryTexts = Mapping[str, str]
"""Parameters of a query string."""


class StatePart(BaseModel):
    """A part of the state; a misspelt key is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Instance(StatePart):
    """One uuid of a webinar or meeting."""

    uuid: str
    start_time: str
    end_time: str | None = None
    """``None`` while it is live: reports answer 3001 until then."""
    participants: tuple[StateRow, ...] = ()
    """One row per join, every field of every endpoint."""
    earlier_readings: tuple[tuple[StateRow, ...], ...] = ()
    """What the first readings of its report gave, one each, before `participants` was ready."""
    absentees: tuple[StateRow, ...] | None = None
    """``None``: no registration was required, which Zoom answers with code 3000."""
    polls: tuple[StateRow, ...] = ()
    """One row per person who answered a poll."""
    questions: tuple[StateRow, ...] = ()
    """One row per person who asked."""
    recording: StateRow | None = None
    """Its cloud recording, as `GET /meetings/{uuid}/recordings` answers."""


class ZoomObject(StatePart):
    """One webinar or meeting id."""

    object_type: Literal["webinar", "meeting"]
    details: StateRow
    """The answer of `GET /webinars/{id}` or `GET /meetings/{id}`; has `id` and `host_id`."""
    registrants: tuple[StateRow, ...] = ()
    """Of every status. The extra key `occurrence_ids` is a filter and never shown."""
    panelists: tuple[StateRow, ...] = ()
    instances: tuple[Instance, ...] = ()
    """In order of start; the last one answers for the id."""
    recordings: StateRow | None = None
    """Answers for every instance that has none of its own."""
    tracking_sources: tuple[StateRow, ...] = ()

    @property
    def id(self) -> str:
        """The webinar or meeting id as text."""
        return str(self.details["id"])


class ZoomState(StatePart):
    """Everything of one Zoom account."""

    account_id: str = "Rc8dTr2xR9-aLwK3vNzY5g"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-client-secret"  # noqa: S105  (of the sandbox alone)
    app_id: str = "nqSreNVsQ2eGzUMGnA8AHA"
    webhook_secret: str = "sandbox-webhook-secret"  # noqa: S105  (of the sandbox alone)
    """Signs the challenge that a new subscription's URL has to answer."""
    users: tuple[StateRow, ...] = ()
    """One with an `account_id` of its own belongs to another account, and comes here as a guest."""
    person: str = ""
    """Id or e-mail of the user who answers the consent page; empty: the first one."""
    sessions: tuple[ZoomObject, ...] = ()
    subscriptions: tuple[StateRow, ...] = ()
    """As `GET /marketplace/app/event_subscription` shows them."""
    webhook_logs: tuple[StateRow, ...] = ()
    """As `GET /marketplace/apps/{id}/webhook_logs` shows them."""

    def merged(self, other: ZoomState) -> ZoomState:
        """This account with what `other` holds added; users and sessions of one id are those of `other`."""
        users = {user["email"]: user for user in (*self.users, *other.users)}
        sessions = {(session.object_type, session.id): session for session in (*self.sessions, *other.sessions)}
        added = {
            "users": tuple(users.values()),
            "sessions": tuple(sessions.values()),
            "subscriptions": (*self.subscriptions, *other.subscriptions),
            "webhook_logs": (*self.webhook_logs, *other.webhook_logs),
        }
        return self.model_copy(update=added)

    def session(self, object_type: str, name: str) -> tuple[ZoomObject, Instance | None] | None:
        """The session of an id (with its latest instance) or of an instance's uuid (with exactly that one)."""
        for session in self.sessions:
            if session.object_type != object_type:
                continue
            if session.id == name:
                return session, session.instances[-1] if session.instances else None
            for instance in session.instances:
                if instance.uuid == name:
                    return session, instance
        return None

    def user(self, name: str) -> StateRow | None:
        """The user with this id or e-mail."""
        wanted = name.lower()
        return next((u for u in self.users if u.get("id") == name or str(u["email"]).lower() == wanted), None)
