"""Who a connection is: what it shows, what it takes from others, whose address that is (attendance.md 3). PURE."""

from __future__ import annotations

from typing import NamedTuple

from processors.attendance.book import CONNECTION, IDENTITY_OF_USER, REGISTRATION, VISITOR, Book
from processors.attendance.rules.connections import Connection, filled
from processors.attendance.rules.facts import Shown
from processors.attendance.rules.names import registered_name
from processors.attendance.rules.presence import IdentityRule
from processors.attendance.rules.registrations import RegistrationRow


class Resolved(NamedTuple):
    """Whose a connection is."""

    shown: Shown
    """With what it took from others."""
    rule: IdentityRule
    email: str | None
    """``None``: anonymous."""
    name: str | None
    """The registration's first name, else the display name."""
    is_registered_name: bool


def shown_by_webhook(book: Book, uuid: str, connection: Connection) -> Shown:
    """The identity of a webhooks' connection: a phone leg takes what it lacks from the one that it is bound to."""
    other = _bound_to(book, uuid, connection)
    return connection.shown if other is None else filled(connection.shown, other.shown)


def shown_in_report(book: Book, uuid: str, row: Connection) -> Shown:
    """The identity of a report's row: Zoom leaves much out for some accounts, which webhooks of its `user_id` show."""
    visitor = book.get(VISITOR, uuid, row.numbers[0]) if row.numbers else None
    return row.shown if visitor is None else filled(row.shown, visitor.shown)


def resolve(book: Book, uuid: str, connection: Connection, shown: Shown, *, is_row: bool) -> Resolved:
    """Whose it is; an anonymous connection of a run with a report is who the rows of its `user_id` are."""
    found = _resolve(book, shown)
    if found.email is None and not is_row:
        for number in connection.numbers:
            visitor = book.get(VISITOR, uuid, number)
            if visitor is not None and any(visitor.reported[:3]):
                reported = _resolve(book, filled(visitor.reported, visitor.shown))
                if reported.email is not None:
                    return reported
    return found


def registration_of(book: Book, registrant_id: str | None) -> RegistrationRow | None:
    """The registration of an id, if it has an address."""
    row = None if registrant_id is None else book.get(REGISTRATION, registrant_id)
    return row if row is not None and row.email is not None else None


def _resolve(book: Book, shown: Shown) -> Resolved:
    registration = registration_of(book, shown.registrant_id)
    if registration is not None:
        name = registered_name(registration.detail("first_name"))
        return Resolved(shown, "registrant", registration.email, name or shown.name, name is not None)
    if shown.email is not None:
        return Resolved(shown, "email", shown.email, shown.name, is_registered_name=False)
    known = book.get(IDENTITY_OF_USER, shown.user_id) if shown.user_id else None
    return Resolved(shown, "user", known.email if known else None, shown.name, is_registered_name=False)


def _bound_to(book: Book, uuid: str, connection: Connection) -> Connection | None:
    if connection.bound_to is not None:
        found = book.get(CONNECTION, uuid, connection.bound_to)
        if found is not None:
            return found
    if connection.bound_number is None:
        return None
    # Zoom names the participant_uuid as well; only where it did not is there anything to search.
    numbered = (other for _name, other in book.scan(CONNECTION, uuid) if connection.bound_number in other.numbers)
    return next(numbered, None)
