"""Questions to Zoom: which were asked about an object, and what the answers change in its rows. PURE."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from processors.attendance.book.keys import TABLE, key
from processors.attendance.rules.facts import Registered, Session, registered
from processors.attendance.rules.fields import identifier, instant, text, whole
from processors.engine.view import View
from schemas.attendance import ObjectType, Origin, RegistrationStatus
from schemas.codec import contact_id, normalise_email, pack, unpack
from schemas.instants import as_datetime, parse_instant
from schemas.lookups import LookupKind, LookupRequest, LookupResult
from schemas.topics import LOOKUPS, LOOKUPS_BULK

ASKED = "asked"
CHUNK = 300
"""Identities per question."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The webinar or meeting that a question is about."""

    account_id: str
    object_id: str
    object_type: ObjectType
    origin: Origin = "live"
    """Of its session: a back-fill's questions come behind those of live work."""


@dataclass(slots=True)
class Question:
    """A look-up's row."""

    state: str
    """`asked`, else the outcome."""
    contacts: list[str]
    """Contact ids that `identities` asked about."""
    user_ids: list[str]


def question(view: View, object_id: str, scope: str) -> Question | None:
    """What was asked under this scope, if anything."""
    data = view.get(TABLE, key("k", object_id, scope))
    return Question(*unpack(data)) if data else None


def is_open(view: View, object_id: str, scope: str) -> bool:
    """Whether an answer is still to come."""
    found = question(view, object_id, scope)
    return found is not None and found.state == ASKED


