"""Whom Brevo told to leave alone, and what that means for commands. PURE.

Deleting a contact at Brevo loses its blocklisting: creating it again would subscribe a person who had said no
(help.brevo.com/hc/articles/208732189, checked 2026-11-21). So a deleted contact is not created again, unless
`brevo.deleted` says so of who registers again. Of two opposite words of Brevo the later one stands.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from processors.brevo.decisions.ledger import (
    BREVO_PENDING,
    LEDGER,
    SUPPRESSIONS,
    ContactRow,
    EventRow,
    ReadCommand,
    Suppression,
    Waiting,
    contact_key,
    event_at,
)
from processors.brevo.decisions.results import Ending, outcome
from processors.engine.view import Record, View
from runtime.brevo_models import Brevo, BrevoEventKind
from schemas.brevo import ConfirmList, OnceCommand, SendRecording, TrackEvent, UpsertContact
from schemas.brevo_feedback import BrevoFeedback, FeedbackKind
from schemas.instants import as_datetime
from schemas.replays import lineage_of
from schemas.topics import BREVO_RESULTS

EVENT_NAMES: Mapping[BrevoEventKind, tuple[str, ...]] = {
    "registered": ("zoom_webinar_registered",),
    "attended": ("zoom_webinar_attended", "zoom_meeting_attended"),
    "no_show": ("zoom_webinar_no_show",),
    "started": ("zoom_webinar_started", "zoom_meeting_started"),
    "ended": ("zoom_webinar_ended", "zoom_meeting_ended"),
    "recording": ("zoom_recording_ready",),
}
DELETED = "the contact was deleted at Brevo, and is not created again"
UNKNOWN = "Brevo has no such contact, and its lists take existing contacts alone (brevo.list_rules)"
UNMAILED = "the contact is unsubscribed, or its address does not work"


@dataclass(frozen=True, slots=True)
class Consent:
    """What the operator has decided about people who do not want to hear from them."""

    deleted: Literal["stay_away", "ask", "return"] = "stay_away"
    mailing: frozenset[str] = frozenset(EVENT_NAMES["recording"])
    """Names of events that mail the person."""
    switched_off: frozenset[str] = frozenset()
    """Names of events that are not to be sent (`brevo.events`)."""
    max_effect_age_seconds: float = 86_400
    """Of what a replay brings (`brevo.max_effect_age`)."""
    erased_return: bool = False
    """Whether who was forgotten comes back by registering anew (`brevo.erased`)."""

    @classmethod
    def of(cls, settings: Brevo) -> Consent:
        """As the file says."""
        events = settings.events
        mailing = frozenset(name for kind in events.mails for name in EVENT_NAMES[kind])
        off = frozenset(name for kind, names in EVENT_NAMES.items() if not getattr(events, kind) for name in names)
        return cls(settings.deleted, mailing, off, settings.max_effect_age, erased_return=settings.erased == "return")

    def wants(self, command: OnceCommand) -> bool:
        """Whether the operator still has such events sent."""
        return not isinstance(command, TrackEvent) or command.name not in self.switched_off

    def holds_back(self, command: OnceCommand, record: Record) -> str | None:
        """Why what was never sent must not be sent now; ``None`` when it may. `record` has the command."""
        if command.origin == "backfill":
            return "of a back-fill: half a year of people must not enter automations"
        lineage = lineage_of(record.headers)
        is_replayed = command.origin == "replay" if lineage is None else not lineage.re_emit
        age_seconds = record.timestamp_ms / 1_000 - command.event_date.timestamp()
        if is_replayed and age_seconds > self.max_effect_age_seconds:
            return "of a replay, and older than brevo.max_effect_age; `rollcall replay apply --re-emit` sends such"
        return None

    def is_mail(self, command: UpsertContact | OnceCommand) -> bool:
        """Whether a command is there to mail the person."""
        if isinstance(command, ConfirmList | SendRecording):
            return True
        return isinstance(command, OnceCommand) and command.name in self.mailing

    def keeps_from(self, command: UpsertContact | OnceCommand, suppression: Suppression | None) -> str | None:
        """Why a command must not reach Brevo, after what was told of its contact; ``None`` when it may."""
        if suppression is None:
            return None
        if suppression.erased:
            asks = self.deleted == "ask" and isinstance(command, ConfirmList) and suppression.is_older_than(command)
            return None if asks else DELETED
        return UNMAILED if suppression.unmailed and self.is_mail(command) else None

    def comes_back(self, command: UpsertContact | OnceCommand, suppression: Suppression | None) -> bool:
        """Whether a command brings a deleted contact back: they have registered again."""
        return (
            self.deleted == "return"
            and suppression is not None
            and suppression.erased
            and isinstance(command, UpsertContact)
            and command.reason == "registration"
            and suppression.is_older_than(command)
        )


def suppress(feedback: BrevoFeedback, record: Record, view: View, consent: Consent, read: ReadCommand) -> None:
    """Keep what Brevo told (`record` has it); what waits and must not reach Brevo now is not done any more."""
    if feedback.kind == "import_ended":
        # The pump is told of the row; there is nothing to keep.
        view.put(LEDGER, IMPORT_ENDED, feedback.model_copy(update={"contact_id": ""}).to_bytes())
        return
    if feedback.kind == "returned" and suppression_of(feedback.contact_id, view) is None:
        return  # every contact that is put on a list has this told of it
    suppression = note(feedback.contact_id, feedback.kind, feedback.occurred_at, view)
    if feedback.kind == "deleted" and suppression.erased:
        _forget(feedback.contact_id, record, view, read)
    _drop(feedback.contact_id, suppression, record, view, consent, read)


def note(contact_id: str, kind: FeedbackKind, at: datetime, view: View) -> Suppression:
    """Keep the latest instant of a kind of feedback; returns all that was told."""
    key, before = contact_key(contact_id), suppression_of(contact_id, view)
    told = dict(before.told) if before is not None else {}
    if told.get(kind, at) <= at:
        told[kind] = at
        view.put(SUPPRESSIONS, key, Suppression(told=told).to_bytes())
    return Suppression(told=told)


IMPORT_ENDED = b"!import-ended"
"""The row of the latest import that Brevo told the end of."""


def suppression_of(contact_id: str, view: View) -> Suppression | None:
    """What Brevo told of a contact."""
    data = view.get(SUPPRESSIONS, contact_key(contact_id))
    return None if data is None else Suppression.from_bytes(data)


def end_suppressed(command: UpsertContact | OnceCommand, record: Record, view: View, why: str) -> None:
    """Say so; the outcome comes back and closes the rows like any other."""
    _say(command, Waiting.of(record), record, view, why)


def _say(command: UpsertContact | OnceCommand, waiting: Waiting, record: Record, view: View, why: str) -> None:
    result = outcome(command, waiting, Ending("suppressed", why), as_datetime(record.timestamp_ms // 1_000))
    view.send(BREVO_RESULTS.name, contact_key(result.contact_id), result)


def _forget(contact_id: str, record: Record, view: View, read: ReadCommand) -> None:
    """Nothing waits for a deleted contact, and nothing is known of it."""
    for event_key, value in list(view.scan(LEDGER, f"{contact_id}/".encode())):
        row = EventRow.from_bytes(value)
        if row.state == "rejected" and row.waiting is not None:
            view.put(LEDGER, event_key, row.model_copy(update={"waiting": None}).to_bytes())
    key = contact_key(contact_id)
    if (data := view.get(LEDGER, key)) is None:
        return
    contact = ContactRow.from_bytes(data)
    done = max((rank for rank in (contact.done, contact.rank) if rank is not None), default=None)
    gone = {"done": done, "rank": None, "pending": None, "state": None, "importing": None, "withheld": DELETED}
    view.put(LEDGER, key, contact.model_copy(update=gone).to_bytes())
    view.delete(BREVO_PENDING, key)
    if contact.pending is not None:
        _say(read(contact.pending), contact.pending, record, view, DELETED)


def _drop(
    contact_id: str, suppression: Suppression, record: Record, view: View, consent: Consent, read: ReadCommand
) -> None:
    """What has not begun and must not reach Brevo any more is not done."""
    for key, _ in list(view.scan(BREVO_PENDING, f"{contact_id}/".encode())):
        row = event_at(view, key)
        if row is None or row.state != "pending" or row.waiting is None:
            continue
        command = read(row.waiting)
        if (why := consent.keeps_from(command, suppression)) is not None:
            dropped = row.model_copy(update={"state": "suppressed", "waiting": None})
            view.put(LEDGER, key, dropped.to_bytes())
            view.delete(BREVO_PENDING, key)
            _say(command, row.waiting, record, view, why)
