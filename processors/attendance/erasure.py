"""What the table `attendance` holds of a person, and how a row is without them. PURE.

Presence stays as that of somebody without a name, for it decides what was a session; whatever leads to the person goes.
Connections come first: they are recognised by the registrations and users that go behind them. What was told goes last,
so that a closing under way tells nothing anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import orjson
from typing_extensions import override

from processors.attendance.book import (
    ABSENT,
    ATTENDANCE_TABLE,
    CONNECTION,
    CONTACT_REGISTRATION,
    DESCRIBED_DETAILS,
    ENDED_PUBLISHED,
    FILED,
    IDENTITY_OF_EMAIL,
    IDENTITY_OF_USER,
    JOB,
    LOBBY,
    MESSAGE,
    PANELIST,
    PARTICIPATION,
    QUESTION,
    RECORDING_PUBLISHED,
    REGISTRATION,
    REGISTRATION_PUBLISHED,
    REPORT_ROW,
    RESULT,
    RUN,
    VISITOR,
    AccountUser,
    BookKind,
    Job,
    Published,
    Question,
    Visitor,
)  # fmt: skip
from processors.attendance.intake.erased import addresses_in
from processors.attendance.ownership import OWNERS, held_in
from processors.attendance.rules.connections import Connection
from processors.attendance.rules.facts import NOTHING_SHOWN, Shown
from processors.attendance.rules.registrations import RegistrationRow
from processors.attendance.rules.reports import ReportRow
from processors.attendance.rules.runs import RunRow
from processors.engine.view import View
from processors.erasure.erasing import Cleaner, IsErased, WalkedRow
from schemas.codec import contact_id

_CONTACT_ID_DIGITS = 32


class _Person:
    """Whether something is the person's.

    Args:
        is_erased: of a contact id.
        key: parts of the row's key: the kind's letter, the account, the object, and the kind's own.
        view: of the row.
    """

    def __init__(self, is_erased: IsErased, key: list[str], view: View) -> None:
        self.contact = is_erased
        self.key = key
        self._view = view

    def address(self, email: str | None) -> bool:
        """Of an address."""
        return email is not None and self.contact(contact_id(email))

    def shown(self, shown: Shown) -> bool:
        """Of the identity that a connection showed."""
        if self.address(shown.email):
            return True
        registration = self._row(REGISTRATION, shown.registrant_id)
        if registration is not None and self.address(registration.email):
            return True
        user = self._row(IDENTITY_OF_USER, shown.user_id)
        return user is not None and self.address(user.email)

    def _row(self, kind: BookKind[Any], name: str | None) -> Any:
        if name is None:
            return None
        data = self._view.get(ATTENDANCE_TABLE, "|".join((kind.letter, *self.key[1:3], name)).encode())
        return None if data is None else kind.decode(data)


Clean = Callable[[Any, _Person], Any]
"""The row without the person: the same object where it says nothing of them, ``None`` where it goes."""


def _connection(row: Connection, person: _Person) -> Connection:
    if not person.shown(row.shown) and (row.filed_as is None or not person.contact(row.filed_as)):
        return row
    return replace(row, registrant_id=None, email=None, user_id=None, name=None, filed_as=None)


def _report_row(row: ReportRow, person: _Person) -> ReportRow:
    return replace(row, connection=_connection(row.connection, person))


def _visitor(row: Visitor, person: _Person) -> Visitor:
    kept = [NOTHING_SHOWN if person.shown(shown) else shown for shown in (row.shown, row.reported)]
    return replace(row, shown=kept[0], reported=kept[1])


def _lobby(row: Sequence[str], person: _Person) -> Sequence[str] | None:
    _origin, registrant_id = row
    return None if person.shown(NOTHING_SHOWN._replace(registrant_id=registrant_id or None)) else row


def _of_address(row: RegistrationRow | Published | AccountUser, person: _Person) -> Any:
    return None if person.address(row.email) else row


def _host(row: Any, person: _Person) -> Any:
    if not person.address(row.host_email):
        return row
    return row._replace(host_email=None) if isinstance(row, RunRow) else replace(row, host_email=None)


def _question(row: Question, person: _Person) -> Question:
    return replace(row, contacts=[contact for contact in row.contacts if not person.contact(contact)])


def _job(row: Job, person: _Person) -> Job:
    work = row.work
    if work is None:
        return row
    cursor = work.cursor
    if len(cursor) == _CONTACT_ID_DIGITS and person.contact(cursor):
        cursor = f"{int(cursor, 16) + 1:032x}"  # the walk goes on behind them
    differences = [difference for difference in work.differences if not person.contact(difference[0])]
    return replace(row, work=replace(work, cursor=cursor, differences=differences))


def _by_key(kind: BookKind[Any]) -> Clean:
    """Rows that are of one contact."""
    place = 3 + kind.parts.index("contact")
    return lambda row, person: None if person.contact(person.key[place]) else row


def _result(row: Published, person: _Person) -> Published | None:
    return _of_address(row, person) and _by_key(RESULT)(row, person)  # type: ignore[no-any-return] # of the row's kind


_CLEAN: tuple[tuple[BookKind[Any], Clean], ...] = (
    (CONNECTION, _connection),
    (REPORT_ROW, _report_row),
    (VISITOR, _visitor),
    (LOBBY, _lobby),
    (REGISTRATION, _of_address),
    *((kind, _by_key(kind)) for kind in (CONTACT_REGISTRATION, FILED, ABSENT, PARTICIPATION, MESSAGE)),
    *((kind, _by_key(kind)) for kind in (PANELIST, IDENTITY_OF_EMAIL)),
    (IDENTITY_OF_USER, _of_address),
    (QUESTION, _question),
    (DESCRIBED_DETAILS, _host),
    (RUN, _host),
    (RESULT, _result),
    *((kind, _by_key(kind)) for kind in (RECORDING_PUBLISHED, ENDED_PUBLISHED)),
    (REGISTRATION_PUBLISHED, _of_address),
    (JOB, _job),
)
"""In the order of the walks: what names a registrant is looked at before the registration goes. Kinds that
are not here say nothing of a person; a test compares."""
CLEANED = tuple(kind for kind, _clean in _CLEAN)


class AttendanceCleaner(Cleaner):
    """Of the agent `track-attendance`."""

    walks = (*((ATTENDANCE_TABLE, f"{kind.letter}|".encode()) for kind in CLEANED), (ATTENDANCE_TABLE, OWNERS))

    @override
    def cleaned(self, row: WalkedRow, is_erased: IsErased, view: View) -> bytes | None:
        if row.walk == len(_CLEAN):
            return None if _is_held_of(row, is_erased) else row.value
        kind, clean = _CLEAN[row.walk]
        person = _Person(is_erased, row.key.decode().split("|"), view)
        before = kind.decode(row.value)
        after = clean(before, person)
        if after is None:
            return None
        return row.value if after == before else kind.encode(after)


def _is_held_of(row: WalkedRow, is_erased: IsErased) -> bool:
    """Whether an event that waits for its owner names the person."""
    held = held_in(row.key, row.value)
    named = () if held is None else addresses_in(orjson.loads(held.value or b"null"))
    return any(is_erased(contact_id(email)) for email in named)
