"""The phases before a session can be computed: what Zoom has to be asked, and waiting for its answers. PURE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from processors.attendance.book import REGISTRATION, UNKNOWN_REGISTRANT, VISITOR, Book, Visitor
from processors.attendance.closing.evidence import PieceOfEvidence, evidence_of
from processors.attendance.closing.identity import registration_of
from processors.attendance.closing.step import ClosingStep, Progress
from processors.attendance.known.exclusion import asks_user, is_asked
from processors.attendance.known.figures import ask_figures
from processors.attendance.known.interaction import ask_interaction
from processors.attendance.known.questions import Scope, ask, ask_identities
from processors.attendance.rules.connections import filled, united
from processors.attendance.rules.facts import Shown

_PEOPLE = "p|"
_REGISTRATIONS = "g|"
"""What a cursor of the walk of *identify* begins with."""
_END = "g|~"
"""A cursor behind everybody: Zoom's registrant ids are letters, digits, `-` and `_`."""


@dataclass(slots=True)
class Unknown:
    """What Zoom has to be asked before connections can be filed."""

    user_ids: set[str] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    registrant_ids: set[str] = field(default_factory=set)


Note = Callable[[Unknown], None]


def ask_first(step: ClosingStep) -> Progress:
    """Details, then the registrants of every status (of the date, where there are several) and the panelists."""
    book, uuids = step.book, step.group.uuids
    details = [ask(book, step.subject, Scope("details", uuid)) for uuid in uuids]
    if step.wait_for(details):
        return Progress.WAITS
    scopes = _at_the_end(step)
    if step.object_type == "webinar":
        last, entry = step.group.runs[-1].uuid, step.group.entry
        occurrence_id = entry.occurrence_id if entry else ""
        listing = Scope("registrants", last, f"{occurrence_id}.end")
        scopes.append(ask(book, step.subject, listing, occurrence_id=occurrence_id or None))
        if step.book.settings.exclude_panelists:
            scopes.append(ask(book, step.subject, Scope("panelists", last)))
    return Progress.WAITS if step.wait_for(scopes) else Progress.DONE


def _at_the_end(step: ClosingStep) -> list[Scope]:
    """Zoom's own figures, and what people did beside listening, are asked for once nothing else will change."""
    if not step.is_final:
        return []
    scopes = ask_figures(step.book, step.subject, step.group.uuids)
    if step.book.settings.interaction:
        scopes += ask_interaction(step.book, step.subject, step.group.uuids)
    return scopes


def match(step: ClosingStep) -> Progress:
    """Note what webhooks and the report show of one `user_id`: each may lack what the other has."""
    work = step.work
    if not work.cursor:
        # From here on news ask what this walk does not: it begins again with them.
        work.renewed = work.searched = False
    for evidence in evidence_of(step, work.cursor, reported_only=True):
        if not step.spend():
            work.cursor = evidence.cursor
            return Progress.MORE
        _note_visitor(step.book, evidence)
    return Progress.DONE


def identify(step: ClosingStep) -> Progress:
    """Ask about people nobody was asked about, as many as a step handles, and wait; then go on behind them."""
    work, unknown, position = step.work, Unknown(), _END
    for cursor, note in _people(step, work.cursor):
        if not step.spend():
            position = cursor
            break
        note(unknown)
    scopes = ask_identities(step.book, step.subject, unknown.emails, unknown.user_ids)
    if unknown.registrant_ids and not work.searched:
        again = Scope("registrants", step.group.runs[-1].uuid, f"again.{step.book.now_ms}")
        scopes.append(ask(step.book, step.subject, again))
        work.searched, position = True, _PEOPLE
    else:
        # Zoom has just been asked for all of them, and does not know these.
        for registrant_id in unknown.registrant_ids:
            step.book.put(UNKNOWN_REGISTRANT, True, registrant_id)
    work.cursor = position
    if step.wait_for(scopes):
        return Progress.WAITS
    return Progress.DONE if position == _END else Progress.MORE


def _people(step: ClosingStep, cursor: str) -> Iterator[tuple[str, Note]]:
    """(cursor, what notes their unknowns) of connections, then of registrations."""
    book, at = step.book, ""
    if cursor.startswith(_REGISTRATIONS):
        at = cursor.removeprefix(_REGISTRATIONS)
    else:
        for found in evidence_of(step, cursor.removeprefix(_PEOPLE)):
            yield f"{_PEOPLE}{found.cursor}", partial(_note_connection, book, found)
    if step.object_type == "webinar":
        for (registrant_id,), row in book.scan(REGISTRATION, start=at):
            if row.email is not None:
                yield f"{_REGISTRATIONS}{registrant_id}", partial(_note_email, book, row.email)


def is_known(book: Book, evidence: PieceOfEvidence, shown: Shown) -> bool:
    """Whether everything that matters about a connection that shows this was asked about."""
    unknown = Unknown()
    _note_identity(book, evidence, shown, unknown)
    return not (unknown.emails or unknown.user_ids or unknown.registrant_ids)


def _note_connection(book: Book, evidence: PieceOfEvidence, unknown: Unknown) -> None:
    _note_identity(book, evidence, evidence.shown(book), unknown)


def _note_identity(book: Book, evidence: PieceOfEvidence, shown: Shown, unknown: Unknown) -> None:
    _note_shown(book, shown, unknown)
    if not evidence.is_row and shown.email is None and registration_of(book, shown.registrant_id) is None:
        # It may turn out to be who the report's row of its `user_id` is.
        for number in evidence.connection.numbers:
            visitor = book.get(VISITOR, evidence.uuid, number)
            if visitor is not None:
                _note_shown(book, filled(visitor.reported, visitor.shown), unknown)


def _note_shown(book: Book, shown: Shown, unknown: Unknown) -> None:
    registration, registrant_id = registration_of(book, shown.registrant_id), shown.registrant_id
    if registrant_id is not None and registration is None:
        known = book.has(REGISTRATION, registrant_id) or book.has(UNKNOWN_REGISTRANT, registrant_id)
        if not known:
            unknown.registrant_ids.add(registrant_id)
    email = registration.email if registration else shown.email
    for each in {email, shown.email}:
        if each is not None:
            _note_email(book, each, unknown)
    if shown.user_id is not None and asks_user(book, shown.user_id, email):
        unknown.user_ids.add(shown.user_id)


def _note_email(book: Book, email: str, unknown: Unknown) -> None:
    if not is_asked(book, email):
        unknown.emails.add(email)


def _note_visitor(book: Book, evidence: PieceOfEvidence) -> None:
    shown = evidence.shown(book) if not evidence.is_row else evidence.connection.shown
    for number in evidence.connection.numbers:
        visitor = book.get(VISITOR, evidence.uuid, number) or Visitor()
        if not evidence.is_row:
            visitor.shown = united(visitor.shown, shown)
            visitor.connection = min(visitor.connection or evidence.name, evidence.name)
            visitor.panelist = visitor.panelist or evidence.connection.panelist
        elif visitor.connection and shown[:3] != visitor.shown[:3]:
            visitor.reported = united(visitor.reported, shown)
        else:
            continue  # the row shows what webhooks do, or there are none of its number
        book.change(VISITOR, visitor, evidence.uuid, number)
