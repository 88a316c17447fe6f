"""The command `rollcall export`: all that is known of a person, for whoever has to answer a request for access."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any

import orjson
import typer
from rich.console import Console

from ops.failure import stopping
from ops.forget.command import Who
from ops.forget.elsewhere import known_to_brevo
from ops.forget.extract import headers_of, own_part, text_of
from ops.forget.person import DataSubject
from ops.forget.scan import Mentions, look_through
from ops.views.output import plain
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.errors import ConfigurationError

_AGAIN = "Nothing was changed: start it again."
PersonDocument = dict[str, Any]
"""All that is known of a person, JSON but for instants."""


def export(
    who: Who,
    brevo: Annotated[bool, typer.Option("--brevo", help="With what Brevo shows of the contact.")] = False,
) -> None:
    """Write all that is known of a person as one JSON document, for a request for access.

    Every row of the worker's tables and every record of every topic that says the address or the contact id, with the
    place where it lies; of records about several people the person's part alone. Read it before you hand it on: what
    hosts and registrants wrote is in it as they wrote it. Nothing is changed. Exit code 1: nothing is known.
    """
    configure_command_logging("ERROR")
    person = DataSubject.named(who)
    with stopping(_AGAIN, as_json=False):
        document = asyncio.run(_export(person, brevo=brevo))
    typer.echo(written(document))
    if not any(document[part] for part in ("tables", "topics", "brevo")):
        raise typer.Exit(FOUND_WRONG)


async def _export(person: DataSubject, *, brevo: bool) -> PersonDocument:
    with Console(stderr=True).status("looking through the topics …") as shown:
        document = await document_about(
            person,
            KafkaConnection.from_environment(os.environ),
            lambda count: shown.update(f"looking through the topics … {count:,} records"),
        )
    email = document["email"]
    if brevo and email is None:
        raise ConfigurationError("--brevo: no address is known of this contact id; give the address instead")
    return {**document, "brevo": await known_to_brevo(email) if brevo else None}


async def document_about(
    person: DataSubject, connection: KafkaConnection, heard: Callable[[int], object]
) -> PersonDocument:
    """All that topics and tables say of the person, by their names; `heard` is told how many records were looked at.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    found = await look_through(connection, person, heard, keep=True)
    return {
        "contact_id": person.contact_id,
        "email": person.address_in([*found.held.values(), *(record.value or b"" for record in found.records)]),
        "written_at": datetime.now(UTC),
        "tables": _in_force(person, found),
        "topics": _records(person, found, connection.topic_prefix),
        "brevo": None,
    }


def written(document: PersonDocument) -> bytes:
    """The document as JSON, for people to read."""
    return orjson.dumps(document, default=plain, option=orjson.OPT_UTC_Z | orjson.OPT_INDENT_2)


def _in_force(person: DataSubject, found: Mentions) -> dict[str, list[dict[str, Any]]]:
    """Rows of tables (by the names of their changelogs) and what stands in compacted topics."""
    told: dict[str, list[dict[str, Any]]] = {}
    for (topic, _partition, key), value in sorted(found.held.items()):
        told.setdefault(topic, []).append({"key": text_of(key), "value": own_part(person, value)})
    return told


def _records(person: DataSubject, found: Mentions, prefix: str) -> dict[str, list[dict[str, Any]]]:
    told: dict[str, list[dict[str, Any]]] = {}
    for record in sorted(
        found.records, key=lambda record: (record.topic, record.timestamp, record.partition, record.offset)
    ):
        told.setdefault(record.topic.removeprefix(prefix), []).append(
            {
                "partition": record.partition,
                "offset": record.offset,
                "at": datetime.fromtimestamp(record.timestamp / 1_000, UTC),
                "key": text_of(record.key),
                "headers": headers_of(record.headers),
                "value": own_part(person, record.value),
            }
        )
    return told
