"""Takes over what the raw topic no longer holds: reads the live changelogs, writes those of the rebuild."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from ops.posting import posting
from ops.rebuild.carried import carried_contacts, carried_facts
from ops.resync.tables import rows_of
from processors.attendance.book import ATTENDANCE_TABLE as FACTS
from processors.engagement.agent import ENGAGEMENT_TABLE as CONTACTS
from processors.engine.naming import changelog_name, rebuild_topic
from runtime.kafka import KafkaConnection
from runtime.reading import reader
from schemas.cloud_events import event_headers
from schemas.engagement import ResyncContact
from schemas.instants import DAY_MS
from schemas.topics import ENGAGEMENT_RESYNCS, RAW_EVENTS

_MARGIN_MS = DAY_MS
"""What is older is deleted while a rebuild works; it may work for long."""
_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class Carried:
    """What was taken over."""

    horizon: datetime | None
    objects: int = 0
    rows: int = 0


async def carry(connection: KafkaConnection, partitions: int, live: str, state: str, begun_at: datetime) -> Carried:
    """Facts that are older than the raw topic; done again, it writes the same.

    Raises:
        ConfigurationError: there are no live tables.
        RetryLaterError: Kafka does not answer.
    """
    begun_ms = int(begun_at.timestamp() * 1000)
    horizons = await _horizons(connection, partitions, begun_ms)
    if not horizons:
        return Carried(None)
    objects, rows, known = 0, 0, set[tuple[str, str]]()
    latest = max(horizons.values())
    async with posting(connection) as to_kafka:
        async for number, live_rows in rows_of(connection, FACTS, live):
            facts = carried_facts(live_rows, horizons.get(number, 0), begun_ms)
            known |= facts.known
            objects, rows = objects + facts.objects, rows + len(facts.rows)
            await to_kafka.write_rows(changelog_name(FACTS, state), number, facts.rows)
        async for number, live_rows in rows_of(connection, CONTACTS, live):
            contacts = carried_contacts(live_rows, known, latest)
            rows += contacts.facts
            await to_kafka.write_rows(changelog_name(CONTACTS, state), number, contacts.rows)
            requests = (ResyncContact(contact_id=contact, requested_at=begun_at) for contact in contacts.contacts)
            records = ((request.contact_id.encode(), request.to_bytes(), request) for request in requests)
            await to_kafka.publish(
                rebuild_topic(state, ENGAGEMENT_RESYNCS.name),
                ((key, value, list(event_headers(ENGAGEMENT_RESYNCS.name, key, request, value)), None)
                 for key, value, request in records),
            )  # fmt: skip
    return Carried(datetime.fromtimestamp(latest / 1000, UTC), objects, rows)


async def _horizons(connection: KafkaConnection, partitions: int, now_ms: int) -> dict[int, int]:
    """From when on the raw topic surely has everything, epoch milliseconds, of each partition that has lost records."""
    from aiokafka import TopicPartition  # noqa: PLC0415 (a help page needs no Kafka client)

    places = [TopicPartition(RAW_EVENTS.physical(connection.topic_prefix), number) for number in range(partitions)]
    found: dict[int, int] = {}
    async with reader(connection) as consumer:
        first, ends = await consumer.beginning_offsets(places), await consumer.end_offsets(places)
        for place in filter(first.get, places):
            found[place.partition] = now_ms
            if first[place] < ends[place]:
                consumer.assign([place])
                await consumer.seek_to_beginning(place)
                polled = await consumer.getmany(place, timeout_ms=int(_SECONDS * 1000), max_records=1)
                # A broker that hangs is not reported, and now is the safe answer.
                oldest_ms = polled[place][0].timestamp if polled.get(place) else now_ms
                found[place.partition] = min(now_ms, oldest_ms + _MARGIN_MS)
    return found
