"""Whether Kafka answers, and that who asks can be told to stop."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from runtime.reachability import kafka_answers


class Producer:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.answer: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    @property
    def client(self) -> Any:
        """As aiokafka's has it."""
        return self

    def force_metadata_update(self) -> asyncio.Future[bool]:
        """The answer."""
        return self.answer


async def test_a_cancellation_that_comes_with_the_answer_is_not_lost() -> None:
    """Or a worker that is told to stop at that moment would go on asking, and end at its deadline alone."""
    producer = Producer()
    asking: asyncio.Task[bool] = asyncio.create_task(kafka_answers(producer, 30))
    await asyncio.sleep(0)
    producer.answer.set_result(True)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking


async def test_no_answer_in_time_and_a_refusal_are_no() -> None:
    """Neither raises."""
    assert not await kafka_answers(Producer(), 0.01)
    refusing = Producer()
    refusing.answer.set_exception(KafkaConnectionError())
    assert not await kafka_answers(refusing, 30)
