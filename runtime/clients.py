"""Open clients of aiokafka: what Kafka does is told as Kafka's, and what the caller raises stays the caller's."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from runtime.kafka import KafkaConnection

if TYPE_CHECKING:
    from aiokafka import AIOKafkaConsumer

_STOP_SECONDS = 3.0


class SilentBrokerError(TimeoutError):
    """A broker that hangs: aiokafka waits for it for ever, and whoever asks has given it up."""


@asynccontextmanager
async def opened(
    connection: KafkaConnection, client: Any, close: Callable[[], Awaitable[object]], seconds: float | None = None
) -> AsyncIterator[None]:
    """Start a client, and close it in the end.

    Args:
        connection: what the client was made with.
        client: consumer, producer or admin.
        close: its `stop` or `close`.
        seconds: so long it may take to start; ``None``: as long as the client tries.

    Raises:
        RetryLaterError: Kafka does not answer, at the start or later. An `OSError` of the caller, such as a full disk,
            or a timeout of its own, is passed on as it is.
    """
    # A help page answers at once: Kafka's client is imported where it is used.
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    try:
        try:
            async with asyncio.timeout(seconds):
                await client.start()
        except (OSError, TimeoutError) as error:
            raise connection.unanswered(error) from error
        yield
    except (KafkaError, SilentBrokerError) as error:
        raise connection.unanswered(error) from error
    finally:
        await close()


async def stop_assigned(consumer: AIOKafkaConsumer) -> None:
    """Stop a consumer whose partitions were assigned anew a moment ago.

    While aiokafka (0.14, `fetcher.py`) ends the fetches of the partitions before, it takes its own cancellation for
    theirs, and `stop` waits for ever. Who waits is cancelled once more: that reaches the fetcher, and `stop` goes on.
    """
    async with asyncio.timeout(_STOP_SECONDS):
        await consumer.stop()
