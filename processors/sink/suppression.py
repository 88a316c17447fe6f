"""Whom Brevo told to leave alone, and what that means for commands. PURE.

Deleting a contact at Brevo loses its blocklisting: creating it again would subscribe a person who had said no
(help.brevo.com/hc/articles/208732189, checked 2026-11-21). So a deleted contact is never created again.
"""

from __future__ import annotations

from processors.engine.view import Record, View
from processors.sink.ledger import (
    LEDGER,
    PENDING,
    SUPPRESSIONS,
    ContactRow,
    EventRow,
    Suppression,
    Waiting,
    contact_key,
)
from schemas.brevo import CommandResult, TrackEvent, UpsertContact
from schemas.brevo_news import BrevoNews
from schemas.instants import as_datetime
from schemas.topics import BREVO_RESULTS

RECORDING_EVENT = "zoom_recording_ready"
"""The one event whose purpose is a mail."""


def suppress(news: BrevoNews, view: View) -> None:
    """Keep what Brevo told; what waits for a contact that is gone is not done any more."""
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
        _forget(news.contact_id, view)


IMPORT_ENDED = b"!import-ended"
"""The row of the latest import that Brevo told the end of."""


def is_suppressed(command: UpsertContact | TrackEvent, view: View) -> bool:
    """Whether a command must not reach Brevo."""
    data = view.get(SUPPRESSIONS, contact_key(command.contact_id))
    if data is None:
        return False
    told = Suppression.from_bytes(data)
    return told.erased or (isinstance(command, TrackEvent) and command.name == RECORDING_EVENT and told.unmailed)


def end_suppressed(command: UpsertContact | TrackEvent, record: Record, view: View) -> None:
    """Say so; the outcome comes back and closes the rows like any other."""
    is_event = isinstance(command, TrackEvent)
    result = CommandResult(
        command_id=command.command_id,
        contact_id=command.contact_id,
        kind="event" if is_event else "upsert",
        revision=command.revision,
        outcome="suppressed",
        name=command.name if isinstance(command, TrackEvent) else None,
        once_keys=command.once_keys if isinstance(command, TrackEvent) else (),
        answers=Waiting.of(record).answers,
        detail="the contact is unsubscribed or was deleted at Brevo",
        session=command.session,
        occurred_at=command.occurred_at,
        finished_at=as_datetime(record.timestamp_ms // 1_000),
    )
    view.send(BREVO_RESULTS.name, contact_key(command.contact_id), result.to_bytes())


def _forget(contact_id: str, view: View) -> None:
    """Nothing waits for a deleted contact, and nothing is known of it."""
    key = contact_key(contact_id)
    if (data := view.get(LEDGER, key)) is not None:
        row = ContactRow.from_bytes(data)
        done = max((rank for rank in (row.done, row.rank) if rank is not None), default=None)
        kept = row.model_copy(update={"done": done, "rank": None, "pending": None, "state": None, "importing": None})
        view.put(LEDGER, key, kept.to_bytes())
        view.delete(PENDING, key)
    for open_key, _ in list(view.scan(PENDING, f"{contact_id}/".encode())):
        row_data = view.get(LEDGER, open_key)
        if row_data is not None and EventRow.from_bytes(row_data).state == "pending":
            event = EventRow.from_bytes(row_data).model_copy(update={"state": "suppressed", "waiting": None})
            view.put(LEDGER, open_key, event.to_bytes())
            view.delete(PENDING, open_key)
