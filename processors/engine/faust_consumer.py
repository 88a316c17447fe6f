"""The way in: what one poll returned for one partition travels through Faust 0.15.3 as one message.

A plain Faust agent costs several turns of the event loop per record; one queue item per partition and poll carries
about thirty times as many (docs/adr/0002). Private parts of Faust are used in the `faust_*` modules alone, which are
written against exactly the version that `require_faust_version` names.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version
from typing import Any

import faust
from faust.transport.drivers import aiokafka as driver
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types.tuples import TP, ConsumerMessage, ack_lock
from typing_extensions import override

from processors.engine.faust_thread import FAUSTS_LOG, LEAVE_SECONDS, BatchThread
from schemas.errors import ConfigurationError

FAUST_VERSION = "0.15.3"


def require_faust_version() -> None:
    """Refuse to start on a Faust whose insides may differ.

    Raises:
        ConfigurationError: another version is installed.
    """
    if (installed := version("faust-streaming")) != FAUST_VERSION:
        raise ConfigurationError(
            f"faust-streaming {installed} is installed, Rollcall needs exactly {FAUST_VERSION}: "
            f"run `pip install faust-streaming=={FAUST_VERSION}`"
        )


class BatchMessage(ConsumerMessage):
    """`value`: Kafka records in offset order; `offset`: the last one's; `first`: the lowest offset it answers for."""

    __slots__ = ("first",)
    first: int

    @override
    def on_final_ack(self, consumer: Any) -> bool:
        """Note the offsets below the last as acknowledged, then let Faust acknowledge the last as it does for any."""
        with ack_lock:
            if self.generation_id != consumer.app.consumer_generation_id:
                # Revoked meanwhile: whoever owns the partition now decides.
                consumer._unacked_messages.discard(self)
                self.acked = True
                return False
            start = max(self.first, consumer._committed_offset[self.tp] or 0)
            seen = consumer._acked_index[self.tp]
            fresh = [offset for offset in range(start, self.offset) if offset not in seen]
            seen.update(fresh)
            consumer._acked[self.tp].extend(fresh)
            return bool(consumer.ack(self))

    def shorten(self, records: int) -> None:
        """Answer for the first so many records alone."""
        kept: Any = self.value
        self.value = kept[:records]
        self.offset = kept[records - 1].offset

    def give_back(self, consumer: Any) -> None:
        """Answer for none of them: whoever reads the partition next reads them again."""
        with ack_lock:
            consumer._unacked_messages.discard(self)
            self.acked = True


def batch_scheduler(max_records: int) -> type[DefaultSchedulingStrategy]:
    """Make the class for Faust's setting `ConsumerScheduler`: lists of at most `max_records` records of a partition.

    Changelogs travel in lists too: Faust recovers a table message by message, and one of them is a thousand rows then.
    """

    class BatchScheduler(DefaultSchedulingStrategy):
        @override
        def iterate(self, records: Any) -> Iterator[tuple[TP, Any]]:
            for tp, batch in records.items():
                for start in range(0, len(batch), max_records):
                    yield tp, batch[start : start + max_records]

    return BatchScheduler


class BatchConsumer(driver.Consumer):
    """Faust's consumer, taught what a list of records is."""

    logger = FAUSTS_LOG

    @override
    def _new_consumer_thread(self) -> BatchThread:
        return BatchThread(self, loop=self.loop, beacon=self.beacon)

    @override
    def _to_message(self, tp: TP, record: Any) -> ConsumerMessage:
        if type(record) is not list:
            return super()._to_message(tp, record)
        tp = TP(*tp)
        read, first, last = self._read_offset[tp], record[0].offset, record[-1]
        if read is not None and first < read <= last.offset:
            # After a seek: what lies before it was handled already.
            record = [stored for stored in record if stored.offset >= read]
            first = record[0].offset
        elif read is not None and first > read + 1:
            # Offsets that do not exist (compaction, transaction markers) are answered for as well.
            first = read + 1
        message = BatchMessage(
            tp.topic,
            tp.partition,
            last.offset,
            last.timestamp / 1000.0,
            last.timestamp_type,
            None,
            None,
            record,
            None,
            0,
            0,
            tp,
            generation_id=self.app.consumer_generation_id,
        )
        message.first = first
        if read is None or last.offset >= read:
            # So that Faust finds no gap before the next batch; an older batch is dropped by it.
            self._read_offset[tp] = last.offset
        return message

    @override
    async def perform_seek(self) -> None:
        """Back to what is committed, and to the beginning where nothing is: there aiokafka stays where it has read to.

        Faust seeks after it has dropped what it fetched while the flow was stopped; the first records of a partition
        that came during a rebalance would be skipped.
        """
        await super().perform_seek()
        fresh = [tp for tp in self.assignment() if not self._read_offset[tp] and not self._is_changelog_tp(tp)]
        if fresh:
            await self._thread.seek_to_beginning(*map(driver.ensure_aiokafka_TP, fresh))

    @override
    async def _wait_next_records(self, timeout: float) -> Any:
        # Faust sleeps a full second once back-pressure has paused every partition; look again soon instead.
        while (  # noqa: ASYNC110 (Faust offers no event to wait for)
            self.flow_active
            and not self.should_stop
            and self._buffered_partitions
            and not self._get_active_partitions()
        ):
            await asyncio.sleep(0.002)
        return await super()._wait_next_records(timeout)


class BatchSchema(faust.Schema[Any, Any]):
    """Hands the list of records on as it is."""

    @override
    def compile(self, app: Any, **_options: Any) -> Callable[..., Any]:

        async def decode(message: Any, *, propagate: bool = False) -> Any:  # noqa: ARG001 (Faust's signature)
            return app.create_event(None, message.value, None, message)

        return decode


def install_batches(app: faust.App) -> None:
    """Use `BatchConsumer`, and keep the flow stopped until recovery itself resumes it.

    Without the hook events that were fetched during a recovery are dropped, and commits stay stuck until a restart:
    https://github.com/faust-streaming/faust/issues/596 (checked 2026-11-21).
    """
    transport: Any = app.transport
    transport.Consumer = BatchConsumer

    async def hold(app: Any, **_signal: Any) -> None:
        app.consumer.stop_flow()

    signal: Any = app.on_rebalance_complete
    signal.connect(hold, weak=False)


def committed_offset(app: faust.App, topic: str, partition: int) -> int:
    """The offset that the group has committed, 0 when none is known."""
    consumer: Any = app.consumer
    return consumer._committed_offset[TP(topic, partition)] or 0


def consumer_loops(app: Any) -> list[asyncio.AbstractEventLoop]:
    """The event loop of the consumer's thread, once there is one."""
    return [] if app._consumer is None else [app._consumer._thread.thread_loop]


async def leave_rebalances(app: Any) -> None:
    """Before the app is stopped: see `BatchThread.leave_rebalances`."""
    thread = app.consumer._thread
    with suppress(TimeoutError):  # a thread that has crashed answers no more
        async with asyncio.timeout(LEAVE_SECONDS):
            await thread.call_thread(thread.leave_rebalances)


async def still_member(app: Any) -> bool:
    """Ask the group's coordinator whether this worker still owns its partitions; waits as long as Kafka is away.

    After a long silence another worker may have taken over, and rows written now would overwrite its newer ones.
    """
    thread = app.consumer._thread
    return bool(await thread.call_thread(thread.is_member))
