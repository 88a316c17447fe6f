"""`rollcall ingress` and `rollcall worker`: the two processes in the foreground, as `python -m …` runs them."""

from __future__ import annotations

from typing import Annotated

import typer

from ops.importing import imported


def register(app: typer.Typer) -> None:
    """Add both commands."""
    app.command("ingress", epilog="Example:  KAFKA_BOOTSTRAP_SERVERS=localhost:9092 rollcall ingress")(ingress)
    app.command("worker", epilog="Example:  KAFKA_BOOTSTRAP_SERVERS=localhost:9092 rollcall worker")(worker)


def ingress() -> None:
    """Receive Zoom's webhooks, verify them, and publish them to Kafka.

    Stops on SIGTERM after every accepted delivery is in Kafka. Reads ROLLCALL_CONFIG (rollcall.yaml), INGRESS_HOST
    and INGRESS_PORT (0.0.0.0, 8080), ADMIN_HOST and ADMIN_PORT (127.0.0.1, 8081), KAFKA_BOOTSTRAP_SERVERS and the
    other KAFKA_ variables. It never reads the Brevo key or the Zoom client secret.
    """
    _run_process("ingress.__main__")


def worker(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Call nothing at Brevo; say what would be done, a line each.")
    ] = False,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume", help="Let a worker go on that stopped after too many dead letters; says so and ends at once."
        ),
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="With --resume: why, for the audit topic.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="With --dry-run: each line is a JSON document.")] = False,
) -> None:
    """Work out who attended, and keep Brevo true to it.

    With --dry-run everything else works as ever, and what would be written stays open: a worker without --dry-run does
    it later. Zoom is still read.

    After a hundred dead letters in a row, or when half of the last thousand records became one, it stops, remembers
    where in ROLLCALL_DATA_DIR, and handles nothing more, restarted or not. Mend what was wrong, then: worker --resume.

    Stops on SIGTERM with everything confirmed. Reads ROLLCALL_CONFIG (rollcall.yaml), ROLLCALL_DATA_DIR (./data),
    ADMIN_HOST and ADMIN_PORT (127.0.0.1, 8082), KAFKA_BOOTSTRAP_SERVERS and the other KAFKA_ variables,
    ZOOM_API_BASE_URL, ZOOM_OAUTH_BASE_URL and BREVO_API_BASE_URL. It never reads the webhook secret.
    """
    if resume:
        raise typer.Exit(imported("ops.resume").let_go_on(reason))
    if as_json and not dry_run:
        raise typer.BadParameter("--json needs --dry-run")
    _run_process("processors.__main__", **({"dry_run": "json" if as_json else "text"} if dry_run else {}))


def _run_process(module: str, **options: str) -> None:
    # Imported only now: Faust takes a second, and `rollcall --help` has to answer at once.
    raise typer.Exit(imported(module).main(**options))
