"""Publishes recovered events to `zoom.events.raw.v1`, and says so in `ops.audit.v1`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ops.audit import audit_entry
from ops.posting import posting_to
from ops.zoom.recovery import Lost
from runtime.kafka import KafkaConnection
from runtime.models import Configuration
from schemas.topics import RAW_EVENTS


async def publish(
    lost: Sequence[Lost], configuration: Configuration, account_id: str, start: datetime, reason: str, console: Console
) -> int:
    """How many events are published and acknowledged. Raises as `posting_to`."""
    columns = (TextColumn("publishing"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("publishing", total=len(lost))
        connection = KafkaConnection.from_environment(os.environ)
        async with posting_to(connection, configuration.kafka, RAW_EVENTS) as to_kafka:
            records = (delivery.record for delivery in lost)
            await to_kafka.publish(RAW_EVENTS.name, records, lambda done: progress.update(task, completed=done))
            details: dict[str, str | int] = {"published": len(lost), "since": start.isoformat()}
            await to_kafka.note(audit_entry("zoom.recover", account_id, details, reason))
    return len(lost)
