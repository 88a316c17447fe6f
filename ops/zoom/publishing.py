"""Publishes recovered events to `zoom.events.raw.v1`, and says so in `ops.audit.v1`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ops.audit import audit_entry
from ops.raw_events import raw_events
from ops.zoom.recovery import Lost
from runtime.models import Configuration


async def publish(
    lost: Sequence[Lost], configuration: Configuration, account_id: str, start: datetime, console: Console
) -> int:
    """How many events are published and acknowledged. Raises as `raw_events`."""
    columns = (TextColumn("publishing"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("publishing", total=len(lost))
        async with raw_events(configuration) as topic:
            await topic.publish([each.record for each in lost], lambda count: progress.advance(task, count))
            await topic.note(
                audit_entry("zoom.recover", account_id, {"published": len(lost), "since": start.isoformat()})
            )
    return len(lost)
