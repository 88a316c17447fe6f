"""Letters as they lie in Kafka, and what is published about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from ops.audit import audit_entry, operator_name
from ops.letters.letter import Letter, latest, letter_of
from ops.selection.selection import Selection
from runtime.kafka import KafkaConnection
from runtime.reading import read_topic
from schemas.cloud_events import event_headers
from schemas.letters import LetterDecision, LetterFault, LetterState
from schemas.topics import AUDIT, LETTERS, MIB


async def letters(connection: KafkaConnection, selection: Selection) -> list[Letter]:
    """The letters of a selection, the oldest first.

    Raises:
        ConfigurationError: the topics are not there.
        RetryLaterError: Kafka does not answer.
    """
    told = latest([_said(record.value) async for record in read_topic(connection, LETTERS) if record.value])
    found = [
        letter_of(
            selection.topic,
            record.partition,
            record.offset,
            datetime.fromtimestamp(record.timestamp / 1_000, UTC),
            record.key,
            record.value,
            record.headers,
            told,
        )
        async for record in read_topic(connection, selection.topic)
    ]
    chosen = [letter for letter in found if selection.holds(letter.facts)]
    return sorted(chosen, key=lambda letter: (letter.last_at, letter.partition, letter.offset))


def _said(value: bytes) -> LetterFault | LetterDecision:
    decision = b'"kind":"decision"' in value
    return LetterDecision.from_bytes(value) if decision else LetterFault.from_bytes(value)


class LetterDesk:
    """Publishes letters again and decisions about them. Use `letter_desk`."""

    def __init__(self, producer: Any, prefix: str, version: str) -> None:
        self._producer = producer
        self._prefix = prefix
        self._version = version

    async def send_again(self, letter: Letter) -> None:
        """Publish the record to the topic that it is of; acknowledged when it returns."""
        await self._producer.send_and_wait(
            f"{self._prefix}{letter.target}", letter.value, key=letter.key, headers=letter.headers_again()
        )

    async def decide(self, letter: Letter, state: LetterState, reason: str) -> None:
        """Say what became of a letter."""
        decision = LetterDecision(
            letter_id=letter.identity,
            topic=letter.topic,
            state=state,
            resends=letter.resends + (state == "resent"),
            operator=operator_name(),
            reason=reason,
            version=self._version,
            at=datetime.now(UTC),
        )
        value, key = decision.to_bytes(), decision.record_key
        await self._post(LETTERS.name, key, value, list(event_headers(LETTERS.name, key, decision, value)))

    async def note(self, action: str, selection: Selection, done: Sequence[Letter], reason: str) -> None:
        """The act as a whole, for the audit topic."""
        details: dict[str, str | int] = {"letters": len(done), "selection": str(selection)}
        entry = audit_entry(action, selection.topic.name, details, reason)
        value, key = entry.to_bytes(), entry.operator.encode()
        await self._post(AUDIT.name, key, value, list(event_headers(AUDIT.name, key, entry, value)))

    async def _post(self, topic: str, key: bytes, value: bytes, headers: list[tuple[str, bytes]]) -> None:
        await self._producer.send_and_wait(f"{self._prefix}{topic}", value, key=key, headers=headers)


@asynccontextmanager
async def letter_desk(connection: KafkaConnection, version: str) -> AsyncIterator[LetterDesk]:
    """An open desk.

    Raises:
        RetryLaterError: Kafka does not answer; what was sent before is noted letter by letter.
    """
    from aiokafka import AIOKafkaProducer  # noqa: PLC0415 (a help page needs no Kafka client)
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    producer = AIOKafkaProducer(**connection.command_options(), acks="all", max_request_size=4 * MIB)
    try:
        await producer.start()
        yield LetterDesk(producer, connection.topic_prefix, version)
    except (KafkaError, OSError, TimeoutError) as error:
        raise connection.unanswered(error) from error
    finally:
        await producer.stop()
