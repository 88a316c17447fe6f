"""`rollcall schemas`: the topics' contracts as files or in a registry, for programs in other languages."""

from __future__ import annotations

import asyncio
import os
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import orjson
import typer

from ops.asyncapi import ASYNCAPI_FILE, asyncapi
from ops.compatibility import broken_topics
from ops.contract_page import PAGE_FILE, contract_page
from ops.contracts import Document, schema_file, value_schema
from ops.failure import found_wrong
from ops.options import Json, Yes, agreed
from ops.samples import samples
from ops.schema_registry import put_schemas
from readmodel.words import counted
from runtime.exits import FOUND_WRONG
from schemas.errors import ConfigurationError
from schemas.topics import TOPICS


def register(app: typer.Typer) -> None:
    """Add the group `schemas`."""
    group = typer.Typer(help="The topics' contracts, for programs in other languages.", no_args_is_help=True)
    group.callback()(_group)
    group.command("export", epilog="Example:  rollcall schemas export --to docs/reference/schemas")(export)
    group.command("check", epilog="Example:  rollcall schemas check --against our/schemas/of/last/year")(check)
    group.command("register", epilog="Example:  rollcall schemas register --url http://127.0.0.1:8081 --yes")(put)
    app.add_typer(group, name="schemas")


def _group() -> None:
    """The topics' contracts, for programs in other languages."""


def export(
    to: Annotated[Path, typer.Option(help="Folder for the files; made when missing. Files there are overwritten.")],
    as_json: Json = False,
) -> None:
    """Write a JSON Schema per topic, and asyncapi.json (AsyncAPI 3.1) over all of them, with a page of it."""
    files = exported()
    try:
        to.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (to / name).write_bytes(content)
    except OSError as error:
        raise ConfigurationError(f"--to {to}: cannot be written ({error.strerror}); name another folder") from error
    typer.echo(_line(folder=str(to), files=sorted(files)) if as_json else f"{len(files)} files in {to}")


def check(
    against: Annotated[Path, typer.Option(help="Folder of an earlier `rollcall schemas export`.")],
    as_json: Json = False,
) -> None:
    """Say what in these schemas breaks programs that were made for earlier ones; exit code 1 if anything does."""
    broken = broken_topics(read_schemas(against), schemas())
    by_topic = {name.removesuffix(".json"): [str(fault) for fault in faults] for name, faults in broken.items()}
    if as_json:
        typer.echo(_line(against=str(against), breaks=by_topic))
    else:
        for topic, faults in by_topic.items():
            for fault in faults:
                typer.echo(f"{topic}: {fault}")
        typer.echo(f"{counted(len(broken), 'topic')} with a break for readers of {against}")
    raise typer.Exit(FOUND_WRONG if broken else 0)


def put(
    url: Annotated[str, typer.Option(help="Of a Schema Registry that speaks Confluent's API.")],
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Put the schemas into a Schema Registry: subjects `<topic>-value`, compatibility FORWARD_TRANSITIVE.

    KAFKA_TOPIC_PREFIX, if it is set, is before the topics' names. Repeating it changes nothing. Exit code 1: you said
    no, or the registry did not answer.
    """
    prefix = os.environ.get("KAFKA_TOPIC_PREFIX", "")
    subjects = {f"{prefix}{name.removesuffix('.json')}-value": schema for name, schema in schemas().items()}
    if not agreed(f"Register {len(subjects)} schemas at {url}?", yes=yes):
        raise found_wrong("nothing was registered", as_json=as_json)
    numbers = asyncio.run(put_schemas(url, subjects))
    if as_json:
        typer.echo(_line(url=url, registered=numbers))
        return
    for subject, number in numbers.items():
        typer.echo(f"{number:>6}  {subject}")


def _line(**facts: object) -> str:
    return orjson.dumps(facts).decode()


def schemas() -> dict[str, Document]:
    """The schema of each topic, by file name."""
    return {schema_file(topic): value_schema(topic) for topic in TOPICS}


def read_schemas(folder: Path) -> dict[str, Document]:
    """What was exported there, by file name.

    Raises:
        ConfigurationError: nothing was.
    """
    paths = [path for path in sorted(folder.glob("*.json")) if path.name != ASYNCAPI_FILE]
    if not paths:
        raise ConfigurationError(f"--against {folder}: there is no schema; name the folder of an earlier export")
    return {path.name: orjson.loads(path.read_bytes()) for path in paths}


def exported() -> dict[str, bytes]:
    """Every file of the export, by name."""
    found = documents()
    page = contract_page(found[ASYNCAPI_FILE], found)
    return {name: as_text(document) for name, document in found.items()} | {PAGE_FILE: page.encode()}


def documents() -> dict[str, Document]:
    """Every document of the export, by the name of its file."""
    return {ASYNCAPI_FILE: asyncapi(version("rollcall-connector"), samples()), **schemas()}


def as_text(document: Document) -> bytes:
    """JSON for people and for `git diff`: indented, the keys in their order."""
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
