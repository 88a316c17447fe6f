"""Letters as they lie in Kafka, and what is published about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from ops.audit import audit_entry
from ops.letters.letter import Letter, latest, letter_of
from ops.posting import Posting, posting
from ops.selection.selection import Selection
from runtime.kafka import KafkaConnection
from runtime.reading import read_topic
from schemas.letters import LetterDecision, LetterState, parse_letter_record
from schemas.topics import LETTERS


async def letters(connection: KafkaConnection, selection: Selection) -> list[Letter]:
    """The letters of a selection, the oldest first.

    Raises:
        ConfigurationError: the topics are not there.
        RetryLaterError: Kafka does not answer.
    """
    told = latest(
        [parse_letter_record(record.value) async for record in read_topic(connection, LETTERS) if record.value]
    )
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


class LetterDesk:
    """Publishes letters again and decisions about them. Use `letter_desk`."""

    def __init__(self, to_kafka: Posting, version: str, operator: str) -> None:
        self._to_kafka = to_kafka
        self._version = version
        self._operator = operator

    async def send_again(self, letter: Letter) -> None:
        """Publish the record to the topic that it is of; acknowledged when it returns."""
        await self._to_kafka.publish(letter.target, [(letter.key, letter.value, letter.headers_again(), None)])

    async def decide(self, letter: Letter, state: LetterState, reason: str) -> None:
        """Say what became of a letter."""
        decision = LetterDecision(
            letter_id=letter.identity,
            topic=letter.topic,
            state=state,
            resends=letter.resends + (state == "resent"),
            operator=self._operator,
            reason=reason,
            version=self._version,
            at=datetime.now(UTC),
        )
        await self._to_kafka.post(LETTERS, [(decision.record_key, decision)])

    async def note(self, action: str, selection: Selection, done: Sequence[Letter], reason: str) -> None:
        """The act as a whole, for the audit topic."""
        details: dict[str, str | int] = {"letters": len(done), "selection": str(selection)}
        await self._to_kafka.note(audit_entry(action, selection.topic.name, details, reason, self._operator))


@asynccontextmanager
async def letter_desk(connection: KafkaConnection, version: str, operator: str) -> AsyncIterator[LetterDesk]:
    """An open desk; `operator` is who acts.

    Raises:
        RetryLaterError: Kafka does not answer; what was sent before is noted letter by letter.
    """
    async with posting(connection) as to_kafka:
        yield LetterDesk(to_kafka, version, operator)
