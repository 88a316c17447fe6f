"""`rollcall demo`: the whole connector on this machine, with an invented webinar, checked against the truth."""

from __future__ import annotations

import os
import secrets
from typing import Annotated

import typer

from ops.importing import imported
from runtime.logs import configure_command_logging
from schemas.errors import ConfigurationError

_SEED = 7

_Attendees = Annotated[int, typer.Option(min=1, help="People who end as contacts.")]
_Seed = Annotated[
    int | None,
    typer.Option(help="Decides everything: one seed, one webinar.", show_default=f"{_SEED}; with --against a new one"),
]
_ChaosNames = Annotated[
    str,
    typer.Option(
        "--chaos", help="Comma-separated kinds of trouble, or all; `rollcall simulate webinar --help` lists them."
    ),
]
_Reports = Annotated[
    bool, typer.Option("--reports", help="The worker reads Zoom's reports, too; kinds named report-… imply it.")
]
_Keep = Annotated[bool, typer.Option("--keep", help="Leave everything running afterwards, to look at, until Ctrl-C.")]
_Look = Annotated[
    bool,
    typer.Option("--console", help="As --keep, with the console beside it: sessions and people in a browser."),
]
_Against = Annotated[
    str | None,
    typer.Option(help="Webhook address of an ingress that runs already; its worker must use --zoom and --brevo."),
]
_Zoom = Annotated[str | None, typer.Option(help="With --against: address of the sandbox's Zoom.")]
_Brevo = Annotated[str | None, typer.Option(help="With --against: address of the sandbox's Brevo.")]
_Json = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of the table.")]


def register(app: typer.Typer) -> None:
    """Add the command `demo`."""
    app.command("demo", epilog="Example:  rollcall demo --attendees 50 --chaos dup,reorder,lost-left,late")(demo)


def demo(
    *,
    attendees: _Attendees = 50,
    seed: _Seed = None,
    chaos: _ChaosNames = "",
    reports: _Reports = False,
    keep: _Keep = False,
    look: _Look = False,
    against: _Against = None,
    zoom: _Zoom = None,
    brevo: _Brevo = None,
    as_json: _Json = False,
) -> None:
    """Run a webinar through Kafka, ingress and worker into a sandbox Brevo, and compare with the truth.

    Uses the Kafka of KAFKA_BOOTSTRAP_SERVERS if set (under a topic prefix of its own), else starts one. Nothing leaves
    this machine. Exit 1 if any contact differs from the truth.

    With --against nothing is started: the webinar goes to an installation of sandboxes that runs already, signed with
    ZOOM_WEBHOOK_SECRET (or the content of the file ZOOM_WEBHOOK_SECRET_FILE).
    """
    configure_command_logging()
    # Imported only now: the sandboxes take a moment, and `rollcall --help` has to answer at once.
    if against is None:
        story = imported("ops.demo.story")
        chosen = _SEED if seed is None else seed
        told = story.tell(
            attendees=attendees, seed=chosen, chaos=chaos, reports=reports, keep=keep, look=look, as_json=as_json
        )
        raise typer.Exit(told)
    if zoom is None or brevo is None or keep or look or reports:
        raise ConfigurationError(
            "--against needs --zoom and --brevo, the addresses of the sandboxes that the worker uses, "
            "and starts nothing that --keep or --console could leave running or that could read --reports"
        )
    elsewhere = imported("ops.demo.against")
    running = elsewhere.outside(against, zoom, brevo, os.environ)
    # The worker remembers the people of an earlier run, so that another one needs others.
    chosen = secrets.randbelow(10_000) if seed is None else seed
    raise typer.Exit(elsewhere.tell(running, attendees=attendees, seed=chosen, chaos=chaos, as_json=as_json))
