"""Tells on the public topics what differs in the state that has become live; done again, it tells the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from ops.posting import NewRecord, Posting, posting_to
from ops.rebuild.difference import ComparedFact, StateDifference, difference, newest_facts, topic_of
from ops.rebuild.summaries import Retold, retold
from processors.engine.states import state_headers
from runtime.kafka import KafkaConnection
from runtime.models import Configuration
from runtime.reading import MissingTopicError, read_topic
from schemas.attendance import Result
from schemas.cloud_events import event_headers, tombstone_headers
from schemas.engagement import ContactScore, ResyncContact
from schemas.sessions import SessionSummary
from schemas.states import LiveState, RebuiltState
from schemas.topic import Topic
from schemas.topics import ATTENDANCE_RESULTS, ATTENDANCE_SESSIONS, ENGAGEMENT_RESYNCS, ENGAGEMENT_SCORES


@dataclass(frozen=True, slots=True)
class RetoldCounts:
    """How much was told."""

    facts: int
    untold: int
    """Facts whose records are no longer there: their contacts are computed anew all the same."""
    scores: int
    sessions: int
    contacts: int
    """For whom commands are computed anew."""

    @property
    def details(self) -> dict[str, str | int]:
        """For the audit topic."""
        return {name: getattr(self, name) for name in self.__slots__}


async def tell(
    connection: KafkaConnection, configuration: Configuration, live: LiveState, rebuilt: RebuiltState | None
) -> RetoldCounts:
    """Results, registrations, scores and sessions that differ; then ask for the commands of those whom it concerns.

    Args:
        connection: the cluster and the prefix.
        configuration: in force.
        live: as it is after the switch.
        rebuilt: of the state that is live now, where it has never been live before.
    """
    since = None if rebuilt is not None else live.at
    found = await difference(connection, configuration, live.previous, live.state, since)
    after = await newest_facts(connection, live.state, (change.key for change in found.facts if change.rebuilt))
    before = await newest_facts(connection, live.previous, (change.key for change in found.facts if not change.rebuilt))
    facts = list(_facts(found, after, before, live.revision_floor))
    sessions = await _sessions(connection, live, rebuilt)
    kept = topic_of(ATTENDANCE_SESSIONS, live.previous)
    from runtime.topics import ensure_topics  # noqa: PLC0415 (a help page needs no Kafka client)

    await ensure_topics(connection, configuration.kafka, names=[], others=[kept])
    topics = (ATTENDANCE_RESULTS, ENGAGEMENT_SCORES, ATTENDANCE_SESSIONS, ENGAGEMENT_RESYNCS)
    async with posting_to(connection, configuration.kafka, *topics) as to_kafka:
        await to_kafka.publish(ATTENDANCE_RESULTS.name, (_record(fact, live.state) for fact in facts))
        await to_kafka.publish(ENGAGEMENT_SCORES.name, _scores(found, live.revision_floor))
        await _tell_sessions(to_kafka, kept, sessions)
        requests = (ResyncContact(contact_id=contact, requested_at=live.at) for contact in found.concerned)
        await to_kafka.post(ENGAGEMENT_RESYNCS, ((request.contact_id.encode(), request) for request in requests))
    return RetoldCounts(
        len(facts), len(found.facts) - len(facts), len(found.scores), len(sessions), len(found.concerned)
    )


def _facts(
    found: StateDifference, after: dict[bytes, ComparedFact], before: dict[bytes, ComparedFact], revision: int
) -> Iterator[ComparedFact]:
    for change in found.facts:
        fact = after.get(change.key) if change.rebuilt else before.get(change.key)
        if fact is None:
            continue
        update: dict[str, object] = {"revision": revision}
        if not change.rebuilt:
            update["retracted"] = True
            if isinstance(fact, Result):
                update |= {"retraction_reason": "recomputed", "reason": None}
        yield fact.model_copy(update=update)


def _record(fact: ComparedFact, state: str) -> NewRecord:
    key, value = fact.contact_id.encode(), fact.to_bytes()
    headers = event_headers(ATTENDANCE_RESULTS.name, key, fact, value)
    return key, value, [*headers, *state_headers(ATTENDANCE_RESULTS.name, state)], None


def _scores(found: StateDifference, revision: int) -> Iterator[NewRecord]:
    topic = ENGAGEMENT_SCORES.name
    for change in found.scores:
        key = change.contact_id.encode()
        if change.rebuilt is None:
            yield key, None, list(tombstone_headers(topic, key, ContactScore)), None
        else:
            score = change.rebuilt.model_copy(update={"revision": revision})
            value = score.to_bytes()
            yield key, value, list(event_headers(topic, key, score, value)), None


async def _sessions(connection: KafkaConnection, live: LiveState, rebuilt: RebuiltState | None) -> list[Retold]:
    told = await _summaries(connection, ATTENDANCE_SESSIONS)
    other = await _summaries(connection, topic_of(ATTENDANCE_SESSIONS, live.state))
    horizon = None if rebuilt is None else rebuilt.horizon
    return list(retold(told, other, is_whole=rebuilt is not None, horizon=horizon))


async def _summaries(connection: KafkaConnection, topic: Topic) -> dict[bytes, SessionSummary]:
    found: dict[bytes, SessionSummary] = {}
    with suppress(MissingTopicError):  # nothing was ever kept of it
        async for record in read_topic(connection, topic):
            if record.key is not None and record.value is not None:
                found[record.key] = SessionSummary.from_bytes(record.value)
    return found


async def _tell_sessions(to_kafka: Posting, kept: Topic, sessions: list[Retold]) -> None:
    """What is overwritten is kept first."""
    await to_kafka.post(kept, ((session.key, session.before) for session in sessions))
    await to_kafka.post(ATTENDANCE_SESSIONS, ((session.key, session.now) for session in sessions))
