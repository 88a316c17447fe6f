"""`rollcall schemas export`: the topics' contracts as files, for programs in other languages."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import orjson
import typer

from ops.contracts import Document, documents
from schemas.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add the group `schemas`."""
    group = typer.Typer(help="The topics' contracts, for programs in other languages.", no_args_is_help=True)
    group.callback()(_group)
    group.command("export", epilog="Example:  rollcall schemas export --to docs/reference/schemas")(export)
    app.add_typer(group, name="schemas")


def _group() -> None:
    """The topics' contracts, for programs in other languages."""


def export(
    to: Annotated[Path, typer.Option(help="Folder for the files; made when missing. Files there are overwritten.")],
) -> None:
    """Write a JSON Schema per topic, and asyncapi.json (AsyncAPI 3) over all of them."""
    files = documents(version("rollcall-connector"))
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, document in files.items():
            (to / name).write_bytes(as_text(document))
    except OSError as error:
        raise ConfigurationError(f"--to {to}: cannot be written ({error.strerror}); name another folder") from error
    typer.echo(f"{len(files)} files in {to}")


def as_text(document: Document) -> bytes:
    """JSON for people and for `git diff`: indented, the keys in their order."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
