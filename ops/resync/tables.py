"""All that is kept of each contact, read from the changelogs of the worker's tables, a partition at a time."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import AsyncGenerator, Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import dataclass, replace

from ops.resync.kept import Kept
from processors.brevo.decisions.ledger import (
    LEDGER,
    SUPPRESSIONS,
    ContactRow,
    EventRow,
    Suppression,
    contact_key,
    contact_of,
)
from processors.engagement.agent import ENGAGEMENT_TABLE
from processors.engagement.row_bytes import decode_rows
from processors.engagement.state import ContactRows
from processors.engagement.sweep import BEHIND_CONTACTS
from processors.engine.naming import changelog_name
from runtime.kafka import KafkaConnection
from runtime.reading import read_topic
from runtime.states import read_live
from schemas.states import FIRST_STATE
from schemas.topic import Topic
from schemas.topics import ENGAGEMENT_SCORES

TableRows = dict[bytes, bytes]
REFUSED = b'"rejected"'
"""Is in the row of every event that Brevo refused."""
_Partitions = AsyncGenerator[tuple[int, TableRows]]


async def kept_contacts(connection: KafkaConnection, contact_id: str | None = None) -> AsyncGenerator[Kept]:
    """Every contact that the live state has heard a fact of, or the one; rows of equal keys are in equal partitions.

    Memory holds one partition of the three tables.

    Raises:
        ConfigurationError: there are no such tables.
        RetryLaterError: Kafka does not answer.
    """
    beside = contact_id.encode() if contact_id else None
    state = (await read_live(connection)).state
    async with AsyncExitStack() as stack:
        facts = await stack.enter_async_context(
            aclosing(partitions(connection, changelog(ENGAGEMENT_TABLE, state), beside))
        )
        ledger = Beside(await stack.enter_async_context(aclosing(partitions(connection, changelog(LEDGER), beside))))
        told = await stack.enter_async_context(aclosing(partitions(connection, changelog(SUPPRESSIONS), beside)))
        suppressions = Beside(told)
        async for number, rows in facts:
            for kept in _contacts(rows, await ledger.rows(number), await suppressions.rows(number)):
                if contact_id in (None, kept.contact_id):
                    yield kept


@dataclass(frozen=True, slots=True)
class ContactPair:
    """One contact in two states."""

    live: Kept
    other: Kept
    score: bytes | None
    """What `engagement.scores.v1` has of it."""


async def paired_contacts(
    connection: KafkaConnection, count: int, live: str, other: str
) -> AsyncGenerator[ContactPair]:
    """Every contact that one of two states has heard a fact of, through all `count` partitions. As `kept_contacts`."""
    topics = (
        changelog(ENGAGEMENT_TABLE, live),
        changelog(ENGAGEMENT_TABLE, other),
        changelog(LEDGER),
        changelog(SUPPRESSIONS),
        ENGAGEMENT_SCORES,
    )
    async with AsyncExitStack() as stack:
        beside = [Beside(await stack.enter_async_context(aclosing(partitions(connection, topic)))) for topic in topics]
        for number in range(count):
            facts, others, ledger, told, scores = [await table.rows(number) for table in beside]
            ones = {kept.contact_id: kept for kept in _contacts(facts, ledger, told)}
            twos = {kept.contact_id: kept for kept in _contacts(others, ledger, told)}
            for contact in sorted({*ones, *twos}):
                known = ones.get(contact) or twos[contact]
                nothing = replace(known, rows=decode_rows(contact, ()))
                yield ContactPair(ones.get(contact, nothing), twos.get(contact, nothing), scores.get(contact.encode()))


def _contacts(facts: TableRows, ledger: TableRows, told: TableRows) -> Iterator[Kept]:
    events: defaultdict[str, dict[bytes, EventRow]] = defaultdict(dict)
    for key, value in ledger.items():
        # Of millions of events a few were refused; the words of a command may say so too, which does no harm.
        if b"/" in key and REFUSED in value:
            events[contact_of(key)][key] = EventRow.from_bytes(value)
    for contact, rows in facts_by_contact(facts):
        row, suppressed = ledger.get(contact_key(contact)), told.get(contact_key(contact))
        yield Kept(
            contact,
            rows,
            ContactRow() if row is None else ContactRow.from_bytes(row),
            events.get(contact, {}),
            None if suppressed is None else Suppression.from_bytes(suppressed),
        )


def facts_by_contact(facts: TableRows) -> Iterator[tuple[str, ContactRows]]:
    """What is kept of each contact, of the rows of a partition of `ENGAGEMENT_TABLE`."""
    # Ids of contacts are hex digits: what is of none comes behind them.
    keys = itertools.takewhile(lambda key: key < BEHIND_CONTACTS, sorted(facts))
    for name, of_contact in itertools.groupby(keys, lambda key: key.partition(b"|")[0]):
        contact = name.decode()
        yield contact, decode_rows(contact, ((key, facts[key]) for key in of_contact))


class Beside:
    """The rows of another table, partition by partition, asked for in the order of their numbers."""

    def __init__(self, of: _Partitions) -> None:
        self._partitions = of
        self._number, self._rows = -1, TableRows()

    async def rows(self, number: int) -> TableRows:
        """Of that partition; none where it has none."""
        while self._number < number:
            try:
                self._number, self._rows = await anext(self._partitions)
            except StopAsyncIteration:
                self._number, self._rows = number, {}
        return self._rows if self._number == number else {}


async def rows_of(connection: KafkaConnection, table: str, state: str) -> AsyncGenerator[tuple[int, TableRows]]:
    """Number and rows of each partition of a table of a state that has any, ascending. As `kept_contacts`."""
    async with aclosing(partitions(connection, changelog(table, state))) as found:
        async for number, rows in found:
            yield number, rows


async def partitions(
    connection: KafkaConnection, topic: Topic, beside: bytes | None = None
) -> AsyncGenerator[tuple[int, TableRows]]:
    """Number and rows of each partition of a compacted topic that has any, ascending; as `read_topic`."""
    number, rows = -1, TableRows()
    async for record in read_topic(connection, topic, beside=beside):
        if record.partition != number:
            if rows:
                yield number, rows
            number, rows = record.partition, {}
        if record.key is None:
            continue
        if record.value is None:
            rows.pop(record.key, None)
        else:
            rows[record.key] = record.value
    if rows:
        yield number, rows


def changelog(table: str, state: str = FIRST_STATE) -> Topic:
    """A table's changelog as a topic."""
    name = changelog_name(table, state)
    return Topic(name, key="row key", value="a row", producers=(), consumers=(), cleanup="compact")
