"""Reads two states and gathers how the other one differs from the live one, with what a switch would bring about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ops.rebuild.compare import FactChange, ScoreChange, events_not_sent, fact_changes, score_change, switched
from ops.resync.plan import ResyncPlan, ResyncPlanner
from ops.resync.tables import ContactPair, paired_contacts
from processors.engagement.assessment import Assessor
from processors.engagement.row_bytes import fact_key
from processors.engine.naming import rebuild_topic
from processors.engine.states import state_of
from runtime.kafka import KafkaConnection
from runtime.models import Configuration
from runtime.reading import MissingTopicError, read_topic
from schemas.attendance import FACT, Registration, Result
from schemas.engagement import ContactScore
from schemas.states import FIRST_STATE
from schemas.topic import Topic
from schemas.topics import ATTENDANCE_RESULTS

ComparedFact = Registration | Result


@dataclass(slots=True)
class StateDifference:
    """All contacts of two states."""

    looked_at: int = 0
    facts: list[FactChange] = field(default_factory=list)
    scores: list[ScoreChange] = field(default_factory=list)
    concerned: list[str] = field(default_factory=list)
    """Contacts of whom anything differs: ids."""
    commands: ResyncPlan = field(default_factory=ResyncPlan)
    """What Brevo would get of them, beside what it has."""
    not_sent: Counter[str] = field(default_factory=Counter)
    """Events that the other state calls for, and that nobody would send: by kind."""


async def difference(
    connection: KafkaConnection, configuration: Configuration, live: str, other: str, since: datetime | None = None
) -> StateDifference:
    """Of the other state from the live one, under the configuration as it is now.

    Args:
        connection: the cluster and the prefix.
        configuration: in force.
        live: the live state's name.
        other: the one that may become live.
        since: what happened from then on the other state has not read yet.

    Raises:
        ConfigurationError: one of them has no tables.
        RetryLaterError: Kafka does not answer.
    """
    found, assessor = StateDifference(), Assessor(configuration)
    planner = ResyncPlanner(configuration, datetime.now(UTC))
    async with aclosing(paired_contacts(connection, configuration.kafka.partitions, live, other)) as pairs:
        async for pair in pairs:
            found.looked_at += 1
            _add(found, pair, assessor, planner, since)
    return found


def _add(
    found: StateDifference, pair: ContactPair, assessor: Assessor, planner: ResyncPlanner, since: datetime | None
) -> None:
    contact, live, other = pair.live.contact_id, pair.live.rows, pair.other.rows
    found_changes = list(fact_changes(contact, live, other))
    changes = [change for change in found_changes if not change.is_later(since)]
    if found_changes and not changes:
        return  # nothing but what comes anew by itself, once it is read
    rows = switched(live, other)
    told = None if pair.score is None else ContactScore.from_bytes(pair.score)
    score = score_change(contact, told, rows, assessor, other.head.revision)
    found.not_sent += events_not_sent(live, other)
    if score is not None:
        found.scores.append(score)
    if changes or score is not None:
        found.facts += changes
        found.concerned.append(contact)
        found.commands.add(contact, planner.need(replace(pair.other, rows=rows)))


async def newest_facts(connection: KafkaConnection, state: str, wanted: Iterable[bytes]) -> dict[bytes, ComparedFact]:
    """The newest record of each fact that a state has told, by the key of its row; of those that are still there."""
    keys, found = frozenset(wanted), dict[bytes, ComparedFact]()
    topics = [ATTENDANCE_RESULTS]
    if state != FIRST_STATE:
        topics.insert(0, topic_of(ATTENDANCE_RESULTS, state))
    for topic in topics if keys else ():
        try:
            async for record in read_topic(connection, topic):
                if record.value is None or state_of(tuple(record.headers)) != state:
                    continue
                fact = FACT.validate_json(record.value)
                if isinstance(fact, Registration | Result) and (key := fact_key(fact)) in keys:
                    before = found.get(key)
                    if before is None or before.revision <= fact.revision:
                        found[key] = fact
        except MissingTopicError:  # it was live before there was a topic of its own
            continue
    return found


def topic_of(topic: Topic, state: str) -> Topic:
    """A state's own of a topic."""
    return replace(topic, name=rebuild_topic(state, topic.name))
