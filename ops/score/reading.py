"""What is kept of each contact with a fact, and the tier that is told of it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import NamedTuple

from ops.resync.tables import Beside, changelog, facts_by_contact, partitions
from processors.engagement.agent import ENGAGEMENT_TABLE
from processors.engagement.state import ContactRows
from runtime.kafka import KafkaConnection
from runtime.states import read_live
from schemas.engagement import ContactScore, Tier
from schemas.topics import ENGAGEMENT_SCORES


class ScoredContact(NamedTuple):
    """One contact."""

    contact_id: str
    rows: ContactRows
    told: Tier | None
    """Of the score that was published last."""


async def scored_contacts(connection: KafkaConnection) -> AsyncGenerator[ScoredContact]:
    """Every contact that a fact was heard of. Memory holds one partition of the table and of the scores.

    Raises:
        ConfigurationError: there is no such table.
        RetryLaterError: Kafka does not answer.
    """
    state = (await read_live(connection)).state
    async with AsyncExitStack() as stack:
        facts = await stack.enter_async_context(aclosing(partitions(connection, changelog(ENGAGEMENT_TABLE, state))))
        scores = Beside(await stack.enter_async_context(aclosing(partitions(connection, ENGAGEMENT_SCORES))))
        async for number, kept in facts:
            told = await scores.rows(number)
            for contact_id, rows in facts_by_contact(kept):
                score = told.get(contact_id.encode())
                yield ScoredContact(contact_id, rows, None if score is None else ContactScore.from_bytes(score).tier)
