"""What is kept of contacts is read from the changelogs of three tables, partition by partition."""

from __future__ import annotations

from contextlib import aclosing

from aiokafka.partitioner import DefaultPartitioner

from ops.resync.kept import Kept
from ops.resync.tables import kept_contacts
from processors.brevo.decisions.ledger import LEDGER, RESUME, SUPPRESSIONS, ContactRow, EventRow, Suppression, event_key
from processors.engagement.agent import ENGAGEMENT_TABLE
from processors.engagement.row_bytes import encode_head, head_key
from processors.engagement.state import Head
from processors.engagement.sweep import SWEEP_KEY
from processors.engine.naming import changelog_name
from runtime.kafka import KafkaConnection
from schemas.codec import contact_id
from tests.support.brevo_commands import OCCURRED_AT
from tests.support.kafka import Message, create_topics, produce

PARTITIONS = list(range(6))
PEOPLE = [contact_id(f"person{number}@example.com") for number in range(12)]
REFUSED, DELETED = PEOPLE[3], PEOPLE[7]


def _home(contact: str) -> int:
    return int(DefaultPartitioner()(contact.encode(), PARTITIONS, PARTITIONS))


def _row(contact: str, key: bytes, value: bytes | None) -> Message:
    """A row of a table lies in the partition of its contact, whatever its key is."""
    return Message(value, key, partition=_home(contact))


async def _kept(connection: KafkaConnection, contact: str | None = None) -> dict[str, Kept]:
    async with aclosing(kept_contacts(connection, contact)) as contacts:
        return {contact.contact_id: contact async for contact in contacts}


async def test_kept_contacts_brings_the_rows_of_each_contact_together(kafka_bootstrap: str, topic_prefix: str) -> None:
    """The newest of each key; rows of no contact are left out; of one contact one partition is read."""
    connection = KafkaConnection(kafka_bootstrap, topic_prefix=topic_prefix)
    names = {table: f"{topic_prefix}{changelog_name(table)}" for table in (ENGAGEMENT_TABLE, LEDGER, SUPPRESSIONS)}
    await create_topics(kafka_bootstrap, list(names.values()))
    heads = [
        _row(contact, head_key(contact), encode_head(Head(revision=revision, email="a@example.com")))
        for revision in (1, 2)
        for contact in PEOPLE
    ]
    await produce(kafka_bootstrap, names[ENGAGEMENT_TABLE], [*heads, _row(REFUSED, SWEEP_KEY, b"[1,0,null]")])
    event = EventRow(state="rejected", command_id="c1")
    sent = event.model_copy(update={"state": "acknowledged"})
    gone = PEOPLE[0]
    ledger = [
        _row(REFUSED, REFUSED.encode(), ContactRow(rejected="no").to_bytes()),
        _row(REFUSED, event_key(REFUSED, "e", "s/1"), event.to_bytes()),
        _row(REFUSED, event_key(REFUSED, "e", "s2"), sent.to_bytes()),
        _row(REFUSED, RESUME, b"{}"),
        _row(gone, gone.encode(), ContactRow(rejected="no").to_bytes()),
        _row(gone, gone.encode(), None),
    ]
    await produce(kafka_bootstrap, names[LEDGER], ledger)
    told = Suppression(told={"deleted": OCCURRED_AT}).to_bytes()
    await produce(kafka_bootstrap, names[SUPPRESSIONS], [_row(DELETED, DELETED.encode(), told)])

    found = await _kept(connection)
    assert set(found) == set(PEOPLE)
    assert {kept.rows.head.revision for kept in found.values()} == {2}
    assert [contact for contact, kept in found.items() if kept.ledger.rejected] == [REFUSED]
    assert found[REFUSED].events == {event_key(REFUSED, "e", "s/1"): event}
    assert [contact for contact, kept in found.items() if kept.told is not None] == [DELETED]
    assert await _kept(connection, DELETED) == {DELETED: found[DELETED]}
    assert await _kept(connection, contact_id("nobody@example.com")) == {}