def ask(
    view: View,
    subject: Subject,
    lookup: LookupKind,
    scope: str,
    now_ms: int,
    *,
    session_uuid: str | None = None,
    occurrence_id: str | None = None,
    emails: Iterable[str] = (),
    user_ids: Iterable[str] = (),
) -> None:
    """Ask once per scope; a scope that was asked, answered or not, is not asked again."""
    if question(view, subject.object_id, scope) is not None:
        return
    asked_emails, asked_users = tuple(sorted(set(emails))), tuple(sorted(set(user_ids)))
    request = LookupRequest(
        request_id=f"{subject.account_id}|{subject.object_id}|{scope}",
        lookup=lookup,
        account_id=subject.account_id,
        object_id=subject.object_id,
        object_type=subject.object_type,
        session_uuid=session_uuid,
        occurrence_id=occurrence_id,
        emails=asked_emails,
        user_ids=asked_users,
        origin=subject.origin,
        requested_at=as_datetime(now_ms // 1000),
    )
    row = [ASKED, [contact_id(email) for email in asked_emails], list(asked_users)]
    view.put(TABLE, key("k", subject.object_id, scope), pack(row))
    lane = LOOKUPS if subject.origin == "live" else LOOKUPS_BULK
    view.send(lane.name, subject.account_id.encode(), request)


def scope_of(result: LookupResult) -> str:
    """The scope that an answer belongs to."""
    return result.request_id.split("|", 2)[2]


def answered(view: View, result: LookupResult) -> Question | None:
    """Note that the last page is in; the question, or ``None`` when it was not asked or answered before."""
    scope = scope_of(result)
    found = question(view, result.object_id, scope)
    if found is None or found.state != ASKED or not result.last:
        return None
    found.state = result.outcome
    view.put(TABLE, key("k", result.object_id, scope), pack([found.state, found.contacts, found.user_ids]))
    return found


def take_identities(view: View, result: LookupResult, asked: Question | None) -> None:
    """Hits are users of the account; on the last page everybody else who was asked about is none."""
    object_id = result.object_id
    for row in result.rows:
        user_id, email = identifier(row.get("id")), normalise_email(row.get("email"))
        if user_id:
            view.put(TABLE, key("x", object_id, "u", user_id), pack([True, email]))
        if email:
            view.put(TABLE, key("x", object_id, "e", contact_id(email)), pack([True, email]))
    if asked is None:
        return
    unknown = pack([False, None])
    for kind, ids in (("e", asked.contacts), ("u", asked.user_ids)):
        for each in ids:
            row_key = key("x", object_id, kind, each)
            if view.get(TABLE, row_key) is None:
                view.put(TABLE, row_key, unknown)


def identity(view: View, object_id: str, kind: str, each: str) -> tuple[bool, str | None] | None:
    """(whether it is the account's, e-mail) of a contact id (`e`) or user id (`u`); ``None``: not asked yet."""
    data = view.get(TABLE, key("x", object_id, kind, each))
    return tuple(unpack(data)) if data else None


def take_panelists(view: View, result: LookupResult) -> None:
    """Remember the panelists by their e-mail."""
    for row in result.rows:
        if email := normalise_email(row.get("email")):
            view.put(TABLE, key("p", result.object_id, contact_id(email)), b"1")


@dataclass(frozen=True, slots=True)
class Details:
    """What Zoom answered about a webinar or meeting itself."""

    occurrences: tuple[tuple[str, int], ...] = ()
    """(occurrence id, scheduled start in seconds), in order of the start; empty when it does not recur."""
    host_email: str | None = None
    start: int | None = None
    topic: str = ""
    host_id: str = ""
    zoom_type: int | None = None
    tracking_fields: tuple[tuple[str, str], ...] = ()
    """(name, value), in order of the name."""


def take_details(view: View, result: LookupResult) -> None:
    """Remember the answer; the last one stands."""
    for row in result.rows:
        occurrences = [
            (occurrence_id, start)
            for each in row.get("occurrences") or ()
            if (occurrence_id := identifier(each.get("occurrence_id"))) and (start := instant(each, "start_time"))
        ]
        occurrences.sort(key=lambda each: (each[1], each[0]))
        said = [
            occurrences,
            normalise_email(row.get("host_email")),
            parse_instant(row.get("start_time")),
            text(row.get("topic")) or "",
            identifier(row.get("host_id")) or "",
            whole(row, "type"),
            sorted((str(each.get("field")), str(each.get("value") or "")) for each in row.get("tracking_fields") or ()),
        ]
        view.put(TABLE, key("d", result.object_id), pack(said))


def details(view: View, object_id: str) -> Details:
    """The details as far as Zoom answered."""
    data = view.get(TABLE, key("d", object_id))
    if data is None:
        return Details()
    occurrences, host_email, start, topic, host_id, zoom_type, tracking_fields = unpack(data)
    return Details(
        tuple((each[0], each[1]) for each in occurrences),
        host_email,
        start,
        topic,
        host_id,
        zoom_type,
        tuple((each[0], each[1]) for each in tracking_fields),
    )


def note_starts(view: View, object_id: str, occurrences: Iterable[tuple[str, int]]) -> None:
    """Remember the scheduled starts that a registration names: they stand in for Zoom's own list."""
    row_key = key("f", object_id)
    known: list[int] = unpack(view.get(TABLE, row_key) or b"[]")
    united = sorted({*known, *(start for _id, start in occurrences)})
    if united != known:
        view.put(TABLE, row_key, pack(united))


def scheduled_starts(view: View, object_id: str) -> list[int]:
    """The scheduled starts of an id's occurrences, as Zoom lists them, else as any of its registrations names them."""
    listed = [start for _id, start in details(view, object_id).occurrences]
    return listed or unpack(view.get(TABLE, key("f", object_id)) or b"[]")


_LIST_STATUS: dict[str, RegistrationStatus] = {
    "approved": "approved",
    "pending": "pending",
    "denied": "denied",
    "cancelled": "cancelled",
}


def listed_registrations(result: LookupResult, occurrences: list[tuple[str, int]]) -> list[Registered]:
    """The rows of Zoom's list as facts; a row's time is its `create_time`.

    Args:
        result: a page of registrants.
        occurrences: those the list was read for; empty when it was read for the whole id.
    """
    facts = []
    for row in result.rows:
        status = _LIST_STATUS.get(str(row.get("status") or "approved"))
        if status is None or not (identifier(row.get("id")) or identifier(row.get("registrant_id"))):
            continue
        session = Session(
            account_id=result.account_id,
            object_id=result.object_id,
            object_type=result.object_type,
            uuid="",
            zoom_type=None,
            topic="",
            host_id="",
            host_email=None,
            start=None,
            event_ts=_milliseconds(row),
        )
        facts.append(registered(session, row, status, occurrences))
    return facts


def _milliseconds(row: dict[str, Any]) -> int:
    created = parse_instant(row.get("create_time"))
    return 0 if created is None else created * 1000
