"""Tells the console what was found about the set-up: it holds no secret of Zoom or Brevo, and can ask neither."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version

from ops.audit import operator_name
from ops.posting import posting
from runtime.foreign_text import redact
from runtime.kafka import KafkaConnection
from runtime.reading import partitions_of_topics
from schemas.errors import ConfigurationError, RetryLaterError
from schemas.setup import SetupCommand, SetupFinding, SetupReport
from schemas.topics import SETUP

_PATIENCE_SECONDS = 5.0


async def tell_found(environment: Mapping[str, str], command: SetupCommand, findings: Sequence[SetupFinding]) -> bool:
    """Put the outcome where the console sees it; whether it could be put.

    Nobody depends on it: without Kafka, without the right to write, or before a worker has made the topic, it is not
    told, and the command goes on.
    """
    found = tuple(
        finding.model_copy(update={"found": redact(finding.found), "advice": redact(finding.advice)})
        for finding in findings
    )
    report = SetupReport(
        command=command, operator=operator_name(), version=version("rollcall-connector"), at=datetime.now(UTC),
        findings=found,
    )  # fmt: skip
    try:
        connection = KafkaConnection.from_environment(environment)
        async with asyncio.timeout(_PATIENCE_SECONDS):
            if SETUP.physical(connection.topic_prefix) not in await partitions_of_topics(connection):
                return False
            async with posting(connection) as to_kafka:
                await to_kafka.post(SETUP, [(command.encode(), report)])
    except (ConfigurationError, RetryLaterError, TimeoutError):
        return False
    return True
