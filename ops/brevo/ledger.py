"""Reads the sink's ledger from its changelog: what Brevo acknowledged, and the events in doubt."""

from __future__ import annotations

from dataclasses import dataclass

from processors.engine.naming import changelog_name
from processors.sink.ledger import LEDGER, RESUME, ContactRow, EventRow
from runtime.kafka import KafkaConnection
from runtime.reading import read_topic
from schemas.brevo import BREVO_COMMAND, TrackEvent
from schemas.topics import Topic

CHANGELOG = Topic(
    name=changelog_name(LEDGER),
    key="row key",
    value="processors.sink.ledger.ContactRow | EventRow",
    producers=("sync-contact",),
    consumers=("sync-contact",),
    cleanup="compact",
)


@dataclass(frozen=True, slots=True)
class Doubt:
    """One event that may have been sent."""

    command: TrackEvent
    answers: str
    """How a result names its command's record."""


async def doubts(connection: KafkaConnection) -> list[Doubt]:
    """Every event in doubt, by date."""
    found = []
    for key, value in (await _rows(connection, None)).items():
        row = EventRow.from_bytes(value) if b"/" in key else None
        if row is not None and row.state == "in_doubt" and row.waiting is not None:
            command = BREVO_COMMAND.validate_json(row.waiting.command)
            if isinstance(command, TrackEvent):
                found.append(Doubt(command, row.waiting.answers))
    return sorted(found, key=lambda each: (each.command.event_date, each.command.command_id))


async def contacts(connection: KafkaConnection) -> dict[str, ContactRow]:
    """What is known of every contact, by its id."""
    rows = await _rows(connection, None)
    return {key.decode(): ContactRow.from_bytes(value) for key, value in rows.items() if b"/" not in key}


async def _rows(connection: KafkaConnection, key: bytes | None) -> dict[bytes, bytes]:
    rows: dict[bytes, bytes] = {}
    async for record in read_topic(connection, CHANGELOG, key):
        if record.key is None or record.key == RESUME:
            continue
        if record.value is None:
            rows.pop(record.key, None)
        else:
            rows[record.key] = record.value
    return rows
