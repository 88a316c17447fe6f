"""`rollcall gameday`: what can go wrong, made to go wrong on the sandbox, and mended by the runbook's commands."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.importing import imported

_Only = Annotated[str, typer.Option("--only", help="Comma-separated drills; all if nothing is said.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of what was done.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("gameday", epilog="Example:  rollcall gameday --only outage,poison")(gameday)


def gameday(*, only: _Only = "", as_json: _Json = False) -> None:
    """Practise: break an installation of sandboxes on this machine, and mend it by the commands of docs/runbook.md.

    Each drill waits for its alert, runs the commands that the runbook names, and compares what Brevo holds with the
    truth. Uses the Kafka of KAFKA_BOOTSTRAP_SERVERS if set (under a topic prefix of its own), else starts one. Nothing
    leaves this machine. Exit code 1: a drill was not mended.
    """
    # Imported only now: the sandboxes take a moment, and `rollcall --help` has to answer at once.
    story = imported("ops.gameday.story")
    raise typer.Exit(story.tell(only=only, as_json=as_json))
