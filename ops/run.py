"""`rollcall ingress` and `rollcall worker`: the two processes in the foreground, as `python -m …` runs them."""

from __future__ import annotations

import importlib

import typer


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


def worker() -> None:
    """Work out who attended, and keep Brevo true to it.

    Stops on SIGTERM with everything confirmed. Reads ROLLCALL_CONFIG (rollcall.yaml), ROLLCALL_DATA_DIR (./data),
    ADMIN_HOST and ADMIN_PORT (127.0.0.1, 8082), KAFKA_BOOTSTRAP_SERVERS and the other KAFKA_ variables,
    ZOOM_API_BASE_URL, ZOOM_OAUTH_BASE_URL and BREVO_API_BASE_URL. It never reads the webhook secret.
    """
    _run_process("processors.__main__")


def _run_process(module: str) -> None:
    # Imported only now: Faust takes a second, and `rollcall --help` has to answer at once.
    raise typer.Exit(importlib.import_module(module).main())
