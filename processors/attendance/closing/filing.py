"""The phases *file* and *weigh*: each connection under its person, and how much audience each run had. PURE."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Iterator
from operator import itemgetter

from processors.attendance.book import FILED, VISITOR, Book
from processors.attendance.closing.asking import is_known
from processors.attendance.closing.evidence import PieceOfEvidence, evidence_of
from processors.attendance.closing.identity import Resolved, resolve
from processors.attendance.closing.step import ClosingStep, Progress
from processors.attendance.known.exclusion import is_excluded
from processors.attendance.rules.facts import Shown
from processors.attendance.rules.intervals import walk
from processors.attendance.rules.presence import Filed, weight_of
from processors.attendance.rules.sessions import Weight
from schemas.codec import contact_id

ANONYMOUS = "-"
"""First character of the contact of somebody without an e-mail; such rows are counted and never published."""
FiledAt = tuple[str, str, Filed]
"""(contact, uuid, row)."""


def file_connections(step: ClosingStep) -> Progress:
    """File connections by contact, as many as a step may handle."""
    for evidence in evidence_of(step, step.work.cursor):
        if not step.spend():
            step.work.cursor = evidence.cursor
            return Progress.MORE
        shown = evidence.shown(step.book)
        # Who arrives while others are filed was not asked about: their news bring them here again.
        if is_known(step.book, evidence, shown):
            _file(step, evidence, shown)
    return Progress.DONE


def _file(step: ClosingStep, evidence: PieceOfEvidence, shown: Shown) -> None:
    """File a presence under its contact, and remove what was filed under another."""
    book, connection, run = step.book, evidence.connection, step.rows[evidence.uuid]
    found = resolve(book, evidence.uuid, connection, shown, is_row=evidence.is_row)
    visitor = _visitor(book, evidence)
    contact = contact_id(found.email) if found.email else _anonymous(evidence, found, visitor)
    filed_before = connection.filed_as
    if filed_before != contact:
        if filed_before is not None:
            book.delete(FILED, evidence.uuid, filed_before, evidence.name)
        connection.filed_as = contact
        evidence.save(book)
    excluded = is_excluded(
        book,
        connection,
        found.shown,
        found.email,
        host_id=run.host_id,
        hosts=(run.host_email, step.details.host_email),
        panelists=step.panelists,
        panelist=connection.panelist or (evidence.is_row and _is_of_panelist(book, evidence)),
    )
    filed = Filed(
        email=found.email,
        intervals=tuple(walk(connection.joins, connection.leaves, run.known_end or 0)),
        joins=len(connection.joins),
        is_row=evidence.is_row,
        rule=found.rule,
        registrant_id=found.shown.registrant_id,
        name=found.name,
        is_registered_name=found.is_registered_name,
        excluded=excluded,
        visitor="" if found.email else visitor,
    )
    # Under a new contact there is no row to compare with, and looking costs as much as writing.
    write = book.change if filed_before == contact else book.put
    write(FILED, filed, evidence.uuid, contact, evidence.name)


def weigh(step: ClosingStep) -> Progress:
    """Add up each run's audience, person by person: whoever is excluded by one connection counts in none."""
    work, entry = step.work, step.group.entry
    spans = {run.uuid: run.span for run in step.group.runs}
    scheduled = None if entry is None else entry.start
    for contact, rows in itertools.groupby(filed_from(step, work.cursor), key=itemgetter(0)):
        if not step.spend():
            work.cursor = contact
            return Progress.MORE
        of_contact = list(rows)
        if any(filed.excluded for _contact, _uuid, filed in of_contact):
            continue
        for uuid, of_run in itertools.groupby(of_contact, key=itemgetter(1)):
            weight = weight_of((filed for _contact, _uuid, filed in of_run), spans[uuid], scheduled)
            if weight.people:
                work.weights[uuid] = list(Weight(*work.weights.get(uuid, [])).plus(weight))
    work.is_final = step.is_final
    return Progress.DONE


def filed_from(step: ClosingStep, cursor: str) -> Iterator[FiledAt]:
    """Everybody's evidence in all runs of the group from a contact on, in order of (contact, uuid)."""
    streams = [_filed_in(step.book, uuid, cursor) for uuid in sorted(step.group.uuids)]
    return heapq.merge(*streams, key=itemgetter(0, 1))


def _filed_in(book: Book, uuid: str, cursor: str) -> Iterator[FiledAt]:
    for (contact, _evidence), filed in book.scan(FILED, uuid, start=cursor):
        yield contact, uuid, filed


def _is_of_panelist(book: Book, row: PieceOfEvidence) -> bool:
    """Whether a row of the report is of a connection that became a panelist's, under whatever address it stands."""
    visitors = (book.get(VISITOR, row.uuid, number) for number in row.connection.numbers)
    return any(visitor is not None and visitor.panelist for visitor in visitors)


def _visitor(book: Book, evidence: PieceOfEvidence) -> str:
    """Of an anonymous person the connection; that of the report's rows is the one that has their `user_id`."""
    if not evidence.is_row:
        return evidence.name
    for number in evidence.connection.numbers:
        visitor = book.get(VISITOR, evidence.uuid, number)
        return visitor.connection if visitor is not None and visitor.connection else number
    return evidence.name


def _anonymous(evidence: PieceOfEvidence, found: Resolved, visitor: str) -> str:
    """One for each Zoom user, where the connection names one, else for each visitor of the run."""
    user_id = found.shown.user_id
    return f"{ANONYMOUS}u{user_id}" if user_id else f"{ANONYMOUS}{evidence.uuid}.{visitor}"
