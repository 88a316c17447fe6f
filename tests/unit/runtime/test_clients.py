"""Whose fault it is when an open client is left by an error."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest
from aiokafka.errors import KafkaConnectionError

from runtime.clients import SilentBrokerError, opened
from runtime.kafka import KafkaConnection
from schemas.errors import RetryLaterError

KAFKA = KafkaConnection("localhost:1")


@dataclass
class Client:
    """As much of aiokafka's as is used."""

    starting: Exception | None = None
    seconds: float = 0
    closed: int = 0

    async def start(self) -> None:
        """Takes its time, or fails."""
        await asyncio.sleep(self.seconds)
        if self.starting is not None:
            raise self.starting

    async def stop(self) -> None:
        """Counted."""
        self.closed += 1


@pytest.mark.parametrize("error", [OSError("no route"), TimeoutError(), KafkaConnectionError("none")])
async def test_client_that_cannot_start_is_told_as_kafka_that_does_not_answer(error: Exception) -> None:
    """Whatever it raises; it is closed all the same."""
    client = Client(error)
    with pytest.raises(RetryLaterError, match=r"Kafka at localhost:1 does not answer"):
        async with opened(KAFKA, client, client.stop):
            pass
    assert client.closed == 1


async def test_client_that_hangs_at_its_start_is_given_up() -> None:
    """After the time that a person waits."""
    client = Client(seconds=60)
    with pytest.raises(RetryLaterError, match="TimeoutError"):
        async with opened(KAFKA, client, client.stop, 0.01):
            pass
    assert client.closed == 1


@pytest.mark.parametrize("error", [KafkaConnectionError("gone"), SilentBrokerError()])
async def test_kafka_that_goes_away_later_is_told_so(error: Exception) -> None:
    """By its client's errors, and by a broker that hangs."""
    client = Client()
    with pytest.raises(RetryLaterError, match="does not answer"):
        async with opened(KAFKA, client, client.stop):
            raise error
    assert client.closed == 1


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), TimeoutError("theirs"), ValueError("a bug")])
async def test_what_the_caller_raises_is_not_told_as_kafkas(error: Exception) -> None:
    """Whoever reads of a full disk that Kafka does not answer looks in the wrong place."""
    client = Client()
    with pytest.raises(type(error)) as told:
        async with opened(KAFKA, client, client.stop):
            raise error
    assert told.value is error
    assert client.closed == 1
