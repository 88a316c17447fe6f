"""The order to forget somebody: put into every partition, waited for, and what only a command can mend after it."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime

from ops.forget.person import DataSubject
from ops.forget.scan import MentioningValues, Mentions
from ops.posting import NewRecord, Posting
from processors.engine.naming import APP_ID, REBUILD_TOPICS
from runtime.kafka import KafkaConnection
from runtime.reading import read_topic
from schemas.cloud_events import event_headers, tombstone_headers
from schemas.engagement import CandidateScores, ContactScore
from schemas.erasure import ERASURE, Erasure, ErasureProgress, mark_of
from schemas.letters import LetterDecision, LetterFault
from schemas.model import Message
from schemas.sessions import SessionSummary
from schemas.topic import Topic
from schemas.topics import ATTENDANCE_SESSIONS, ENGAGEMENT_CANDIDATES, ENGAGEMENT_SCORES, ERASURES, LETTERS

_SALT_BYTES = 16
_PATIENCE_SECONDS = 60.0
"""So long no agent may say anything new before a command gives up."""
_LOOK_SECONDS = 0.5
AgentProgress = Callable[[int, int], object]
"""Is told how many agents are done in their partitions, of how many."""


async def order_for(connection: KafkaConnection, person: DataSubject) -> Erasure:
    """With the salt of the installation; the first order of all makes it.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    salt = None
    async for record in read_topic(connection, ERASURES):
        if record.value is not None and isinstance(told := ERASURE.validate_json(record.value), Erasure):
            salt = told.salt
            break
    salt = salt or secrets.token_hex(_SALT_BYTES)
    now = datetime.now(UTC).replace(microsecond=0)
    return Erasure(mark=mark_of(salt, person.contact_id), salt=salt, erased_at=now)


async def send(to_kafka: Posting, erasure: Erasure) -> int:
    """Into every partition, under the mark; returns how many there are."""
    return await to_kafka.post_everywhere(ERASURES, erasure, key=erasure.record_key)


async def carried_out(
    connection: KafkaConnection, erasure: Erasure, partitions: int, tell: AgentProgress
) -> dict[str, int] | None:
    """Wait until every agent has swept every partition: rows removed, by table. ``None``: nobody goes on with it.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    wanted = len(ERASURES.consumers) * partitions
    before, heard = "", time.monotonic()
    while True:
        steps = [step async for step in _progress(connection, erasure)]
        done = {(step.agent, step.partition): step.removed for step in steps if step.is_done}
        tell(len(done), wanted)
        if len(done) >= wanted:
            removed: dict[str, int] = {}
            for counts in done.values():
                for table, count in counts.items():
                    removed[table] = removed.get(table, 0) + count
            return removed
        if (said := repr(sorted((step.agent, step.partition, step.step) for step in steps))) != before:
            before, heard = said, time.monotonic()
        elif time.monotonic() - heard > _PATIENCE_SECONDS:
            return None
        await asyncio.sleep(_LOOK_SECONDS)


async def _progress(connection: KafkaConnection, erasure: Erasure) -> AsyncIterator[ErasureProgress]:
    async for record in read_topic(connection, ERASURES):
        if record.value is None:
            continue
        told = ERASURE.validate_json(record.value)
        if isinstance(told, ErasureProgress) and (told.mark, told.erased_at) == (erasure.mark, erasure.erased_at):
            yield told


async def empty_states(to_kafka: Posting, person: DataSubject, found: Mentions) -> dict[str, int]:
    """What stands of them in compacted topics that no agent's rows lead to; records published, by topic."""
    wanted = {
        ATTENDANCE_SESSIONS.name: list(_summaries(person, found)),
        ENGAGEMENT_SCORES.name: list(_scores(person, found, ENGAGEMENT_SCORES, ContactScore)),
        ENGAGEMENT_CANDIDATES.name: list(_scores(person, found, ENGAGEMENT_CANDIDATES, CandidateScores)),
        LETTERS.name: list(_letters(found)),
    }
    for topic, records in wanted.items():
        await to_kafka.publish(topic, records)
    counts = Counter({topic: len(records) for topic, records in wanted.items() if records})
    for (topic, partition), rows in left_by_rebuilds(found.held).items():
        await to_kafka.write_rows(topic, partition, rows)
        counts[topic] += len(rows)
    return dict(counts)


def left_by_rebuilds(held: MentioningValues) -> dict[tuple[str, int], dict[bytes, None]]:
    """By topic and partition what stands of them in what a state was computed with that is live now.

    Its two tables are the workers'; answers of Zoom that it kept, and what it told while it was none, nobody reads any
    more. Where one lies beside the live one nobody is forgotten (`command.check_states`).
    """
    from processors.rebuild.kept_answers import KEPT_ANSWERS_TABLE  # noqa: PLC0415 (a help page needs no engine)

    found: dict[tuple[str, int], dict[bytes, None]] = {}
    for topic, partition, key in held:
        if topic.startswith((REBUILD_TOPICS, f"{APP_ID}-{KEPT_ANSWERS_TABLE}.")):
            found.setdefault((topic, partition), {})[key] = None
    return found


def _summaries(person: DataSubject, found: Mentions) -> Iterator[NewRecord]:
    """Each as it was, without the difference that names the person; its counts stay."""
    for (topic, _partition, key), value in found.held.items():
        if topic != ATTENDANCE_SESSIONS.name:
            continue
        summary = SessionSummary.from_bytes(value)
        if (told := summary.reconciliation) is None:
            continue
        kept = tuple(difference for difference in told.differences if difference.contact_id != person.contact_id)
        without = summary.model_copy(update={"reconciliation": told.model_copy(update={"differences": kept})})
        data = without.to_bytes()
        yield key, data, list(event_headers(topic, key, without, data)), None


def _scores(person: DataSubject, found: Mentions, of: Topic, model: type[Message]) -> Iterator[NewRecord]:
    for topic, _partition, key in found.held:
        if topic == of.name and key == person.contact_id.encode():
            yield key, None, list(tombstone_headers(topic, key, model)), None


def _letters(found: Mentions) -> Iterator[NewRecord]:
    for _partition, key in sorted(found.letters_told):
        model = LetterDecision if key.endswith(b"|decision") else LetterFault
        yield key, None, list(tombstone_headers(LETTERS.name, key, model)), None
