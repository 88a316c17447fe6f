"""`rollcall status`: whether all is well, how fresh Brevo is, what waits, and what needs a person."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Annotated

import typer
from rich.console import Console

from ops.options import Json
from ops.views.health import Picture, of_worker, stages, troubles
from ops.views.model import ReadModelView, read_model
from ops.views.output import OutputRow, table, terminal, write_json, write_lines
from ops.views.sessions import as_table
from readmodel.health import is_silent, known
from readmodel.queries import operations
from readmodel.queries.sessions import sessions as part_of_sessions
from readmodel.words import counted
from runtime.exits import FOUND_WRONG

_WATCH_SECONDS = 5
WAITING_SHOWN = 10
_EPILOG = """\b
Examples:
  rollcall status
  rollcall status --watch
  rollcall status --json | jq .needs_a_person
"""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("status", epilog=_EPILOG)(status)


def status(
    watch: Annotated[bool, typer.Option("--watch", help="Again every 5 s, until Ctrl-C.")] = False,
    as_json: Json = False,
) -> None:
    """Show whether all is well: workers, how fresh things are, what waits, and what needs a person.

    Fresh: seconds from Zoom's event to the ingress, and to Brevo's answer, per kind, of what webhooks told in the last
    hour as it happened; lists, reports, back-fills and replays are left out.
    It reads Kafka alone, so it works while every worker is down, and says so. Exit code 1: something needs a person.
    """
    if watch and as_json:
        raise typer.BadParameter("--watch is for people: leave --json out")
    while True:
        wrong = _once(as_json=as_json, clear=watch)
        if not watch:
            break
        time.sleep(_WATCH_SECONDS)
    if wrong:
        raise typer.Exit(FOUND_WRONG)


def _once(*, as_json: bool, clear: bool) -> bool:
    with read_model(as_json=as_json) as view:
        picture = _picture(view)
        wrong = list(troubles(picture))
        if as_json:
            write_json(_document(view, picture, wrong))
        else:
            console = terminal()
            if clear:
                console.clear()
            _show(console, view, picture, wrong)
    return bool(wrong)


def _picture(view: ReadModelView) -> Picture:
    return Picture(
        view.now,
        view.stale,
        known(operations.workers(view.connection), view.now),
        operations.totals(view.connection, since=view.now - timedelta(days=1)),
        operations.freshness(view.connection, view.now),
    )


def _document(view: ReadModelView, picture: Picture, wrong: list[str]) -> OutputRow:
    return {
        "at": picture.now,
        "needs_a_person": wrong,
        "workers": [
            {**worker.model_dump(mode="json"), "silent": is_silent(worker.at, picture.now)}
            for worker in picture.workers
        ],
        "freshness": picture.freshness,
        "totals": picture.totals,
        "topics": operations.progress(view.connection),
    }


def _show(console: Console, view: ReadModelView, picture: Picture, wrong: list[str]) -> None:
    console.print("needs a person:" if wrong else "all is well", style="bold")
    write_lines(console, (f"  {line}" for line in wrong))
    console.print("\nWorkers", style="bold")
    for worker in picture.workers:
        write_lines(console, of_worker(worker, picture.now))
    if not picture.workers:
        console.print("none has ever said anything, or all have stopped as they should")
    console.print("\nFresh, of the last hour: from Zoom's event", style="bold")
    if picture.freshness:
        made = table("until", "of", "count", "p50", "p95", right=("count", "p50", "p95"), wraps=("of",))
        for cells in stages(picture.freshness):
            made.add_row(*cells)
        console.print(made)
    else:
        console.print("no webhook told of anything")
    totals = picture.totals
    console.print("\nOf the last day", style="bold")
    console.print(
        f"{counted(totals.dead_letters, 'dead letter')}, {totals.rejected} refused by Brevo, "
        f"{totals.quarantined} quarantined; {totals.in_doubt} in doubt"
    )
    waiting = part_of_sessions(view.connection, state="waiting", limit=WAITING_SHOWN).items
    console.print(f"\n{counted(totals.sessions_waiting, 'session')} over and not final", style="bold")
    if waiting:
        console.print(as_table(list(waiting), picture.now))
