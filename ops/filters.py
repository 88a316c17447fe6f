"""`rollcall filters test`: which filter decides about the session of an event."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import orjson
import typer

from ops.options import Json
from processors.attendance.rules.events import parse_event
from processors.attendance.rules.filters import Described, FilterVerdict, judge
from runtime.configuration import load_for_display
from runtime.environment import config_path
from runtime.logs import configure_command_logging
from runtime.models import Configuration
from schemas.errors import ConfigurationError, DeadLetterError

_EPILOG = "Example:  rollcall filters test webinar.started.json"


def register(app: typer.Typer) -> None:
    """Add the group `filters`."""
    group = typer.Typer(help="Try the filters of the configuration.", no_args_is_help=True)
    group.callback()(_group)
    group.command("test", epilog=_EPILOG)(try_event)
    app.add_typer(group, name="filters")


def _group() -> None:
    """Try the filters of the configuration."""


def try_event(
    event: Annotated[Path, typer.Argument(help="A file with one of Zoom's events, as JSON.")],
    path: Annotated[
        Path | None, typer.Option("--config", help="The YAML file.", show_default="ROLLCALL_CONFIG, else rollcall.yaml")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say whether the session of an event is synced, and which rule decided.

    Tracking fields are not in events: a filter on them is judged as if the session had none. Exit code 1: left out.
    """
    configure_command_logging()
    configuration = load_for_display(path or config_path(os.environ), os.environ)
    verdict = _judge(configuration, event)
    if as_json:
        typer.echo(orjson.dumps({"synced": verdict.wanted, "rule": verdict.rule}).decode())
    else:
        typer.echo(f"{'synced' if verdict.wanted else 'left out'}: {verdict.rule}")
    if not verdict.wanted:
        raise typer.Exit(1)


def _judge(configuration: Configuration, file: Path) -> FilterVerdict:
    try:
        fact = parse_event(orjson.loads(file.read_bytes()), 0)
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    except (ValueError, DeadLetterError) as error:
        raise ConfigurationError(f"{file} is no event of Zoom: {error}") from error
    if fact is None:
        return FilterVerdict(wanted=False, rule="this kind of event says nothing about attendance")
    session = fact.event
    if not configuration.syncs.of(session.account_id).covers(session.object_type):
        switch = "webinars" if session.object_type == "webinar" else "participants"
        return FilterVerdict(wanted=False, rule=f"connectors.zoom.sync.{switch} is off")
    described = Described(
        object_type=session.object_type,
        zoom_type=session.zoom_type,
        topic=session.topic,
        host_id=session.host_id,
        host_email=session.host_email,
        tracking_fields={},
    )
    return judge(configuration.filters, described)
