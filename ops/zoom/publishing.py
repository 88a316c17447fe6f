"""Publishes recovered events to `zoom.events.raw.v1`, and says so in `ops.audit.v1`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ops.audit import audit_entry
from ops.zoom.recovery import Lost
from runtime.kafka import KafkaConnection
from runtime.models import Configuration
from runtime.topics import ensure_topics
from schemas.errors import RetryLaterError
from schemas.topics import AUDIT, MIB, RAW_EVENTS

WINDOW = 500
"""Records under way at once."""


async def publish(
    lost: Sequence[Lost], configuration: Configuration, account_id: str, start: datetime, console: Console
) -> int:
    """How many events are published and acknowledged.

    Raises:
        ConfigurationError: the topics do not fit.
        RetryLaterError: Kafka does not take them; repeats are harmless.
    """
    connection = KafkaConnection.from_environment(os.environ)
    await ensure_topics(connection, configuration.kafka, names=(RAW_EVENTS.name, AUDIT.name))
    topic = RAW_EVENTS.physical(connection.topic_prefix)
    # As the ingress: acknowledged by all replicas, without idempotence.
    producer = AIOKafkaProducer(
        **connection.client_options(), acks="all", enable_idempotence=False, max_request_size=2 * MIB
    )
    try:
        await producer.start()
        columns = (TextColumn("publishing"), BarColumn(), MofNCompleteColumn())
        with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
            task = progress.add_task("publishing", total=len(lost))
            for at in range(0, len(lost), WINDOW):
                window = [each.record for each in lost[at : at + WINDOW]]
                sent = [
                    await producer.send(
                        topic, each.value, key=each.key, headers=each.headers, timestamp_ms=each.timestamp_ms
                    )
                    for each in window
                ]
                await asyncio.gather(*sent)
                progress.advance(task, len(window))
        entry = audit_entry("zoom.recover", account_id, {"published": len(lost), "since": start.isoformat()})
        await producer.send_and_wait(
            AUDIT.physical(connection.topic_prefix), entry.to_bytes(), key=entry.operator.encode()
        )
    except KafkaError as error:
        raise RetryLaterError(
            f"Kafka at {connection.bootstrap_servers}: {type(error).__name__}; run it again, repeats are harmless"
        ) from error
    finally:
        await producer.stop()
    return len(lost)
