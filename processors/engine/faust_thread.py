"""The thread that speaks with the group: how it fetches, stays a member and leaves, through Faust 0.15.3."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from aiokafka.errors import KafkaError
from aiokafka.protocol.group import LeaveGroupRequest
from faust.transport.drivers import aiokafka as driver
from faust.types.tuples import TP
from typing_extensions import override

from processors.engine.faust_fetching import wait_as_partitions_allow
from processors.engine.foreign_records import read_any_header_name
from processors.engine.stopping import end_task

HEARTBEAT_PAUSE_SECONDS = 0.1
LEAVE_SECONDS = 3.0
"""For the good-bye to the group; without one Kafka gives the partitions away at the end of the session."""

log = logging.getLogger(__name__)
FAUSTS_LOG = logging.getLogger("faust.transport")
"""What Faust says of a service, it says by the logger of the class's module: `Starting…` is not ours to tell."""


class BatchThread(driver.AIOKafkaConsumerThread):
    """Faust's consumer thread whose fetches wait as `faust_fetching` says."""

    logger = FAUSTS_LOG

    @override
    def _create_worker_consumer(self, transport: Any) -> Any:
        read_any_header_name()
        return super()._create_worker_consumer(transport)

    @override
    async def on_start(self) -> None:
        await super().on_start()
        faust: Any = self.consumer
        fetcher = self._ensure_consumer()._fetcher
        wait_as_partitions_allow(fetcher, lambda: faust._active_partitions, faust._is_changelog_tp)

    @override
    def verify_event_path(self, now: float, tp: TP) -> None:
        """Say nothing: Faust looks for its own stream events, which batches have none of; `worker.live` watches."""

    @override
    async def seek_to_committed(self) -> dict[TP, Any]:
        """Offsets, ``None`` where nothing is committed; asked for at once.

        aiokafka asks for one partition after the other, of which an installation has some hundred.
        """
        return dict(await self.call_thread(self._seek_to_committed))

    async def _seek_to_committed(self) -> dict[TP, Any]:
        consumer = self._ensure_consumer()
        known = await consumer._coordinator.fetch_committed_offsets(list(consumer.assignment()))
        assigned = consumer.assignment()  # as it is now: a rebalance may have come in between
        for tp in assigned & known.keys():
            if known[tp].offset > 0:
                consumer.seek(tp, known[tp].offset)
        return {tp: known[tp].offset if tp in known else None for tp in assigned}

    async def is_member(self) -> bool:
        """Send a heartbeat of our own: whether the coordinator still knows the member that was given the partitions."""
        coordinator, generation = self._ensure_consumer()._coordinator, self.app.consumer_generation_id
        while coordinator.generation == generation:
            await coordinator.ensure_coordinator_known()
            if await coordinator._do_heartbeat():
                return bool(coordinator.generation == generation)
            await asyncio.sleep(HEARTBEAT_PAUSE_SECONDS)
        return False

    async def leave_rebalances(self) -> None:
        """Take part in none from now on, and stay a member: what was handled can still be committed.

        A consumer that is in one when it closes waits for every other member, and joins the group once more.
        """
        await end_task(self._ensure_consumer()._coordinator._coordination_task, LEAVE_SECONDS)

    @override
    async def on_thread_stop(self) -> None:
        """Say good-bye to the group, then close."""
        if self._consumer is not None:
            await self._say_good_bye(self._consumer)
        await super().on_thread_stop()

    async def _say_good_bye(self, consumer: Any) -> None:
        """As aiokafka does, but not behind a request to join on the same connection, which answers when all joined."""
        coordinator = consumer._coordinator
        await coordinator._stop_heartbeat_task()
        node, member = coordinator.coordinator_id, coordinator.member_id
        if node is not None and member:
            try:
                async with asyncio.timeout(LEAVE_SECONDS):
                    await consumer._client.send(node, LeaveGroupRequest(coordinator.group_id, member))
            except (KafkaError, TimeoutError) as exc:
                log.warning("left without good-bye", extra={
                    "reason": type(exc).__name__, "next": "nothing: Kafka gives the partitions away after its time-out",
                })  # fmt: skip
        coordinator.reset_generation()  # aiokafka has nothing to leave any more

    @override
    def close(self) -> None:
        """Nothing: Faust would close aiokafka's connections from another thread's event loop."""

    @override
    async def crash(self, reason: BaseException) -> None:
        """Stop the worker, unless Kafka is only away: a commit that fails then is followed by one of more."""
        if isinstance(reason, KafkaError) and reason.retriable:
            log.debug("consumer goes on", extra={"after": type(reason).__name__})
            return
        await super().crash(reason)
