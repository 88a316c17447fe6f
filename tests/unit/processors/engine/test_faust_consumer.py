"""Faust's bookkeeping with batches: which offsets a batch acknowledges, and what reaches a batch at all."""

from __future__ import annotations

import random
from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.structs import TopicPartition
from faust.types.tuples import TP

from processors.engine import faust_consumer
from processors.engine.faust_consumer import (
    BatchConsumer,
    BatchMessage,
    batch_scheduler,
    require_faust_version,
)
from processors.engine.faust_thread import BatchThread
from schemas.errors import ConfigurationError

PARTITION = TP("events", 0)


def consumer(*, read: int | None = None, committed: int | None = None) -> Any:
    """Faust's consumer as far as its bookkeeping goes: no thread, no Kafka."""
    bare: Any = BatchConsumer.__new__(BatchConsumer)
    topics = SimpleNamespace(acks_enabled_for=lambda _topic: True)
    bare.app = SimpleNamespace(consumer_generation_id=1, topics=topics)
    bare._read_offset = defaultdict(lambda: None, {PARTITION: read})
    bare._committed_offset = defaultdict(lambda: None, {PARTITION: committed})
    bare._acked, bare._acked_index, bare._gap = defaultdict(list), defaultdict(set), defaultdict(list)
    bare._unacked_messages, bare._n_acked, bare._waiting_for_ack = set(), 0, None
    return bare


def records(*offsets: int) -> list[Any]:
    """Kafka records as aiokafka gives them."""
    return [SimpleNamespace(offset=offset, timestamp=offset, timestamp_type=0, topic="events") for offset in offsets]


def take(bare: Any, *offsets: int) -> BatchMessage:
    """One batch from a poll to the agent, which tracks it."""
    message: BatchMessage = bare._to_message(PARTITION, records(*offsets))
    message.incref()
    bare._unacked_messages.add(message)
    return message


def commit(bare: Any) -> int | None:
    """What Faust's periodic commit does; the committed offset after it."""
    offset = bare._new_offset(PARTITION)
    if offset is not None and bare._should_commit(PARTITION, offset):
        bare._committed_offset[PARTITION] = offset
    committed: int | None = bare._committed_offset[PARTITION]
    return committed


def test_batch_of_a_fresh_group_commits_the_offset_after_its_last() -> None:
    """Nothing before the acknowledgement, then all of the batch."""
    bare = consumer()
    batch = take(bare, 0, 1, 2)
    assert commit(bare) is None
    assert batch.ack(bare)
    assert commit(bare) == 3
    assert bare._unacked_messages == set()
    assert bare._read_offset[PARTITION] == 2


def test_batch_not_acknowledged_yet_commits_nothing_of_itself() -> None:
    """The one before it is committed alone."""
    bare = consumer(read=100, committed=100)
    first, second = take(bare, *range(100, 150)), take(bare, *range(150, 200))
    first.ack(bare)
    assert commit(bare) == 150
    second.ack(bare)
    assert commit(bare) == 200


def test_batch_acknowledged_before_an_earlier_one_waits_for_it() -> None:
    """A hole is never committed over."""
    bare = consumer(read=100, committed=100)
    first, second = take(bare, *range(100, 150)), take(bare, *range(150, 200))
    second.ack(bare)
    assert commit(bare) == 100
    first.ack(bare)
    assert commit(bare) == 200


def test_batch_with_missing_offsets_answers_for_them() -> None:
    """Compaction and transaction markers leave offsets without a record: they do not block the commit."""
    bare = consumer(read=100, committed=100)
    take(bare, 100, 103, 107).ack(bare)
    assert commit(bare) == 108
    take(bare, 111, 112).ack(bare)
    assert commit(bare) == 113


def test_batch_behind_a_missing_committed_offset_is_committed() -> None:
    """The record that the group stood at is gone."""
    bare = consumer(read=100, committed=100)
    take(bare, 105).ack(bare)
    assert commit(bare) == 106


def test_batch_that_begins_before_a_seek_is_cut() -> None:
    """What lies before the position was handled already."""
    batch = take(consumer(read=100, committed=100), 98, 99, 100, 101)
    kept: Any = batch.value
    assert [record.offset for record in kept] == [100, 101]
    assert batch.first == 100


def test_batch_wholly_before_a_seek_leaves_the_position() -> None:
    """Faust drops it, since its last offset is older than the position."""
    bare = consumer(read=100, committed=100)
    assert take(bare, 50, 51).offset == 51
    assert bare._read_offset[PARTITION] == 100


def test_batch_of_an_old_generation_acknowledges_nothing() -> None:
    """After a rebalance whoever owns the partition decides."""
    bare = consumer(read=100, committed=100)
    batch = take(bare, 100, 101)
    bare.app.consumer_generation_id = 2
    assert not batch.ack(bare)
    assert commit(bare) == 100
    assert bare._unacked_messages == set()


@pytest.mark.parametrize("seed", range(100))
def test_batches_acknowledged_in_order_commit_exactly_their_prefix(seed: int) -> None:
    """In order, as the agent does it. Out of order Faust itself is off by one (its issue 606)."""
    chance, bare, offset, batches = random.Random(seed), consumer(read=10, committed=10), 10, list[BatchMessage]()
    for _batch in range(8):
        offsets = []
        for _record in range(chance.randint(1, 6)):
            offsets.append(offset)
            offset += chance.choice((1, 1, 1, 2, 4))
        batches.append(take(bare, *offsets))
        for batch in [message for message in batches if not message.acked][: chance.randint(0, 3)]:
            batch.ack(bare)
            if chance.random() < 0.7:
                assert commit(bare) == batch.offset + 1
        done = [message for message in batches if message.acked]
        assert commit(bare) == (done[-1].offset + 1 if done else 10)


