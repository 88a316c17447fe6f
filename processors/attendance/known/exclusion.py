"""Whom a rule leaves out (attendance.md 3), and what Zoom has to be asked to know. PURE."""

from __future__ import annotations

from collections.abc import Collection

from processors.attendance.book import IDENTITY_OF_EMAIL, IDENTITY_OF_USER, PANELIST, Book
from processors.attendance.rules.connections import Connection
from processors.attendance.rules.facts import Shown
from schemas.codec import contact_id


def is_excluded(
    book: Book,
    connection: Connection,
    shown: Shown,
    email: str | None,
    *,
    host_id: str | None,
    hosts: Collection[str | None],
    panelists: Collection[str],
    panelist: bool = False,
) -> bool:
    """Whether this connection leaves its person out.

    Args:
        book: of its run.
        connection: as its row has it.
        shown: its identity, with what it took from others. A colleague who registered with a private address is one
            by the e-mail shown as well.
        email: what that resolves to.
        host_id: the user id of its run's host.
        hosts: the host's addresses.
        panelists: of `panelists_of`.
        panelist: a change of roles made it one.
    """
    settings, user_id = book.settings, shown.user_id
    emails = {each for each in (email, shown.email) if each is not None}
    if settings.exclude_hosts and (not emails.isdisjoint(hosts) or (user_id is not None and user_id == host_id)):
        return True
    if (settings.exclude_panelists and panelist) or (settings.exclude_internal and connection.internal):
        return True
    return _is_own_user(book, user_id) or any(_of_email(book, each, panelists) for each in emails)


def is_excluded_address(book: Book, email: str, hosts: Collection[str | None], panelists: Collection[str]) -> bool:
    """Whether the owner of an address is left out, whether or not they came; `hosts`: the host's addresses."""
    return (book.settings.exclude_hosts and email in hosts) or _of_email(book, email, panelists)


def panelists_of(book: Book) -> frozenset[str]:
    """The contacts of Zoom's panelists, where they are left out: they are few, and read once for all who came."""
    if not book.settings.exclude_panelists:
        return frozenset()
    return frozenset(contact for (contact,), _mark in book.scan(PANELIST))


def is_asked(book: Book, email: str) -> bool:
    """Whether Zoom was asked whose an address is, if that matters."""
    return not book.settings.exclude_internal or book.has(IDENTITY_OF_EMAIL, contact_id(email))


def asks_user(book: Book, user_id: str, email: str | None) -> bool:
    """Whether Zoom has to be asked whose a user id is: to leave own users out, or for lack of another address."""
    matters = email is None or book.settings.exclude_internal
    return matters and not book.has(IDENTITY_OF_USER, user_id)


def _is_own_user(book: Book, user_id: str | None) -> bool:
    if user_id is None or not book.settings.exclude_internal:
        return False
    known = book.get(IDENTITY_OF_USER, user_id)
    return known is not None and known.is_own


def _of_email(book: Book, email: str, panelists: Collection[str]) -> bool:
    settings, contact = book.settings, contact_id(email)
    if settings.filters.excludes(email) or contact in panelists:
        return True
    known = book.get(IDENTITY_OF_EMAIL, contact) if settings.exclude_internal else None
    return known is not None and known.is_own
