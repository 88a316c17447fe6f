"""Where each row of a table belongs, whatever the number of partitions: beside the records that it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from processors.attendance.book import ATTENDANCE_TABLE as FACTS
from processors.attendance.book import DUE_WORK
from processors.brevo.decisions.ledger import BREVO_PENDING as OPEN
from processors.brevo.decisions.ledger import LEDGER, RESUME, SUPPRESSIONS, contact_of
from processors.engagement.agent import ENGAGEMENT_TABLE as CONTACTS
from processors.engagement.sweep import SWEEP_KEY
from processors.erasure.marks import MARKS, SALT_KEY
from processors.zoom.questions.pending import LOOKUPS_PENDING as QUESTIONS
from processors.zoom.questions.pending import unpack_pending
from schemas.lookups import AccountDeauthorized

Home = bytes | Literal["everywhere", "nowhere"]
"""The key of the records that the row lies beside; or every partition has it; or it is of one that is no more."""


def home_of(table: str, key: bytes, value: bytes) -> Home:
    """Where a row belongs.

    Raises:
        KeyError: a table that nobody here knows.
    """
    if key.startswith(MARKS):
        return "everywhere" if key.startswith(SALT_KEY) else "nowhere"
    return _HOMES[table](key, value)


def _of_facts(key: bytes, _value: bytes) -> Home:
    parts = key.split(b"|")
    if key.startswith(DUE_WORK):
        return parts[3]
    if parts[0] == b"owner":
        return parts[1]
    return "nowhere" if parts[0] == b"sweep" else parts[2]


def _of_contacts(key: bytes, _value: bytes) -> Home:
    return "nowhere" if key == SWEEP_KEY else key.partition(b"|")[0]


def _of_ledger(key: bytes, _value: bytes) -> Home:
    return "nowhere" if key == RESUME else contact_of(key).encode()


def _of_questions(_key: bytes, value: bytes) -> Home:
    pending = unpack_pending(value)
    return (pending if isinstance(pending, AccountDeauthorized) else pending.request).account_id.encode()


_HOMES: Mapping[str, Callable[[bytes, bytes], Home]] = {
    FACTS: _of_facts,
    CONTACTS: _of_contacts,
    LEDGER: _of_ledger,
    OPEN: _of_ledger,
    SUPPRESSIONS: _of_ledger,
    QUESTIONS: _of_questions,
}
WORKER_TABLES = tuple(_HOMES)
"""All tables of a worker."""
