"""What differs on the cluster from what shall be, and its change: of `rollcall topics` and of its button."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from ops.audit import audit_entry
from ops.posting import posting
from ops.topics.cluster import TopicAdmin, topic_admin
from ops.topics.comparison import FoundTopic, TopicDifference, differences, strangers
from processors.engine.naming import APP_ID, rebuild_topic
from runtime.configuration import load_for_display
from runtime.environment import config_path
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from runtime.states import States, read_states
from runtime.wanted_topics import WantedTopic, wanted_topics
from schemas.audit import ActState
from schemas.topics import all_topics


@dataclass(frozen=True, slots=True)
class ComparedTopics:
    """The topics of an installation beside what is on the cluster."""

    connection: KafkaConnection
    kafka: Kafka
    wanted: Sequence[WantedTopic]
    found: dict[str, FoundTopic]
    beside: tuple[str, ...]
    """How names begin that are of states beside the live one."""

    @property
    def differences(self) -> list[TopicDifference]:
        """All of them."""
        return list(differences(self.wanted, self.found, self.kafka))

    @property
    def strangers(self) -> list[str]:
        """Topics with the prefix that are none of ours."""
        names = strangers(self.wanted, self.found, self.connection.topic_prefix)
        return [name for name in names if not name.startswith(self.beside)]

    def due(self, *, lose: bool) -> list[TopicDifference]:
        """What may be changed; `lose`: also what makes Kafka delete or refuse records."""
        acts = {"create", "set", *(("lose",) if lose else ())}
        return [difference for difference in self.differences if difference.act in acts]


async def compared(environment: Mapping[str, str]) -> ComparedTopics:
    """As they are now.

    Raises:
        ConfigurationError: what is missing in the environment or its configuration file.
        RetryLaterError: Kafka does not answer.
    """
    # The tables are named by the worker's agents, and Faust takes a second.
    from processors.agents import changelogs  # noqa: PLC0415

    connection = KafkaConnection.from_environment(environment)
    kafka = load_for_display(config_path(environment), environment).kafka
    states = await read_states(connection)
    wanted = wanted_topics(connection.topic_prefix, kafka, changelogs(states.live.state))
    beside = _beside(connection.topic_prefix, states)
    async with topic_admin(connection) as admin:
        found = await admin.found([topic.name for topic in wanted])
    return ComparedTopics(connection, kafka, wanted, found, beside)


def _beside(prefix: str, states: States) -> tuple[str, ...]:
    """How the names of the topics begin that belong to states which are not live; `rollcall rebuild` looks after them.

    Changelogs of states are called like those of the live one, with the state's name in it.
    """
    rebuilt = tuple(f"{prefix}{rebuild_topic(name, '')}" for name in (*states.rebuilt, *states.live.positions))
    return (*rebuilt, f"{prefix}{APP_ID}-") if states.rebuilt else ()


async def change(compared: ComparedTopics, due: Sequence[TopicDifference], operator: str, reason: str) -> None:
    """Create what is missing and set what differs; it is noted, also where the cluster refuses some of it.

    Raises:
        ConfigurationError: the cluster refuses.
        RetryLaterError: Kafka does not answer; part of it may be done.
    """
    done: list[TopicDifference] = []
    try:
        if created := [difference for difference in due if difference.act == "create"]:
            await _create(compared)
            done += created
        async with topic_admin(compared.connection) as admin:
            async for changed in _set(admin, [difference for difference in due if difference.act != "create"]):
                done += changed
    finally:
        result: ActState = "done" if len(done) == len(due) else "stopped"
        details = {f"{step.topic} {step.what}": f"{step.found} -> {step.wanted}" for step in done}
        if done:
            async with posting(compared.connection) as to_kafka:
                await to_kafka.note(audit_entry("topics.apply", "topics", details, reason, operator, result=result))


async def _create(compared: ComparedTopics) -> None:
    from runtime.topics import ensure_topics  # noqa: PLC0415 (a help page needs no Kafka client)

    # Topics with another number of partitions are told, and are no reason to leave the others missing.
    missing = {topic.name for topic in compared.wanted if topic.name not in compared.found}
    prefix = compared.connection.topic_prefix
    names = [name.removeprefix(prefix) for name in missing]
    known = {topic.name for topic in all_topics()}
    kafka = compared.kafka.model_copy(update={"create_topics": True})
    tables = [name for name in names if name not in known]
    await ensure_topics(compared.connection, kafka, names=names, changelogs=tables)


async def _set(admin: TopicAdmin, due: Sequence[TopicDifference]) -> AsyncIterator[list[TopicDifference]]:
    """Topic by topic; what was set of each."""
    for topic in dict.fromkeys(difference.topic for difference in due):
        changes = [difference for difference in due if difference.topic == topic]
        await admin.change(topic, changes)
        yield changes
