"""`rollcall schemas export`: the topics' contracts as files, for programs in other languages."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import orjson
import typer

from ops.asyncapi import ASYNCAPI_FILE, asyncapi
from ops.contracts import Document, schema_file, value_schema
from ops.samples import samples
from schemas.errors import ConfigurationError
from schemas.topics import TOPICS


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
    files = documents()
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, document in files.items():
            (to / name).write_bytes(as_text(document))
    except OSError as error:
        raise ConfigurationError(f"--to {to}: cannot be written ({error.strerror}); name another folder") from error
    typer.echo(f"{len(files)} files in {to}")


def documents() -> dict[str, Document]:
    """Every file of the export, by name."""
    schemas = {schema_file(topic): value_schema(topic) for topic in TOPICS}
    return {ASYNCAPI_FILE: asyncapi(version("rollcall-connector"), samples()), **schemas}


def as_text(document: Document) -> bytes:
    """JSON for people and for `git diff`: indented, the keys in their order."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
