"""`rollcall brevo resume`: parked calls to Brevo go on at once instead of one probe a minute."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime

import orjson
import typer

from ops.audit import audit_entry, operator_name
from ops.options import Json, Reason
from ops.posting import posting
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.brevo import Resume
from schemas.topics import BREVO_RESULTS


def register(group: typer.Typer) -> None:
    """Add the command."""
    group.command("resume", epilog="Example:  rollcall brevo resume")(resume)


def resume(reason: Reason = "", as_json: Json = False) -> None:
    """Tell every worker to go on: after an IP address was authorised, a key changed, or credit bought.

    Without it they find out by themselves within a minute, for campaigns within ten. The order is noted in the audit
    topic.
    """
    configure_command_logging()
    told = asyncio.run(tell_workers(KafkaConnection.from_environment(os.environ), operator_name(), reason))
    typer.echo(orjson.dumps({"partitions": told}).decode() if as_json else "told all workers to go on")


async def tell_workers(connection: KafkaConnection, operator: str, reason: str) -> int:
    """Tell every worker to go on, and note it; how many partitions heard it.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    order = Resume(operator=operator, at=datetime.now(UTC))
    async with posting(connection) as to_kafka:
        told = await to_kafka.post_everywhere(BREVO_RESULTS, order)
        await to_kafka.note(audit_entry("brevo.resume", "brevo", {"partitions": told}, reason, operator))
    return told
