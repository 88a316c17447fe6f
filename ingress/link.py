"""Keeps a producer connected: tries until Kafka is reached, makes the topics it writes to, starts over when lost."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from aiokafka.errors import KafkaError

from runtime.cluster import KafkaState, kafka_state, why_not_the_same
from runtime.kafka import KafkaConnection
from runtime.kafka_batches import confirming_producer
from runtime.models import Kafka
from runtime.reachability import kafka_answers
from runtime.topics import ensure_topics
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.topic import Topic

_log = logging.getLogger(__name__)

_REQUEST_SECONDS = 2.0
"""Below the 2.5 s of an answer: a batch that a silent broker holds makes room for the next."""
_RETRY_SECONDS = 1.0
_PROBE_SECONDS = 2.0
_CHECK_SECONDS = 30.0
"""Between looks whether it is still the same Kafka."""
_PATIENCE_SECONDS = 15.0
"""So long the producer looks for the brokers it knows; then they are looked up anew, as they may have moved."""
_STOP_SECONDS = 5.0
_UNTIL_THEN = "deliveries are answered 503 and come again for 85 minutes; bring the brokers back until then"

KafkaLook = Callable[[KafkaConnection, Collection[str]], Awaitable[KafkaState]]
"""Asks Kafka who it is, and where these topics end."""


class KafkaLink:
    """The one connection of the process; `run` it as a task.

    Args:
        connection: brokers and security.
        kafka: how topics are created.
        topics: those that are written to: they are made where they are missing, no others are looked at.
        batch_bytes: of one batch.
        look: asks Kafka.
    """

    def __init__(
        self,
        connection: KafkaConnection,
        kafka: Kafka,
        *,
        topics: Sequence[Topic],
        batch_bytes: int,
        look: KafkaLook = kafka_state,
    ) -> None:
        self.producer: Any | None = None
        """aiokafka's producer while Kafka is reached, or was a moment ago."""
        self.partitions: dict[str, int] = {}
        """How many each topic has, by its name on the cluster."""
        self.is_reached = False
        """Whether Kafka answered the last probe."""
        self._connection = connection
        self._kafka = kafka
        self._topics = topics
        self._batch_bytes = batch_bytes
        self._names = [topic.physical(connection.topic_prefix) for topic in topics]
        self._look = look
        self._known: KafkaState | None = None
        self._acknowledged: dict[tuple[str, int], int] = {}
        self._broken = asyncio.Event()
        self.connected = asyncio.Event()
        """Set once Kafka has been reached for the first time."""
        self._lost_at = 0.0

    async def run(self) -> None:
        """Connect and stay connected, until cancelled.

        Raises:
            ConfigurationError: the topics are not as the tables need them, or it is not the Kafka that it was.
        """
        try:
            while True:
                await self._connect()
                await self._watch()
                await self._disconnect()
        finally:
            await self._disconnect()

    def note_end(self, topic: str, partition: int, end: int) -> None:
        """Kafka has acknowledged what lies before this offset: it must be there whenever it answers again."""
        self._acknowledged[topic, partition] = end

    def report_broken(self, producer: Any) -> None:
        """Told by those who find the producer unusable: a new one is made, if it is still that one."""
        if producer is self.producer:
            self._broken.set()

    async def _connect(self) -> None:
        logged = ""
        while self.producer is None:
            try:
                await self._attempt()
            except (RetryLaterError, KafkaError, OSError, TimeoutError) as error:
                if logged != (logged := str(error)):
                    facts = {"reason": logged, "retry_seconds": _RETRY_SECONDS}
                    _log.warning("kafka not reached", extra=facts | {"next": _UNTIL_THEN})
                await asyncio.sleep(_RETRY_SECONDS)
        if logged or self.connected.is_set():
            _log.info("kafka reached", extra={"brokers": self._connection.bootstrap_servers})
        self.connected.set()

    async def _attempt(self) -> None:
        await self.check_same()
        await ensure_topics(self._connection, self._kafka, names=[topic.name for topic in self._topics])
        producer = self._new_producer()
        try:
            await producer.start()
            self.partitions = {name: len(await producer.partitions_for(name)) for name in self._names}
        except BaseException:
            await producer.stop()
            raise
        self._broken.clear()
        self.producer, self.is_reached = producer, True

    def _new_producer(self) -> Any:
        return confirming_producer(self._connection, batch_bytes=self._batch_bytes, request_seconds=_REQUEST_SECONDS)

    async def _watch(self) -> None:
        """Returns when the producer has to be made anew."""
        loop = asyncio.get_running_loop()
        last_answer = checked_at = loop.time()
        while loop.time() - last_answer < _PATIENCE_SECONDS:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PROBE_SECONDS):
                    await self._broken.wait()
                return
            was_reached = self.is_reached
            if not await self._answers():
                continue
            last_answer = loop.time()
            if not was_reached or last_answer - checked_at > _CHECK_SECONDS:
                checked_at = last_answer
                with contextlib.suppress(RetryLaterError):
                    await self.check_same()

    async def check_same(self) -> None:
        """Whether it is the Kafka that it was: what is acknowledged by another one would reach nobody.

        Raises:
            ConfigurationError: it is not.
            RetryLaterError: it does not answer.
        """
        # What is acknowledged while Kafka is asked may lie behind the ends that it tells.
        ends = dict(self._acknowledged)
        found = await self._look(self._connection, self._names)
        why = None
        if self._known is not None:
            why = why_not_the_same(KafkaState(self._known.cluster_id, {**self._known.ends, **ends}), found)
        if why is not None:
            raise ConfigurationError(
                f"Kafka at {self._connection.bootstrap_servers} {why}; check KAFKA_BOOTSTRAP_SERVERS, or restore its "
                "data; to go on with what it has, start the ingress again (docs/how-to/kafka-lost.md)"
            )
        self._known = found

    async def _answers(self) -> bool:
        assert self.producer is not None
        reached = await kafka_answers(self.producer, _REQUEST_SECONDS)
        if reached != self.is_reached:
            self.is_reached = reached
            now = asyncio.get_running_loop().time()
            if reached:
                _log.info("kafka reached again", extra={"away_seconds": round(now - self._lost_at, 1)})
            else:
                self._lost_at = now
                facts = {"brokers": self._connection.bootstrap_servers}
                _log.warning("kafka lost", extra=facts | {"next": _UNTIL_THEN})
        return reached

    async def _disconnect(self) -> None:
        producer, self.producer, self.is_reached = self.producer, None, False
        if producer is None:
            return
        with contextlib.suppress(TimeoutError, KafkaError, OSError):
            async with asyncio.timeout(_STOP_SECONDS):
                await producer.stop()
