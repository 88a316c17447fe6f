"""The phase *publish*: contact by contact, what the rules say now against what was published. PURE."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from processors.attendance.book import ABSENT, CONTACT_REGISTRATION, FILED, REGISTRATION, RESULT, Book
from processors.attendance.closing.filing import ANONYMOUS, filed_from
from processors.attendance.closing.reconciliation import compare, reconciliation
from processors.attendance.closing.results import ToldSession, publish_result, publish_summary
from processors.attendance.closing.step import ClosingStep, Progress
from processors.attendance.closing.telling import tell_choice, tell_ended, tell_session_choice
from processors.attendance.known.exclusion import is_asked, is_excluded_address
from processors.attendance.known.figures import knows_absentees
from processors.attendance.known.interaction import Offered, interaction_of, interaction_summary, offered_of
from processors.attendance.rules.judgement import Contact, Left, Registrant, Retract, StandingResult, judge
from processors.attendance.rules.presence import Filed
from processors.attendance.rules.recordings import ChosenRecording
from processors.attendance.rules.sessions import Session

Found = tuple[str, str, Any]
"""(contact, uuid of a run or what else it is: `registration`, `absent`, `published`; the row)."""


@dataclass(frozen=True, slots=True)
class _Common:
    """What is the same for everybody in a session."""

    session: Session
    choice: ChosenRecording | None
    """The recording that its people are told of."""
    offered: Offered | None
    """What there was to take part in; ``None`` while that is not told."""
    has_absentees: bool
    """Zoom has told who was absent."""
    takes_no_shows: bool
    """There was something to stay away from."""
    hosts: tuple[str | None, str | None]
    """The host's addresses."""


def publish_session(step: ClosingStep, session: Session, choice: ChosenRecording | None) -> Progress:
    """One step from the work's cursor on, then the summary.

    Args:
        step: of a session that has been weighed.
        session: that session.
        choice: the recording that its people are told of.
    """
    common = _common(step, session, choice)
    for contact, found in itertools.groupby(_contacts(step, session), key=itemgetter(0)):
        if not step.spend():
            step.work.cursor = contact
            return Progress.MORE
        _publish_contact(step, common, contact, list(found))
    _publish_whole(step, common)
    return Progress.DONE


def _publish_contact(step: ClosingStep, common: _Common, contact: str, rows: Sequence[Found]) -> None:
    """What stands of a contact now, and what follows from it for its records and for the counts."""
    session, is_final = common.session, step.work.is_final
    known = _known(step, common, contact, rows)
    judged = judge(known, session, step.book.settings.stay, is_final=is_final, takes_no_shows=common.takes_no_shows)
    if isinstance(judged, StandingResult):
        _publish_judged(step, common, contact, judged, known.approved)
    elif isinstance(judged, Retract):
        first = step.rows[session.session_uuid]
        ToldSession(step.book, session.session_uuid, first, session).retract(contact, judged.why)
    if step.book.settings.tells_ended:
        tell_ended(step, session, known, judged)
    _count(step, session, known, judged)
    if common.has_absentees and not contact.startswith(ANONYMOUS):
        absent = sum(kind == "absent" for _contact, kind, _row in rows) == len(session.uuids)
        compare(step.work, contact, judged, absent=absent)


def _contacts(step: ClosingStep, session: Session) -> Iterator[Found]:
    """Everybody who came, is registered or was told of, in order of the contact id."""
    book, cursor = step.book, step.work.cursor
    streams: list[Iterator[Found]] = [filed_from(step, cursor), _published(book, session.session_uuid, cursor)]
    if step.object_type == "webinar":
        streams.append(_registered(book, cursor))
    if step.work.is_final:
        streams += [_absent(book, uuid, cursor) for uuid in session.uuids]
    return heapq.merge(*streams, key=itemgetter(0))


def _known(step: ClosingStep, common: _Common, contact: str, rows: Sequence[Found]) -> Contact:
    filed: dict[str, list[Filed]] = {}
    for _contact, uuid, row in rows:
        if isinstance(row, Filed):
            filed.setdefault(uuid, []).append(row)
    approved = _approved(step, common.session, rows)
    email = approved[0][1].email if approved else next((pieces[0].email for pieces in filed.values()), None)
    return Contact(
        email=email,
        filed=filed,
        approved=approved,
        excluded=email is not None and is_excluded_address(step.book, email, common.hosts, step.panelists),
        asked=email is None or is_asked(step.book, email),
        seen_before=not filed and any(_was_in(step.book, uuid, contact) for uuid in step.earlier),
    )


