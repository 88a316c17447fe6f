"""Webhooks and answers of one webinar or meeting, written down by hand: minutes from 10:00:00, one line a fact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from sandbox.truth import ContactTruth, Rules, Truth, truth_of
from sandbox.truth.sessions import ExpectedSession
from sandbox.zoom.state import ZoomState
from schemas.instants import format_instant

TEN = 1_787_133_600  # 2026-08-19T10:00:00Z
DAY = 24 * 60
HOST, HOST_EMAIL = "host", "host@staff.example.com"
Minutes = float


def at(minutes: Minutes) -> int:
    """Seconds since 1970 of a minute after ten."""
    return TEN + round(60 * minutes)


def text(minutes: Minutes) -> str:
    """The same as Zoom writes it."""
    return format_instant(at(minutes))


@dataclass
class Told:
    """What Zoom says about one id; ten to eleven unless told."""

    object_type: str = "webinar"
    session_type: int = 5
    start: Minutes = 0
    duration: int = 60
    occurrences: list[dict[str, Any]] = field(default_factory=list)
    timezone: str = "UTC"
    knows_details: bool = True
    """False: Zoom has no answer about the id."""
    bodies: list[bytes] = field(default_factory=list)
    registrants: list[dict[str, Any]] = field(default_factory=list)
    panelists: list[str] = field(default_factory=list)
    users: list[dict[str, Any]] = field(default_factory=list)
    reports: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    runs: dict[str, tuple[Minutes, Minutes | None]] = field(default_factory=dict)

    def say(self, name: str, minutes: Minutes, **content: Any) -> None:
        """A webhook, a second after the minute."""
        basics = {"id": "1", "host_id": HOST, "topic": "T", "type": self.session_type, "duration": self.duration}
        payload = {"account_id": "a", "object": basics | content}
        event_ts = at(minutes) * 1_000 + 1_000
        self.bodies.append(
            orjson.dumps({"event": f"{self.object_type}.{name}", "event_ts": event_ts, "payload": payload})
        )

    def run(self, uuid: str, start: Minutes, end: Minutes | None, *, practice: bool = False) -> None:
        """A run, with its start and (unless ``None``) its end."""
        self.runs[uuid] = (start, end)
        self.say("started", start, uuid=uuid, start_time=text(start))
        if end is not None:
            over = {"end_time": text(end), "practice_session": practice}
            self.say("ended", end, uuid=uuid, start_time=text(start), **over)

    def stay(
        self,
        uuid: str,
        email: str,
        join: Minutes | None,
        leave: Minutes | None,
        *,
        device: str = "",
        name: str = "Maya Okafor",
        **identity: str,
    ) -> None:
        """A join and a leave of one connection; ``None``: it never came."""
        who = {"participant_uuid": device or f"pc of {email}", "user_id": f"handle of {device or email}"}
        who |= {"user_name": name, "email": email} | identity
        begun = {"uuid": uuid, "start_time": text(self.runs[uuid][0])}
        if join is not None:
            self.say("participant_joined", join, **begun, participant=who | {"join_time": text(join)})
        if leave is not None:
            self.say("participant_left", leave, **begun, participant=who | {"leave_time": text(leave)})

    def act(self, name: str, uuid: str, minutes: Minutes, **participant: str) -> None:
        """Another webhook about a participant."""
        started = {"uuid": uuid, "start_time": text(self.runs[uuid][0])}
        self.say(name, minutes, **started, participant={"date_time": text(minutes), **participant})

    def registers(
        self,
        registrant: str,
        email: str,
        minutes: Minutes = -DAY,
        *,
        status: str = "approved",
        occurrences: Iterable[tuple[str, Minutes]] = (),
        start: Minutes | None = None,
        **more: Any,
    ) -> None:
        """A webhook `registration_created` (or what `status` says, of an existing one)."""
        row = {"id": registrant, "email": email, "first_name": "", "status": status} | more
        name = "created" if status in ("approved", "pending") else status
        named = [{"occurrence_id": key, "start_time": text(when)} for key, when in occurrences]
        begins = text(self.start if start is None else start)
        more_content = {"occurrences": named} if named else {}
        self.say(f"registration_{name}", minutes, uuid="booking", start_time=begins, registrant=row, **more_content)

    def lists(
        self, registrant: str, email: str, minutes: Minutes = -DAY, *, status: str = "approved", of: Iterable[str] = ()
    ) -> None:
        """A row of Zoom's list of registrants; `of` are the occurrences in whose list it stands, none: every."""
        row = {"id": registrant, "email": email, "first_name": "", "status": status, "create_time": text(minutes)}
        self.registrants.append(row | ({"occurrence_ids": list(of)} if of else {}))

    def reports_row(
        self, uuid: str, email: str, join: Minutes, leave: Minutes, *, handle: str = "", **more: Any
    ) -> None:
        """A row of the run's report."""
        row = {
            "id": "", "name": "", "user_id": handle, "registrant_id": "", "user_email": email,
            "participant_user_id": "", "join_time": text(join), "leave_time": text(leave),
            "duration": round(60 * (leave - join)), "status": "in_meeting",
        }  # fmt: skip
        self.reports.setdefault(uuid, []).append(row | more)

    def occurs(self, occurrence_id: str, start: Minutes, status: str = "available") -> None:
        """An occurrence of the series."""
        row = {"occurrence_id": occurrence_id, "start_time": text(start), "duration": self.duration, "status": status}
        self.occurrences.append(row)

    def zoom(self) -> ZoomState:
        """What Zoom answers."""
        details = {
            "id": 1, "host_id": HOST, "host_email": HOST_EMAIL, "type": self.session_type, "topic": "T",
            "start_time": text(self.start), "duration": self.duration, "timezone": self.timezone,
        }  # fmt: skip
        instances = [
            {
                "uuid": uuid,
                "start_time": text(start),
                "end_time": None if end is None else text(end),
                "participants": self.reports.get(uuid, []),
            }
            for uuid, (start, end) in sorted(self.runs.items(), key=lambda run: run[1][0])
        ]
        session = {
            "object_type": self.object_type,
            "details": details | ({"occurrences": self.occurrences} if self.occurrences else {}),
            "registrants": self.registrants,
            "panelists": [{"email": email} for email in self.panelists],
            "instances": instances,
        }
        users = [{"id": HOST, "email": HOST_EMAIL}, *self.users]
        return ZoomState.model_validate({"users": users, "sessions": [session] if self.knows_details else []})

    def truth(self, rules: Rules | None = None, earlier: Iterable[tuple[int, ZoomState]] = ()) -> Truth:
        """What must be true."""
        return truth_of(self.bodies, self.zoom(), rules, earlier)

    def session(self, rules: Rules | None = None) -> ExpectedSession:
        """The only session."""
        (session,) = self.truth(rules).sessions
        return session

    def contact(self, email: str, rules: Rules | None = None) -> ContactTruth:
        """One contact."""
        return self.truth(rules).contacts[email]


def statuses(truth: Truth) -> dict[str, str]:
    """Of all contacts."""
    return {email: contact.status for email, contact in truth.contacts.items()}


def results(truth: Truth) -> list[dict[str, tuple[str, int]]]:
    """Status and minutes of everybody in each session."""
    return [
        {
            email: (person.presence.status, person.presence.attended_seconds // 60)
            for email, person in session.people.items()
        }
        for session in truth.sessions
    ]


def held() -> Told:
    """A webinar of ten to eleven."""
    told = Told()
    told.run("w", 0, 60)
    return told


def came(told: Told, email: str, rules: Rules | None = None) -> tuple[str, float]:
    """Status and attended minutes of one person."""
    presence = told.session(rules).people[email].presence
    return presence.status, presence.attended_seconds / 60
