"""Zoom's own figures of runs, for comparison: asked for, and taken in (attendance.md 5). PURE."""

from __future__ import annotations

from collections.abc import Sequence

from processors.attendance.book import ABSENT, TOTAL, Book
from processors.attendance.known.questions import Scope, Subject, ask, state_of
from schemas.codec import contact_id, normalise_email
from schemas.lookups import LookupResult


def ask_figures(book: Book, subject: Subject, uuids: Sequence[str]) -> list[Scope]:
    """Ask for those of every run; the questions."""
    scopes = [ask(book, subject, Scope("total", uuid)) for uuid in uuids]
    if subject.object_type == "webinar":
        scopes += [ask(book, subject, Scope("absentees", uuid)) for uuid in uuids]
    return scopes


def take_absentees(book: Book, result: LookupResult) -> None:
    """Remember who was absent from a run, as Zoom says."""
    for row in result.rows:
        if email := normalise_email(row.get("email")):
            book.put(ABSENT, True, result.session_uuid or "", contact_id(email))


def take_total(book: Book, result: LookupResult) -> None:
    """Remember how many participants Zoom counts in a run."""
    for row in result.rows:
        if isinstance(count := row.get("participants_count"), int):
            book.put(TOTAL, count, result.session_uuid or "")


def knows_absentees(book: Book, uuids: Sequence[str]) -> bool:
    """Whether Zoom answered for every run."""
    return all(state_of(book, Scope("absentees", uuid)) == "found" for uuid in uuids)
