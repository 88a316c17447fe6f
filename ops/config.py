"""`rollcall config show`: what a process would run with, secrets masked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import orjson
import typer
import yaml

from ops.options import Json
from runtime.configuration import load_for_display
from runtime.environment import config_path
from runtime.logs import configure_command_logging


def register(app: typer.Typer) -> None:
    """Add the group `config`."""
    group = typer.Typer(help="Look at the configuration.", no_args_is_help=True)
    group.command("show", epilog="Example:  ROLLCALL_CONFIG=/etc/rollcall.yaml rollcall config show --json")(show)
    app.add_typer(group, name="config")


def show(
    path: Annotated[
        Path | None, typer.Option("--config", help="The YAML file.", show_default="ROLLCALL_CONFIG, else rollcall.yaml")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the effective configuration: the file, its references resolved, and every default.

    Secrets show as stars; null means that there is none. A variable that is not set is a warning here and stops the
    process that reads it. Exit code 2: the file is wrong.
    """
    configure_command_logging()
    file = path or config_path(os.environ)
    effective = load_for_display(file, os.environ).model_dump(mode="json")
    if as_json:
        print(orjson.dumps(effective).decode())
    else:
        print(f"# What {file} comes to; secrets are masked.")
        print(yaml.safe_dump(effective, sort_keys=False, allow_unicode=True), end="")
