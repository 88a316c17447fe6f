"""Where replays are kept: `ops.replays.v1`, read whole, and followed while one runs."""

from __future__ import annotations

from collections.abc import Sequence

from ops.replay.history import KnownReplay, known_in, parse
from ops.replay.tails import Tails
from runtime.kafka import KafkaConnection
from runtime.reading import read_topic
from schemas.errors import ConfigurationError
from schemas.replays import Replay, ReplayOrder
from schemas.topics import REPLAYS


async def known_replays(connection: KafkaConnection) -> list[KnownReplay]:
    """All that are kept, in the order in which they began.

    Raises:
        ConfigurationError: the topic is not there.
        RetryLaterError: Kafka does not answer.
    """
    found = known_in([record.value async for record in read_topic(connection, REPLAYS) if record.value])
    return sorted(found.values(), key=lambda known: known.replay.started_at)


async def one_replay(connection: KafkaConnection, which: str) -> KnownReplay:
    """The one whose id begins so.

    Raises:
        ConfigurationError: there is none, or several; or as `known_replays`.
    """
    found = [known for known in await known_replays(connection) if known.replay.replay_id.startswith(which)]
    if len(found) != 1:
        what = "no replay's id begins" if not found else f"{len(found)} replays' ids begin"
        raise ConfigurationError(f"{what} with {which}: `rollcall replay status` lists them")
    return found[0]


class Orders:
    """Follows what is said of one replay. Use `Orders.of`."""

    def __init__(self, topic: Tails, replay_id: str, partition: int, at: int) -> None:
        self._topic = topic
        self._id = replay_id
        self._partition = partition
        self._at = at

    @classmethod
    async def of(cls, topic: Tails, replay_id: str) -> Orders:
        """From now on."""
        from runtime.kafka_batches import key_hash  # noqa: PLC0415 (a help page needs no Kafka client)

        ends = (await topic.ends([REPLAYS]))[REPLAYS.name]
        partition = key_hash()(replay_id.encode()) % len(ends)
        return cls(topic, replay_id, partition, ends[partition])

    async def said(self) -> Sequence[Replay | ReplayOrder]:
        """What was said since the last time, in order."""
        end = (await self._topic.ends([REPLAYS]))[REPLAYS.name][self._partition]
        found = []
        if end > self._at:
            async for portion in self._topic.read(REPLAYS, {self._partition: range(self._at, end)}):
                for record in portion.get(self._partition, ()):
                    said = parse(record.value) if record.value else None
                    if said is not None and said.replay_id == self._id:
                        found.append(said)
            self._at = end
        return found
