"""`rollcall session`: the summary of one session for people, with the reason of every difference from Zoom."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ops.failure import found_wrong
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.attendance import Evidence, SessionSummary
from schemas.instants import format_instant
from schemas.topics import ATTENDANCE_SESSIONS

_EPILOG = "Example:  rollcall session '/H7cZq0bS1uWm//5rXeTkQ=='"
_EVIDENCE: dict[Evidence, str] = {"live": "webhooks", "report": "Zoom's report", "both": "webhooks and Zoom's report"}
_COUNTS = {
    "registered": "registrations approved before the end",
    "attended": "there in the last part of the session",
    "left_early": "came, and left before",
    "no_shows": "registered, and nothing was seen of them",
    "anonymous": "connections without an e-mail: counted, not synced",
    "excluded": "hosts, panelists, own users, excluded domains",
    "assumed": "of those who came, some interval was not fully reported",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("session", epilog=_EPILOG)(session)


def session(
    uuid: Annotated[str, typer.Argument(help="The session's uuid: of its first instance, as in the results.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on stdout.")] = False,
) -> None:
    """Show what is known of one session: counts, and every difference from Zoom's own list with its reason.

    Reads attendance.sessions.v1. Exit code 1: no such session.
    """
    configure_command_logging()
    summary = asyncio.run(_latest(KafkaConnection.from_environment(os.environ), uuid))
    if summary is None:
        raise found_wrong(
            f"no session {uuid} in {ATTENDANCE_SESSIONS.name}: it has not ended yet, or has another uuid",
            as_json=as_json,
        )
    if as_json:
        typer.echo(summary.model_dump_json())
    else:
        _show(summary)


async def _latest(connection: KafkaConnection, uuid: str) -> SessionSummary | None:
    from runtime.reading import read_topic  # noqa: PLC0415 (a help page needs no Kafka client)

    # The key begins with the account, which nobody has at hand; Zoom gives a uuid once.
    latest, end = None, f"|{uuid}".encode()
    async for record in read_topic(connection, ATTENDANCE_SESSIONS):
        if (record.key or b"").endswith(end):
            latest = SessionSummary.from_bytes(record.value) if record.value else None
    return latest


def _show(summary: SessionSummary) -> None:
    console = Console(highlight=False, soft_wrap=True)
    state = (
        "retracted" if summary.retracted else "final" if summary.is_final else "live, to be corrected by Zoom's report"
    )
    console.print(f"{summary.topic}  ({summary.object_type} {summary.object_id})", style="bold", markup=False)
    if summary.started_at and summary.ended_at:
        start, end = (format_instant(int(each.timestamp())) for each in (summary.started_at, summary.ended_at))
        assumed = ", end assumed" if summary.end_assumed else ""
        console.print(f"{start} to {end}, {summary.length_seconds // 60} min live{assumed}", markup=False)
    console.print(f"{state}; from {_EVIDENCE[summary.evidence]}", markup=False)
    if len(summary.instances) > 1:
        console.print(f"{len(summary.instances)} instances: {', '.join(summary.instances)}", markup=False)
    table = Table(show_header=False, box=None)
    for name, meaning in _COUNTS.items():
        table.add_row(name.replace("_", " "), str(getattr(summary.counts, name)), meaning)
    console.print(table)
    _show_differences(console, summary)


def _show_differences(console: Console, summary: SessionSummary) -> None:
    found = summary.reconciliation
    if found is None:
        console.print("Compared with Zoom once the result is final.")
        return
    if found.zoom_participants is not None:
        console.print(f"Zoom counts {found.zoom_participants} participants: devices and rejoins each on their own.")
    if found.zoom_absentees is None:
        console.print("Zoom has no list of absentees for it.")
        return
    console.print(f"Zoom calls {found.zoom_absentees} absent, {len(found.differences)} differences:")
    for difference in found.differences:
        side = "no-show here, not at Zoom" if difference.side == "only_ours" else "absent at Zoom, not here"
        console.print(f"  {difference.contact_id}  {side}: {difference.reason}", markup=False)
    if found.truncated:
        console.print("  … and more than one record holds")
