"""Who is told that a session has started (`brevo.events.started`). PURE.

A webinar has started when the first of its registrants is there, and not before it was to: its `started` may be of a
practice session, which only hosts and panelists can join. A meeting has none. Nobody is told before Zoom has said who
is registered. Who is told is walked through in steps of bounded size.
"""

from __future__ import annotations

from processors.attendance.book import (
    CONTACT_REGISTRATION,
    DESCRIBED_DETAILS,
    LOBBY,
    QUESTION,
    REGISTRATION,
    RUN,
    SCHEDULE,
    STARTED,
    Book,
    Details,
    load_job,
    look_later,
    send_tick,
)
from processors.attendance.known.described import is_wanted
from processors.attendance.known.exclusion import is_excluded_address, panelists_of
from processors.attendance.known.groups import groups_of
from processors.attendance.known.questions import ASKED
from processors.attendance.rules.chat import Chatted
from processors.attendance.rules.facts import Fact, Seen, Started
from processors.attendance.rules.runs import RunRow
from processors.attendance.rules.sessions import Group
from schemas.attendance import Notice, Origin
from schemas.codec import contact_id
from schemas.instants import as_datetime

_FIRST = frozenset({"details", "registrants", "identities"})
"""Purposes of the questions of which it depends who is told of as a registrant."""


def hear_start(book: Book, fact: Fact | Chatted, origin: Origin) -> None:
    """Begin to tell of the start if the fact shows it, once for a session, whatever its runs.

    Args:
        book: with the fact's rows written.
        fact: of a live session.
        origin: a back-fill tells nobody.
    """
    if not book.settings.tells_started or origin == "backfill" or not _shows_start(book, fact):
        return
    uuid = fact.event.uuid
    # Every join but the first ends here: finding the session reads many rows.
    if book.has(STARTED, uuid) or book.has(LOBBY, uuid):
        return
    registrant_id = fact.shown.registrant_id if isinstance(fact, Seen) else None
    book.put(LOBBY, (origin, registrant_id or ""), uuid)
    tell_due_starts(book)


def tell_due_starts(book: Book) -> None:
    """Begin to tell of the starts that can be told now: T has come, and Zoom has said who is registered."""
    if not book.settings.tells_started:
        return
    for (uuid,), (origin, registrant_id) in list(book.scan(LOBBY)):
        found = _group(book, uuid)
        start = found.entry.start if found is not None and found.entry is not None else 0
        if found is None or _is_over(found, uuid, start) or any(book.has(STARTED, run) for run in found.uuids):
            book.delete(LOBBY, uuid)
        elif book.now_ms < start * 1_000:
            look_later(book, start * 1_000)
        elif _are_registrants_told(book):
            book.delete(LOBBY, uuid)
            # Who is none after all leaves it to the next one who joins.
            if not registrant_id or _is_approved(book, registrant_id, _start_of(found, uuid)):
                book.put(STARTED, origin, uuid)
                _go_on(book, uuid, "")


def tell_start(book: Book, uuid: str, cursor: str) -> None:
    """Tell the next registrants of a run's session, from a contact on."""
    found, origin, row = _group(book, uuid), book.get(STARTED, uuid), book.get(RUN, uuid)
    if found is None or origin is None or row is None:
        return
    details = book.get(DESCRIBED_DETAILS) or Details()
    if not is_wanted(book.settings.filters, row, details):
        return
    hosts, panelists = (row.host_email, details.host_email), panelists_of(book)
    schedule, handled, told = book.get(SCHEDULE), 0, ""
    recurs = schedule is not None and schedule.recurs
    start = _start_of(found, uuid)
    notice = _notice(book.object_id, uuid, row, found, origin, start)
    for (contact, registrant_id), _mark in book.scan(CONTACT_REGISTRATION, start=cursor):
        if contact == told:
            continue
        if handled >= book.settings.step:
            _go_on(book, uuid, contact)
            return
        handled += 1
        registration = book.get(REGISTRATION, registrant_id)
        if registration is None or registration.email is None or registration.status_at(start) != "approved":
            continue
        email = registration.email
        if not registration.counts_for(found.entry, recurs=recurs):
            continue
        if not is_excluded_address(book, email, hosts, panelists):
            told = contact
            book.tell(notice.model_copy(update={"contact_id": contact_id(email), "email": email}))


def _group(book: Book, uuid: str) -> Group | None:
    return next((group for group in groups_of(book) if uuid in group.uuids), None)


def _shows_start(book: Book, fact: Fact | Chatted) -> bool:
    if fact.event.object_type == "meeting":
        return isinstance(fact, Started)
    if not isinstance(fact, Seen) or not fact.joined or fact.shown.registrant_id is None:
        return False
    # Nobody may know the registration yet: Zoom is asked for all of them when it is first heard of the run.
    registrant_id = fact.shown.registrant_id
    return not book.has(REGISTRATION, registrant_id) or _is_approved(book, registrant_id, fact.at)


def _is_approved(book: Book, registrant_id: str, at: int) -> bool:
    row = book.get(REGISTRATION, registrant_id)
    return row is not None and row.status_at(at) == "approved"


def _is_over(group: Group, uuid: str, start: int) -> bool:
    """Whether a run was over before its date began: who tries the link is not there when it starts."""
    return any(run.uuid == uuid and run.end is not None and run.end < start for run in group.runs)


def _are_registrants_told(book: Book) -> bool:
    """Whether everything was told of them that Zoom has to say: to who is no contact yet nothing is sent."""
    job = load_job(book)
    if job.registrations or (job.work is not None and job.work.kind == "registrations"):
        return False
    return not any(question.state == ASKED and scope[0] in _FIRST for scope, question in book.scan(QUESTION))


def _start_of(group: Group, uuid: str) -> int:
    """When a run of it began for its registrants: doors that were opened early are no start."""
    began = next(run.start for run in group.runs if run.uuid == uuid)
    return max(began, group.entry.start) if group.entry else began


def _notice(object_id: str, uuid: str, row: RunRow, group: Group, origin: Origin, start: int) -> Notice:
    """Of a run's start, to nobody yet."""
    return Notice(
        contact_id="",
        email="",
        **row.told(object_id),
        origin=origin,
        occurred_at=as_datetime(start),
        session_uuid=uuid,
        instances=tuple(group.uuids),
        moment="started",
    )


def _go_on(book: Book, uuid: str, contact: str) -> None:
    send_tick(book, "announce", f"{book.object_id}|{uuid}|{contact}")
