"""Whom Brevo told to leave alone, and what that means for commands. PURE.

Deleting a contact at Brevo loses its blocklisting: creating it again would subscribe a person who had said no
(help.brevo.com/hc/articles/208732189, checked 2026-11-21). So a deleted contact is not created again, unless
`brevo.deleted` says so of who registers again. Of two opposite words of Brevo the later one stands.
"""

from __future__ import annotations

from datetime import datetime

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
from processors.brevo.decisions.sending_rules import DELETED, SendingRules
from processors.engine.view import Record, View
from schemas.brevo import OnceCommand, UpsertContact
from schemas.brevo_feedback import BrevoFeedback, FeedbackKind
from schemas.instants import as_datetime
from schemas.topics import BREVO_RESULTS


def suppress(feedback: BrevoFeedback, record: Record, view: View, rules: SendingRules, read: ReadCommand) -> None:
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
    _drop(feedback.contact_id, suppression, record, view, rules, read)


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
    contact_id: str, suppression: Suppression, record: Record, view: View, rules: SendingRules, read: ReadCommand
) -> None:
    """What has not begun and must not reach Brevo any more is not done."""
    for key, _ in list(view.scan(BREVO_PENDING, f"{contact_id}/".encode())):
        row = event_at(view, key)
        if row is None or row.state != "pending" or row.waiting is None:
            continue
        command = read(row.waiting)
        if (why := rules.keeps_from(command, suppression)) is not None:
            dropped = row.model_copy(update={"state": "suppressed", "waiting": None})
            view.put(LEDGER, key, dropped.to_bytes())
            view.delete(BREVO_PENDING, key)
            _say(command, row.waiting, record, view, why)