def test_single_record_travels_as_faust_makes_it() -> None:
    """Changelogs are not batched."""
    record = SimpleNamespace(
        topic="changelog", partition=0, offset=5, timestamp=1, timestamp_type=0, headers=(), key=b"k", value=b"v",
        checksum=None, serialized_key_size=1, serialized_value_size=1,
    )  # fmt: skip
    message = consumer()._to_message(TP("changelog", 0), record)
    assert not isinstance(message, BatchMessage)
    assert (message.offset, message.value) == (5, b"v")


def test_scheduler_gives_lists_of_no_more_than_its_size() -> None:
    """Of sources and changelogs alike: a table is recovered in batches too."""
    scheduler = batch_scheduler(2)()
    polled: Any = {PARTITION: records(1, 2, 3), TP("changelog", 0): records(7)}
    taken = [(tp.topic, [record.offset for record in got]) for tp, got in scheduler.iterate(polled)]
    assert taken == [("events", [1, 2]), ("events", [3]), ("changelog", [7])]


def test_faust_of_another_version_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its insides may differ, and wrong commits would be silent."""
    require_faust_version()
    monkeypatch.setattr(faust_consumer, "version", lambda _distribution: "0.15.4")
    with pytest.raises(ConfigurationError, match=r"0\.15\.4 is installed.*exactly 0\.15\.3"):
        require_faust_version()


class Coordinator:
    """aiokafka's: a generation, and heartbeats that end as they were told to."""

    def __init__(self, *outcomes: str) -> None:
        self.generation = 1
        self._outcomes = list(outcomes)

    async def ensure_coordinator_known(self) -> None:
        """It is."""

    async def _do_heartbeat(self) -> bool:
        outcome = self._outcomes.pop(0)
        if outcome == "unknown":
            self.generation = -1
        return outcome == "known"


@pytest.mark.parametrize(
    ("outcomes", "member"),
    [(["known"], True), (["away", "known"], True), (["unknown"], False), (["away", "unknown"], False)],
)
async def test_is_member_asks_until_the_coordinator_answers(outcomes: list[str], member: bool) -> None:
    """Kafka away is no answer; a member that the coordinator has forgotten owns nothing."""
    thread: Any = BatchThread.__new__(BatchThread)
    thread.app = SimpleNamespace(consumer_generation_id=1)
    thread._ensure_consumer = lambda: SimpleNamespace(_coordinator=Coordinator(*outcomes))
    assert await thread.is_member() is member


async def test_is_member_of_a_later_generation_owns_what_it_was_given_then() -> None:
    """The group has moved on since these partitions were assigned: nothing is asked, they may be another's."""
    thread: Any = BatchThread.__new__(BatchThread)
    thread.app = SimpleNamespace(consumer_generation_id=0)
    thread._ensure_consumer = lambda: SimpleNamespace(_coordinator=Coordinator())
    assert await thread.is_member() is False


async def test_perform_seek_goes_to_the_beginning_where_nothing_is_committed() -> None:
    """What was fetched and dropped during a rebalance is read again, on a partition without any commit as well."""
    fresh, changelog = TP("events", 1), TP("changelog", 0)
    bare, sought = consumer(read=9), list[TP]()

    async def seek_to_committed() -> dict[TP, int | None]:
        return {PARTITION: 5, fresh: None, changelog: None}

    async def seek_to_beginning(*partitions: TopicPartition) -> None:
        assert all(type(partition) is TopicPartition for partition in partitions)  # aiokafka takes nothing else
        sought.extend(TP(*partition) for partition in partitions)

    bare._thread = SimpleNamespace(
        seek_to_committed=seek_to_committed,
        seek_to_beginning=seek_to_beginning,
        assignment=lambda: {PARTITION, fresh, changelog},
    )
    bare.app.tables = SimpleNamespace(changelog_topics={"changelog"})
    await bare.perform_seek()
    assert sought == [fresh]
    assert bare._read_offset[PARTITION] == 5


async def test_committed_offsets_are_asked_for_at_once_and_sought() -> None:
    """Nothing is committed where the coordinator says nothing, or 0; who was revoked meanwhile is left alone."""
    read, empty, fresh, revoked = (TopicPartition("events", number) for number in range(4))
    assigned, asked, sought = {read, empty, fresh, revoked}, list[set[TopicPartition]](), dict[TopicPartition, int]()

    async def fetch_committed_offsets(partitions: list[TopicPartition]) -> dict[TopicPartition, Any]:
        asked.append(set(partitions))
        assigned.remove(revoked)
        return {read: SimpleNamespace(offset=7), empty: SimpleNamespace(offset=0), revoked: SimpleNamespace(offset=3)}

    async def at_once(call: Any) -> Any:
        return await call()

    thread: Any = BatchThread.__new__(BatchThread)
    coordinator = SimpleNamespace(fetch_committed_offsets=fetch_committed_offsets)
    thread._ensure_consumer = lambda: SimpleNamespace(
        _coordinator=coordinator, assignment=lambda: set(assigned), seek=sought.__setitem__
    )
    thread.call_thread = at_once
    assert await thread.seek_to_committed() == {read: 7, empty: 0, fresh: None}
    assert (asked, sought) == ([{read, empty, fresh, revoked}], {read: 7})
