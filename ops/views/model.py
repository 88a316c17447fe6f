"""What every looking command does first: it brings the read model up to now, then asks it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import typer
from rich.console import Console
from sqlalchemy import Connection

from ops.failure import found_wrong
from ops.views.choice import NotOneError
from ops.views.words import ago
from readmodel.database import Database, opened, url_of
from readmodel.queries.operations import progress
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from schemas.errors import RetryLaterError


@dataclass(frozen=True, slots=True)
class ReadModelView:
    """The read model as a command has it."""

    connection: Connection
    kafka: KafkaConnection
    now: datetime
    stale: str | None
    """Why it is not up to now, for people; ``None``: it is."""


@contextmanager
def read_model(*, as_json: bool) -> Iterator[ReadModelView]:
    """The model, up to where the topics end now; as it is where Kafka or the database's lock cannot be had.

    Raises:
        ConfigurationError: what is missing or wrong.
        RetryLaterError: there is nothing yet, and nothing to make it of.
        typer.Exit: what was asked for is not there, or is several; said already.
    """
    # What a configuration lacks is said where it matters, not by each that looks.
    configure_command_logging("ERROR")
    kafka = KafkaConnection.from_environment(os.environ)
    with opened(url_of(os.environ), kafka.topic_prefix) as database:
        stale = _catch_up(database, kafka)
        if stale:
            typer.echo(f"warning: {stale}", err=True)
        with database.reading() as connection:
            try:
                yield ReadModelView(connection, kafka, datetime.now(UTC), stale)
            except NotOneError as error:
                raise found_wrong(str(error), as_json=as_json) from None


def _catch_up(database: Database, kafka: KafkaConnection) -> str | None:
    """Project what is new; why that was not possible, if something was known before."""
    from readmodel.projector import Projector  # noqa: PLC0415 (a help page needs no Kafka client)

    taken = 0
    # On stderr, and on a terminal alone; what is quick shows nothing.
    with Console(stderr=True).status("bringing the read model up to now …") as shown:

        def heard(count: int) -> None:
            nonlocal taken
            taken += count
            shown.update(f"bringing the read model up to now … {taken:,} records")

        projector = Projector(database, kafka, heard=heard, for_a_person=True)
        try:
            asyncio.run(projector.catch_up())
        except RetryLaterError as error:
            with database.reading() as connection:
                newest = max((state.recorded_at for state in progress(connection)), default=None)
            if newest is None:
                raise
            return f"{error}; what follows is of {newest:%Y-%m-%d %H:%M:%S} UTC ({ago(newest, datetime.now(UTC))})"
    return None
