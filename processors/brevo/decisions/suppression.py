"""Whom Brevo told to leave alone, and what that means for commands. PURE.

Deleting a contact at Brevo loses its blocklisting: creating it again would subscribe a person who had said no
(help.brevo.com/hc/articles/208732189, checked 2026-11-21). So a deleted contact is never created again.
"""

from __future__ import annotations

from processors.brevo.decisions.ledger import (
    LEDGER,
    PENDING,
    SUPPRESSIONS,
    ContactRow,
    EventRow,
    Suppression,
    Waiting,
    contact_key,
)
from processors.brevo.decisions.results import Ending, outcome
from processors.engine.view import Record, View
from schemas.brevo import BREVO_COMMAND, ConfirmList, OnceCommand, UpsertContact
from schemas.brevo_news import BrevoNews
from schemas.instants import as_datetime
from schemas.topics import BREVO_RESULTS

RECORDING_EVENT = "zoom_recording_ready"
"""The one event whose purpose is a mail."""
DELETED = "the contact was deleted at Brevo, and is not created again"
UNKNOWN = "Brevo has no such contact, and its lists take existing contacts alone (brevo.list_rules)"
UNMAILED = "the contact is unsubscribed, or its address does not work"


def suppress(news: BrevoNews, record: Record, view: View) -> None:
    """Keep what Brevo told (`record` has it); what waits and must not reach Brevo now is not done any more."""
    key = contact_key(news.contact_id)
    if news.kind == "import_ended":
        # The pump is told of the row; there is nothing to keep.
        view.put(LEDGER, IMPORT_ENDED, news.to_bytes())
        return
    data = view.get(SUPPRESSIONS, key)
    told = dict(Suppression.from_bytes(data).told) if data is not None else {}
    if told.get(news.kind, news.occurred_at) <= news.occurred_at:
        told[news.kind] = news.occurred_at
        view.put(SUPPRESSIONS, key, Suppression(told=told).to_bytes())
    if news.kind == "deleted":
        _forget(news.contact_id, record, view)
    _drop(news, record, view)


IMPORT_ENDED = b"!import-ended"
"""The row of the latest import that Brevo told the end of."""


def suppressed_because(command: UpsertContact | OnceCommand, view: View) -> str | None:
    """Why a command must not reach Brevo; ``None`` when it may."""
    data = view.get(SUPPRESSIONS, contact_key(command.contact_id))
    if data is None:
        return None
    told = Suppression.from_bytes(data)
    if told.erased:
        return DELETED
    return UNMAILED if told.unmailed and is_mail(command) else None


def is_mail(command: UpsertContact | OnceCommand) -> bool:
    """Whether a command is there to mail the person."""
    return isinstance(command, ConfirmList) or (isinstance(command, OnceCommand) and command.name == RECORDING_EVENT)


def end_suppressed(command: UpsertContact | OnceCommand, record: Record, view: View, why: str) -> None:
    """Say so; the outcome comes back and closes the rows like any other."""
    _say(command, Waiting.of(record), record, view, why)


def _say(command: UpsertContact | OnceCommand, waiting: Waiting, record: Record, view: View, why: str) -> None:
    result = outcome(command, waiting, Ending("suppressed", why), as_datetime(record.timestamp_ms // 1_000))
    view.send(BREVO_RESULTS.name, contact_key(result.contact_id), result)


def _forget(contact_id: str, record: Record, view: View) -> None:
    """Nothing waits for a deleted contact, and nothing is known of it."""
    key = contact_key(contact_id)
    if (data := view.get(LEDGER, key)) is None:
        return
    row = ContactRow.from_bytes(data)
    done = max((rank for rank in (row.done, row.rank) if rank is not None), default=None)
    gone = {"done": done, "rank": None, "pending": None, "state": None, "importing": None, "withheld": DELETED}
    view.put(LEDGER, key, row.model_copy(update=gone).to_bytes())
    view.delete(PENDING, key)
    if row.pending is not None:
        _say(BREVO_COMMAND.validate_json(row.pending.command), row.pending, record, view, DELETED)


def _drop(news: BrevoNews, record: Record, view: View) -> None:
    """What has not begun is not done any more: everything for a deleted contact, else what is there to mail it."""
    for key, _ in list(view.scan(PENDING, f"{news.contact_id}/".encode())):
        data = view.get(LEDGER, key)
        row = EventRow.from_bytes(data) if data is not None else None
        if row is None or row.state != "pending" or row.waiting is None:
            continue
        command = BREVO_COMMAND.validate_json(row.waiting.command)
        if news.kind == "deleted" or is_mail(command):
            dropped = row.model_copy(update={"state": "suppressed", "waiting": None})
            view.put(LEDGER, key, dropped.to_bytes())
            view.delete(PENDING, key)
            _say(command, row.waiting, record, view, DELETED if news.kind == "deleted" else UNMAILED)
