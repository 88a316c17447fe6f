"""`rollcall sessions`: which sessions there were, are and will be, with their people in numbers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Connection

from ops.options import Json
from ops.selection.times import instant
from ops.views import words
from ops.views.model import read_model
from ops.views.output import Csv, OutputRow, one_form, table, terminal, write_csv, write_json
from readmodel.lines.sessions import SessionLine
from readmodel.parts import every
from readmodel.queries.sessions import sessions as part_of_sessions

_SHOWN = 50
"""Of a table; documents hold all."""
_EPILOG = """\b
Examples:
  rollcall sessions                     the latest
  rollcall sessions --since 7d roadmap  of the last week, with this in their topic
  rollcall sessions --state waiting     over, and not final yet
  rollcall sessions --csv > sessions.csv
"""
_COLUMNS = (
    "started_at", "topic", "state", "registered", "attended", "left_early", "no_shows", "anonymous", "not_synced",
    "next_check_at", "waits_for", "object_type", "object_id", "session_uuid", "account_id",
)  # fmt: skip
_HEADINGS = ("when\n(UTC)", "topic", "state", "regis-\ntered", "at-\ntended", "left\nearly", "no-\nshows",
             "anony-\nmous", "not\nsynced")  # fmt: skip


class _State(StrEnum):
    """What `--state` takes."""

    WAITING = "waiting"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    ENDED = "ended"
    LIVE = "live"
    FINAL = "final"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("sessions", epilog=_EPILOG)(sessions)


def sessions(
    text: Annotated[
        list[str] | None, typer.Argument(help="Words of the topic, an id, or the beginning of a uuid.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Began, or is due, from then on: 7d (so long ago) or 2026-11-20.")
    ] = None,
    state: Annotated[
        _State | None, typer.Option(help="Only these; `waiting`: over, and not final yet (ended or live).")
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """List sessions, the latest first: when, topic, state, and their people in numbers.

    `not synced` counts people of whom Brevo does not hold the newest. A session that is over becomes `live` when
    webhooks have told the most of it, and `final` when Zoom's report has settled it; `next` is when it is looked at
    again. Numbers of states before that are of what was seen so far.
    """
    one_form(as_json=as_json, as_csv=as_csv)
    with read_model(as_json=as_json) as view:
        from_then = instant(since, view.now, UTC) if since else None
        found = all_sessions(view.connection, " ".join(text or ()), from_then, state)
        if as_json:
            write_json({"sessions": [row(line) for line in found]})
        elif as_csv:
            write_csv(map(row, found), _COLUMNS)
        else:
            _show(found, view.now)


def all_sessions(connection: Connection, text: str, since: datetime | None, state: str | None) -> Iterator[SessionLine]:
    """All that fit, the latest first."""
    return every(lambda after: part_of_sessions(connection, since=since, state=state, text=text, after=after))


def row(line: SessionLine) -> OutputRow:
    """A session for programs."""
    return {name: getattr(line, name) for name in _COLUMNS} | {
        "scheduled_at": line.scheduled_at, "ended_at": line.ended_at, "is_final": line.is_final,
    }  # fmt: skip


def as_table(lines: list[SessionLine], now: datetime) -> Table:
    """For people."""
    made = table(*_HEADINGS, right=_HEADINGS[3:], wraps=("topic",))
    for line in lines:
        counts = (line.registered, line.attended, line.left_early, line.no_shows, line.anonymous, line.not_synced)
        at = words.when(line.started_at or line.scheduled_at or line.ended_at).replace(" ", "\n")
        made.add_row(at, line.topic or line.object_id, words.state(line, now), *map(str, counts))
    return made


def _show(found: Iterator[SessionLine], now: datetime) -> None:
    lines = [line for line, _ in zip(found, range(_SHOWN), strict=False)]
    if not lines:
        typer.echo("no session fits: it is listed from the first that Zoom tells of it")
        return
    console = terminal()
    console.print(as_table(lines, now))
    if next(found, None) is not None:
        console.print(
            f"and more: say --since or words of the topic, or take --csv, which holds all (these are {_SHOWN})"
        )
