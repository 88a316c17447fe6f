"""The phase *publish*: contact by contact, what the rules say now against what was published. PURE."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator, Sequence
from operator import itemgetter
from typing import Any

from processors.attendance.book.book import Book
from processors.attendance.book.rows import ABSENT, CONTACT_REGISTRATION, FILED, REGISTRATION, RESULT
from processors.attendance.closing.exclusion import Exclusion
from processors.attendance.closing.filing import ANONYMOUS, filed_from
from processors.attendance.closing.reconciliation import compare, knows_absentees, reconciliation
from processors.attendance.closing.results import publish_result, publish_summary, retract_result
from processors.attendance.closing.step import Progress, Step
from processors.attendance.closing.telling import tell_choice, tell_ended, tell_session_choice
from processors.attendance.intake.interaction import interaction_of, interaction_summary, offered_of
from processors.attendance.rules.judgement import Contact, Left, Registrant, Result, Retract, judge
from processors.attendance.rules.presence import Filed, presence_of
from processors.attendance.rules.recordings import Choice
from processors.attendance.rules.sessions import Session

Found = tuple[str, str, Any]
"""(contact, uuid of a run or what else it is: `registration`, `absent`, `published`; the row)."""


class Publishing:
    """Publishes a session in steps of bounded size."""

    def __init__(self, exclusion: Exclusion) -> None:
        self._exclusion = exclusion

    def publish(self, step: Step, session: Session, choice: Choice | None) -> Progress:
        """One step from the work's cursor on, then the summary.

        Args:
            step: of a session that has been weighed.
            session: that session.
            choice: the recording that its people are told of.
        """
        book, work, uuids = step.book, step.work, session.uuids
        offered = offered_of(book, uuids) if step.settings.interaction and work.is_final else None
        absences = work.is_final and step.object_type == "webinar" and knows_absentees(book, uuids)
        for contact, found in itertools.groupby(self._contacts(step, session), key=itemgetter(0)):
            if not step.spend():
                work.cursor = contact
                return Progress.MORE
            rows = list(found)
            known = self._known(step, session, contact, rows)
            takes_no_shows = step.object_type == "webinar" and (
                session.entry is not None or (not step.has_schedule and session.has_audience)
            )
            judged = judge(known, session, step.settings.stay, is_final=work.is_final, takes_no_shows=takes_no_shows)
            if isinstance(judged, Result):
                came = bool(judged.filed)
                interaction = interaction_of(book, uuids, offered, contact) if came and offered else None
                publish_result(step, session, judged, known.approved, interaction)
                if choice is not None:
                    tell_choice(step, session, choice, judged.email)
            elif isinstance(judged, Retract):
                first = step.rows[session.session_uuid]
                retract_result(book, session.session_uuid, first, contact, judged.why, session)
            if step.settings.tells_ended:
                tell_ended(step, session, known, judged)
            _count(step, session, known, judged)
            if absences and not contact.startswith(ANONYMOUS):
                absent = sum(kind == "absent" for _contact, kind, _row in rows) == len(uuids)
                compare(work, contact, judged, absent=absent)
        if choice is not None:
            tell_session_choice(step, session, choice)
        told = reconciliation(book, work, uuids, has_absentees=absences) if work.is_final else None
        summary = interaction_summary(book, uuids, offered) if offered is not None else None
        counts = {name: count for name, count in work.counts.items() if name in _COUNTED}
        publish_summary(step, session, counts, told, summary)
        return Progress.DONE

    def _contacts(self, step: Step, session: Session) -> Iterator[Found]:
        """Everybody who came, is registered or was told of, in order of the contact id."""
        book, cursor = step.book, step.work.cursor
        streams: list[Iterator[Found]] = [filed_from(step, cursor), _published(book, session.session_uuid, cursor)]
        if step.object_type == "webinar":
            streams.append(_registered(book, cursor))
        if step.work.is_final:
            streams += [_absent(book, uuid, cursor) for uuid in session.uuids]
        return heapq.merge(*streams, key=itemgetter(0))

    def _known(self, step: Step, session: Session, contact: str, rows: Sequence[Found]) -> Contact:
        filed: dict[str, list[Filed]] = {}
        for _contact, uuid, row in rows:
            if isinstance(row, Filed):
                filed.setdefault(uuid, []).append(row)
        registrations = [row for _contact, kind, row in rows if kind == "registration"]
        stray = session.entry is None and step.has_schedule
        approved = [
            registration
            for registration in registrations
            if not stray
            and registration[1].counts_for(session.entry, recurs=step.recurs)
            and registration[1].status_at(session.end) == "approved"
        ]
        email = approved[0][1].email if approved else next((each[0].email for each in filed.values()), None)
        hosts = (step.rows[session.session_uuid].host_email, step.details.host_email)
        return Contact(
            filed=filed,
            approved=approved,
            excluded=email is not None and self._exclusion.of_address(step.book, email, hosts),
            asked=email is None or self._exclusion.is_asked(step.book, email),
            seen_before=not filed and any(_was_in(step.book, uuid, contact) for uuid in step.earlier),
        )


_COUNTED = frozenset(
    {
        "registered", "attended", "left_early", "no_shows", "anonymous", "excluded", "assumed", "outside",
        "only_webhooks", "rows_without_identity",
    }
)  # fmt: skip


def _count(step: Step, session: Session, known: Contact, judged: Result | Retract | Left) -> None:
    counts = step.work.counts

    def add(name: str, by: int = 1) -> None:
        counts[name] = counts.get(name, 0) + by

    excluded = isinstance(judged, Retract) and judged.why == "excluded"
    if isinstance(judged, Result):
        status = judged.attendance.status
        add("no_shows" if status == "no_show" else status)
        add("assumed", int(judged.attendance.assumed))
    elif isinstance(judged, Retract) and judged.why in ("outside", "anonymous"):
        add(judged.why)
    if excluded:
        add("excluded", int(bool(known.filed or known.approved)))
        return
    add("registered", len(known.approved))
    in_session = [(uuid, known.filed[uuid]) for uuid in session.uuids if uuid in known.filed]
    unseen = any(step.has_report(uuid) and presence_of(filed).rows == 0 for uuid, filed in in_session)
    add("only_webhooks", int(unseen))
    add(
        "rows_without_identity",
        sum(each.is_row and each.email is None for _uuid, filed in in_session for each in filed),
    )


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
