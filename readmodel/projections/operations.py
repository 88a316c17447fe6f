"""Deliveries, dead letters, the audit topic, erasures and workers: what operators look at. PURE."""

from __future__ import annotations

from readmodel.changes import Changes, RowKind, SourceRecord, SqlRow, header, text, whole
from readmodel.instants import in_milliseconds, milliseconds
from schemas.audit import AuditEntry
from schemas.codec import pack
from schemas.erasure import ERASURE, Erasure
from schemas.letters import LETTER_ID, LetterFault, letter_id, parse_letter_record
from schemas.replays import REPLAY_OF
from schemas.setup import SetupReport
from schemas.topics import QUARANTINE

_ZOOM = "/zoom/"
_DEAD_LETTERS = ".dlq"


def project_delivery(source: SourceRecord, changes: Changes) -> None:
    """What Zoom delivered, or what was put aside of it: by the headers, the body stays where it is."""
    headers = source.headers
    account = header(headers, "ce_source") or ""
    reason = header(headers, "quarantine-reason")
    changes.put(
        RowKind.DELIVERY,
        (source.topic, source.partition, source.offset),
        {
            **source.position,
            "event": header(headers, "ce_type") or "unknown",
            "object_id": _key(source),
            "account_id": account.removeprefix(_ZOOM) if account.startswith(_ZOOM) else None,
            "delivery_id": header(headers, "ce_id"),
            "origin": "replay" if header(headers, REPLAY_OF) else header(headers, "origin") or "live",
            "happened_at": _time(header(headers, "ce_time")),
            "received_at": _time(header(headers, "received-at")) or source.timestamp_ms,
            "quarantine_reason": reason or ("unknown" if source.topic == QUARANTINE.name else None),
            "letter_id": _letter_id(source) if source.topic == QUARANTINE.name else None,
        },
    )


def project_dead_letter(source: SourceRecord, changes: Changes) -> None:
    """Why something could not be handled, by its headers."""
    headers = source.headers
    attempts = header(headers, "rollcall-attempts") or ""
    changes.put(
        RowKind.DEAD_LETTER,
        (source.topic, source.partition, source.offset),
        {
            **source.position,
            "recorded_at": source.timestamp_ms,
            "record_key": _key(source),
            "event_type": header(headers, "ce_type"),
            "label": header(headers, "rollcall-label") or "",
            "reason": header(headers, "rollcall-reason") or "",
            "stage": header(headers, "rollcall-stage") or "",
            "source": header(headers, "rollcall-source") or "",
            "version": header(headers, "rollcall-version") or "",
            "attempts": int(attempts) if attempts.isascii() and attempts.isdecimal() and len(attempts) < 10 else 0,
            "command_id": header(headers, "rollcall-command-id"),
            "letter_id": _letter_id(source),
        },
    )


def project_letter(source: SourceRecord, changes: Changes) -> None:
    """What was said of a letter since it was stored: that it failed again, what a person decided, or nothing more."""
    if source.value is None:
        letter = (_key(source) or "").partition("|")[0]
        changes.put(RowKind.NO_LETTER, (letter,), {"letter_id": letter})
        return
    said = parse_letter_record(source.value)
    row: SqlRow = {"letter_id": text(said.letter_id)}
    if isinstance(said, LetterFault):
        row |= {"failed_at": in_milliseconds(said.last_at), "attempts": whole(said.attempts)}
        row |= {"label": text(said.label), "reason": text(said.reason)}
        changes.put(RowKind.LETTER_FAULT, (said.letter_id,), row)
        return
    row |= {"decision": said.state, "resends": whole(said.resends), "decided_at": in_milliseconds(said.at)}
    row |= {"operator": text(said.operator), "why": text(said.reason)}
    changes.put(RowKind.LETTER_DECISION, (said.letter_id,), row)


def project_audit(source: SourceRecord, changes: Changes) -> None:
    """Who did what."""
    if source.value is None:
        return
    entry = AuditEntry.from_bytes(source.value)
    changes.put(
        RowKind.AUDIT,
        (source.partition, source.offset),
        {
            "partition": source.partition,
            "offset": source.offset,
            "entry_id": text(entry.entry_id),
            "at": in_milliseconds(entry.at),
            "operator": text(entry.operator),
            "action": text(entry.action),
            "subject": text(entry.subject),
            "reason": text(entry.reason),
            "result": entry.result,
            "details": pack(entry.details).decode(),
        },
    )


def project_setup(source: SourceRecord, changes: Changes) -> None:
    """What was found about the set-up."""
    if source.value is None:
        return
    report = SetupReport.from_bytes(source.value)
    row: SqlRow = {"command": report.command, "at": in_milliseconds(report.at), "report": text(source.value.decode())}
    changes.put(RowKind.SETUP, (report.command,), row)


def project_erasure(source: SourceRecord, changes: Changes) -> None:
    """Who was forgotten; every partition has the same, so one is enough. How far agents are with it is no row."""
    if source.value is None or source.partition != 0:
        return
    told = ERASURE.validate_json(source.value)
    if not isinstance(told, Erasure):
        return
    returned_at = None if told.returned_at is None else in_milliseconds(told.returned_at)
    erased_at = in_milliseconds(told.erased_at)
    row: SqlRow = {"mark": told.mark, "salt": told.salt, "erased_at": erased_at, "returned_at": returned_at}
    changes.put(RowKind.ERASED, (told.mark,), row)


def project_worker(source: SourceRecord, changes: Changes) -> None:
    """How a worker is, or that it has left."""
    worker = _key(source) or ""
    if source.value is None:
        changes.put(RowKind.NO_WORKER, (worker,), {"worker_id": worker})
        return
    value = source.value.decode()
    changes.put(RowKind.WORKER, (worker,), {"worker_id": worker, "at": source.timestamp_ms, "status": text(value)})


def _key(source: SourceRecord) -> str | None:
    return None if source.key is None else text(source.key.decode("utf-8", "replace"))


def _letter_id(source: SourceRecord) -> str:
    return header(source.headers, LETTER_ID) or letter_id(
        source.topic.removesuffix(_DEAD_LETTERS), source.key, source.value
    )


def _time(said: str | None) -> int | None:
    try:
        return milliseconds(said)
    except ValueError:
        return None
