"""Deliveries, dead letters, the audit topic and workers: what operators look at. PURE."""

from __future__ import annotations

from readmodel.changes import Changes, RowKind, Source, header, text
from readmodel.instants import in_milliseconds, milliseconds
from schemas.audit import AuditEntry
from schemas.codec import pack
from schemas.topics import QUARANTINE

_ZOOM = "/zoom/"


def project_delivery(source: Source, changes: Changes) -> None:
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
            "origin": header(headers, "origin") or "live",
            "happened_at": _time(header(headers, "ce_time")),
            "received_at": _time(header(headers, "received-at")) or source.timestamp_ms,
            "quarantine_reason": reason or ("unknown" if source.topic == QUARANTINE.name else None),
        },
    )


def project_dead_letter(source: Source, changes: Changes) -> None:
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
        },
    )


def project_audit(source: Source, changes: Changes) -> None:
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
            "details": pack(entry.details).decode(),
        },
    )


def project_worker(source: Source, changes: Changes) -> None:
    """How a worker is, or that it has left."""
    worker = _key(source) or ""
    if source.value is None:
        changes.put(RowKind.NO_WORKER, (worker,), {"worker_id": worker})
        return
    value = source.value.decode()
    changes.put(RowKind.WORKER, (worker,), {"worker_id": worker, "at": source.timestamp_ms, "status": text(value)})


def _key(source: Source) -> str | None:
    return None if source.key is None else text(source.key.decode("utf-8", "replace"))


def _time(said: str | None) -> int | None:
    try:
        return milliseconds(said)
    except ValueError:
        return None
