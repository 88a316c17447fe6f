"""Reads the sink's ledger from its changelog: what Brevo acknowledged, events in doubt, and those never sent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from processors.brevo.decisions.ledger import LEDGER, ContactRow, EventRow, contact_of
from processors.brevo.decisions.open_work import waits_for_its_contact
from processors.engine.naming import changelog_name
from runtime.kafka import KafkaConnection
from runtime.reading import read_topic
from schemas.brevo import BREVO_COMMAND, OnceCommand
from schemas.topic import Topic

CHANGELOG = Topic(
    name=changelog_name(LEDGER),
    key="row key",
    value="processors.brevo.decisions.ledger.ContactRow | EventRow",
    producers=("sync-contact",),
    consumers=("sync-contact",),
    cleanup="compact",
)


OF_NO_CONTACT = b"!"
"""What the keys of rows begin with that are of no contact (`processors.brevo.decisions.ledger.RESUME`)."""


@dataclass(frozen=True, slots=True)
class Open:
    """One event that is not final."""

    command: OnceCommand
    answers: str
    """How a result names its command's record."""


@dataclass(frozen=True, slots=True)
class Ledger:
    """All rows, by their keys."""

    contacts: Mapping[str, ContactRow]
    events: Mapping[bytes, EventRow]


async def ledger(connection: KafkaConnection) -> Ledger:
    """What is known of every contact and event."""
    rows = await _rows(connection, None)
    return Ledger(
        {key.decode(): ContactRow.from_bytes(value) for key, value in rows.items() if b"/" not in key},
        {key: EventRow.from_bytes(value) for key, value in rows.items() if b"/" in key},
    )


def doubts(rows: Mapping[bytes, EventRow]) -> list[Open]:
    """Every event in doubt, by date."""
    return _commands(row for row in rows.values() if row.state == "in_doubt")


def without_contact(rows: Ledger) -> list[Open]:
    """Every event that waits for a contact that no command was ever sent for, by date."""
    return _commands(
        row
        for key, row in rows.events.items()
        if row.state == "pending"
        and waits_for_its_contact(contact_of(key), rows.contacts.get(contact_of(key), ContactRow()))
    )


def _commands(rows: Iterable[EventRow]) -> list[Open]:
    found = []
    for row in rows:
        if row.waiting is not None:
            command = BREVO_COMMAND.validate_json(row.waiting.command)
            if isinstance(command, OnceCommand):
                found.append(Open(command, row.waiting.answers))
    return sorted(found, key=lambda doubt: (doubt.command.event_date, doubt.command.command_id))


def suppressed(rows: Mapping[bytes, EventRow]) -> dict[str, int]:
    """How many events of each name were left out, such as those of a back-fill.

    One that has rows for several instances counts once, and not at all when it was sent for one of them.
    """
    states: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for key, row in rows.items():
        states[key.split(b"/", 2)[1].decode(), row.command_id].add(row.state)
    left_out = [name for (name, _), found in states.items() if found == {"suppressed"}]
    return {name: left_out.count(name) for name in sorted(set(left_out))}


async def _rows(connection: KafkaConnection, key: bytes | None) -> dict[bytes, bytes]:
    rows: dict[bytes, bytes] = {}
    async for record in read_topic(connection, CHANGELOG, key):
        if record.key is None or record.key.startswith(OF_NO_CONTACT):
            continue
        if record.value is None:
            rows.pop(record.key, None)
        else:
            rows[record.key] = record.value
    return rows
