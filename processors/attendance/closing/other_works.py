"""Works of an id that are no session's: results to take back, registrations to tell, rows that have expired. PURE."""

from __future__ import annotations

from collections.abc import Callable

from processors.attendance.book import REGISTRATION, RESULT, RUN, Book, DueWork, WorkKind, delete_expired
from processors.attendance.closing.results import ToldSession
from processors.attendance.known.registrants import publish_registrations


def take_other_step(book: Book, work: DueWork) -> bool:
    """Do the next piece of it; true when the work is done."""
    return _KINDS[work.kind](book, work, book.settings.step)


def _retract(book: Book, work: DueWork, budget: int) -> bool:
    """Take back everything that was published under a name."""
    row = book.get(RUN, work.name)
    if row is None:
        return True
    told = ToldSession(book, work.name, row)
    for (contact,), _result in book.scan(RESULT, work.name, start=work.cursor):
        if budget <= 0:
            work.cursor = contact
            return False
        budget -= 1
        told.retract(contact, "no_session")
    told.retract_summary()
    return True


def _tell_registrations(book: Book, work: DueWork, budget: int) -> bool:
    """Look at all registrations once more."""
    batch: list[str] = []
    for (registrant_id,), _row in book.scan(REGISTRATION, start=work.cursor):
        if len(batch) == budget:
            work.cursor = registrant_id
            publish_registrations(book, batch)
            return False
        batch.append(registrant_id)
    publish_registrations(book, batch)
    return True


_KINDS: dict[WorkKind, Callable[[Book, DueWork, int], bool]] = {
    "retraction": _retract,
    "registrations": _tell_registrations,
    "expiry": lambda book, work, budget: delete_expired(book, work.name, budget),
}
"""Each in steps of bounded size."""