def _common(step: ClosingStep, session: Session, choice: ChosenRecording | None) -> _Common:
    is_final, is_webinar = step.work.is_final, step.object_type == "webinar"
    return _Common(
        session=session,
        choice=choice,
        offered=offered_of(step.book, session.uuids) if step.book.settings.interaction and is_final else None,
        has_absentees=is_final and is_webinar and knows_absentees(step.book, session.uuids),
        takes_no_shows=is_webinar and (session.entry is not None or (not step.has_schedule and session.has_audience)),
        hosts=(step.rows[session.session_uuid].host_email, step.details.host_email),
    )


def _publish_judged(
    step: ClosingStep, common: _Common, contact: str, judged: StandingResult, approved: Sequence[Registrant]
) -> None:
    uuids, offered = common.session.uuids, common.offered
    interaction = interaction_of(step.book, uuids, offered, contact) if judged.filed and offered else None
    publish_result(step, common.session, judged, approved, interaction)
    if common.choice is not None:
        tell_choice(step, common.session, common.choice, judged.email)


def _publish_whole(step: ClosingStep, common: _Common) -> None:
    """Once everybody was: what is told of the session as a whole."""
    book, work, session = step.book, step.work, common.session
    if common.choice is not None:
        tell_session_choice(step, session, common.choice)
    told = reconciliation(book, work, session.uuids, has_absentees=common.has_absentees) if work.is_final else None
    offered = common.offered
    summary = interaction_summary(book, session.uuids, offered) if offered is not None else None
    counts = {name: count for name, count in work.counts.items() if name in _COUNTED}
    publish_summary(step, session, counts, told, summary)


def _approved(step: ClosingStep, session: Session, rows: Sequence[Found]) -> list[Registrant]:
    """Registrations that count for the session and were approved before its end: none for what is at no date's time."""
    if session.entry is None and step.has_schedule:
        return []
    registrations = [row for _contact, kind, row in rows if kind == "registration"]
    return [
        (registrant_id, row)
        for registrant_id, row in registrations
        if row.counts_for(session.entry, recurs=step.recurs) and row.status_at(session.end) == "approved"
    ]


_COUNTED = frozenset(
    {
        "registered", "attended", "left_early", "no_shows", "anonymous", "excluded", "assumed", "outside",
        "only_webhooks", "rows_without_identity",
    }
)  # fmt: skip


def _count(step: ClosingStep, session: Session, known: Contact, judged: StandingResult | Retract | Left) -> None:
    counts = step.work.counts
    if isinstance(judged, Retract) and judged.why == "excluded":
        added = {"excluded": int(bool(known.filed or known.approved))}
    else:
        added = _counts_of(judged) | _counts_of_evidence(step, session, known)
    for name, by in added.items():
        counts[name] = counts.get(name, 0) + by


def _counts_of(judged: StandingResult | Retract | Left) -> dict[str, int]:
    if isinstance(judged, StandingResult):
        status = judged.attendance.status
        return {"no_shows" if status == "no_show" else status: 1, "assumed": int(judged.attendance.assumed)}
    return {judged.why: 1} if judged.why in ("outside", "anonymous") else {}


def _counts_of_evidence(step: ClosingStep, session: Session, known: Contact) -> dict[str, int]:
    """Who is registered, whom a report left out, and which of its rows lead to nobody."""
    in_session = {uuid: known.filed[uuid] for uuid in session.uuids if uuid in known.filed}
    rows = {uuid: [piece for piece in filed if piece.is_row] for uuid, filed in in_session.items()}
    return {
        "registered": len(known.approved),
        "only_webhooks": int(any(step.has_report(uuid) and not of_run for uuid, of_run in rows.items())),
        "rows_without_identity": sum(piece.email is None for of_run in rows.values() for piece in of_run),
    }


def _registered(book: Book, cursor: str) -> Iterator[Found]:
    for (contact, registrant_id), _mark in book.scan(CONTACT_REGISTRATION, start=cursor):
        row = book.get(REGISTRATION, registrant_id)
        if row is not None:
            registrant: Registrant = (registrant_id, row)
            yield contact, "registration", registrant


def _absent(book: Book, uuid: str, cursor: str) -> Iterator[Found]:
    for (contact,), _mark in book.scan(ABSENT, uuid, start=cursor):
        yield contact, "absent", None


def _published(book: Book, name: str, cursor: str) -> Iterator[Found]:
    for (contact,), row in book.scan(RESULT, name, start=cursor):
        yield contact, "published", row


def _was_in(book: Book, uuid: str, contact: str) -> bool:
    return next(book.scan(FILED, uuid, contact), None) is not None
