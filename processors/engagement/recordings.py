"""Whom the recording of an occurrence is told to. PURE.

When it, the contact's result or a registration with the contact's consent is heard of, whichever comes last, and once:
what is switched on later tells nobody of recordings of before.
"""

from __future__ import annotations

from collections.abc import Iterator

from processors.engagement.commands import recording_command
from processors.engagement.consent import agrees, answers_told
from processors.engagement.row_bytes import session_key
from processors.engagement.state import ContactRecording, ContactRows
from runtime.brevo_models import Brevo, ListRule
from schemas.attendance import AttendanceStatus, Recording, Registration, Result
from schemas.brevo import SendRecording, TrackEvent


class RecordingRules:
    """The operator's choice (`brevo.recordings`)."""

    def __init__(self, brevo: Brevo) -> None:
        self._chosen = chosen = brevo.recordings
        self._is_on = chosen.by == "template" or (chosen.by == "event" and brevo.events.recording)
        self._template_id = chosen.template if chosen.by == "template" else None
        self._consent = (
            ListRule(rule="registration_question", question=chosen.question, answers=chosen.answers)
            if chosen.question
            else ListRule()
        )

    @property
    def questions(self) -> frozenset[str]:
        """The questions whose answers are needed."""
        return frozenset({self._consent.question}) if self._consent.question else frozenset()

    def due(
        self, fact: Registration | Result | Recording, rows: ContactRows
    ) -> Iterator[tuple[bytes, ContactRecording]]:
        """(key, row) of what the contact is to be told now that `fact` is among its rows."""
        for key, row in rows.recordings.items():
            if (
                self._is_on
                and not row.told
                and _concerns(fact, row)
                and row.object_type in self._chosen.sessions
                and _status(fact, row, rows) in self._chosen.to
                and agrees(self._consent, answers_told(rows.registrations.values()))
            ):
                yield key, row

    def command(
        self, fact: Registration | Result | Recording, row: ContactRecording, rows: ContactRows, revision: int
    ) -> TrackEvent | SendRecording:
        """What tells the contact of a recording that is due."""
        return recording_command(fact, row, revision, _status(fact, row, rows) or "", self._template_id)


def _concerns(fact: Registration | Result | Recording, row: ContactRecording) -> bool:
    if fact.account_id != row.account_id:
        return False
    if isinstance(fact, Registration):
        return fact.object_id == row.object_id
    return fact.session_uuid == row.session_uuid


def _status(
    fact: Registration | Result | Recording, row: ContactRecording, rows: ContactRows
) -> AttendanceStatus | None:
    """How the contact took part in the recorded occurrence; ``None`` while no result stands."""
    session = rows.sessions.get(session_key(fact.contact_id, row.account_id, row.session_uuid))
    return None if session is None or session.retracted else session.status
