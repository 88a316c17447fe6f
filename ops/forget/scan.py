"""Looks through every topic and changelog of the installation for a person, from the beginning to where each ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from ops.forget.person import DataSubject
from ops.forget.place import Place, PlaceKind
from ops.topics.cluster import topic_admin
from processors.engine.naming import APP_ID, REBUILD_TOPICS
from runtime.kafka import KafkaConnection
from runtime.reading import make_known, read_spans, reader
from schemas.errors import ConfigurationError
from schemas.letters import LETTER_ID, letter_id
from schemas.topics import LETTERS, QUARANTINE, all_topics

_SILENCE_SECONDS = 20.0
"""Longer than for one topic: brokers that have to look up hundreds of partitions are slow to begin."""
_FETCHED_AT_ONCE = 5_000
ScanProgress = Callable[[int], object]
"""Is told, now and then, how many records were looked through."""
MentioningValues = dict[tuple[str, int, bytes], bytes]
"""By (logical topic, partition, key): the values in force that mention the person."""


@dataclass(slots=True)
class Mentions:
    """All that the topics hold of a person."""

    places: list[Place]
    held: MentioningValues = field(default_factory=dict)
    """Of tables and compacted topics."""
    records: list[Any] = field(default_factory=list)
    """Of the topics that Kafka deletes from, where they were asked for: as the client gives them."""
    letters: set[str] = field(default_factory=set)
    """Ids of dead letters and quarantined deliveries that mention them."""
    letters_told: set[tuple[int, bytes]] = field(default_factory=set)
    """(partition, key) of what stands of these in `ops.letters.v1`."""


_REGISTERED = frozenset(topic.name for topic in all_topics())
_OTHERS = (f"{APP_ID}-", REBUILD_TOPICS)
"""How changelogs begin, of tables that are live and of those beside them, and what a rebuild puts out."""


def is_of_the_installation(name: str) -> bool:
    """Whether the topic of this logical name holds what Rollcall knows of people."""
    return name in _REGISTERED or name.startswith(_OTHERS)


def kind_of(name: str, policy: str) -> PlaceKind:
    """Of a topic by its name and its `cleanup.policy`."""
    if name.endswith("-changelog"):
        return "table"
    return "state" if "compact" in policy else "log"


async def look_through(
    connection: KafkaConnection, person: DataSubject, tell: ScanProgress, *, keep: bool = False
) -> Mentions:
    """Read everything once.

    Args:
        connection: the cluster and the prefix.
        person: who is looked for.
        tell: told how far it is.
        keep: with the records of topics that Kafka deletes from, for who wants to read them.

    Raises:
        ConfigurationError: there are no topics.
        RetryLaterError: Kafka does not answer.
    """
    prefix = connection.topic_prefix
    async with topic_admin(connection) as admin:
        there = [name for name in await admin.found(()) if name.startswith(prefix)]
        wanted = frozenset(name for name in there if is_of_the_installation(name.removeprefix(prefix)))
        topics = {name: topic for name, topic in (await admin.found(sorted(wanted))).items() if name in wanted}
    if not topics:
        raise ConfigurationError(
            "there are no topics to look through: check KAFKA_BOOTSTRAP_SERVERS and KAFKA_TOPIC_PREFIX"
        )
    places = {
        name: Place(name, kind_of(name, topic.settings.get("cleanup.policy", "")), topic.settings)
        for name, topic in topics.items()
    }
    collector = _Collector(prefix, person, places, keep=keep)
    await _read(connection, {name: topic.partitions for name, topic in topics.items()}, collector, tell)
    return collector.result()


async def _read(
    connection: KafkaConnection, partitions: Mapping[str, int], collector: _Collector, tell: ScanProgress
) -> None:
    from aiokafka import TopicPartition  # noqa: PLC0415 (a help page needs no Kafka client)

    everywhere = [TopicPartition(name, number) for name, count in partitions.items() for number in range(count)]
    looked_at = 0
    async with reader(connection) as consumer:
        make_known(consumer, everywhere)
        begins, ends = await consumer.beginning_offsets(everywhere), await consumer.end_offsets(everywhere)
        spans = {part: range(begins[part], ends[part]) for part in everywhere}
        async for portion in read_spans(consumer, spans, most=_FETCHED_AT_ONCE, silence_seconds=_SILENCE_SECONDS):
            for record in chain.from_iterable(portion.values()):
                collector.take(record)
                looked_at += 1
            tell(looked_at)


class _Collector:
    """Takes records in, in the order of their offsets within a partition."""

    def __init__(self, prefix: str, person: DataSubject, places: Mapping[str, Place], *, keep: bool) -> None:
        self._prefix = prefix
        self._person = person
        self._places = places
        self._keep = keep
        self._found = Mentions([])
        self._told: set[tuple[int, bytes]] = set()

    def take(self, record: Any) -> None:
        """One record of the client's."""
        place, logical = self._places[record.topic], record.topic.removeprefix(self._prefix)
        headers = [value for _name, value in record.headers]
        is_theirs = self._person.is_in(record.key, record.value, *headers)
        if is_theirs:
            place.records += 1
            place.newest_ms = max(place.newest_ms, record.timestamp)
            place.offsets[record.partition] = record.offset + 1
        if logical == LETTERS.name and record.key is not None:
            self._note(record.partition, record.key, is_there=record.value is not None)
        if place.kind != "log":
            self._hold(logical, record, is_theirs=is_theirs)
        elif is_theirs:
            self._note_letter(logical, record)
            if self._keep:
                self._found.records.append(record)

    def result(self) -> Mentions:
        """When everything was taken in."""
        counts: dict[str, int] = {}
        for topic, _partition, _key in self._found.held:
            counts[topic] = counts.get(topic, 0) + 1
        for name, place in self._places.items():
            place.held = place.records if place.kind == "log" else counts.get(name.removeprefix(self._prefix), 0)
        self._found.places = [self._places[name] for name in sorted(self._places)]
        letters = self._found.letters
        self._found.letters_told = {told for told in self._told if told[1].split(b"|")[0].decode() in letters}
        return self._found

    def _hold(self, logical: str, record: Any, *, is_theirs: bool) -> None:
        where = (logical, record.partition, record.key or b"")
        if is_theirs and record.value is not None:
            self._found.held[where] = record.value
        else:
            self._found.held.pop(where, None)

    def _note(self, partition: int, key: bytes, *, is_there: bool) -> None:
        if is_there:
            self._told.add((partition, key))
        else:
            self._told.discard((partition, key))

    def _note_letter(self, logical: str, record: Any) -> None:
        if not logical.endswith(".dlq") and logical != QUARANTINE.name:
            return
        said = dict(record.headers).get(LETTER_ID)
        known = said.decode(errors="replace") if said else None
        self._found.letters.add(known or letter_id(logical.removesuffix(".dlq"), record.key, record.value))
