"""What holds people beside Kafka: the read model of this machine, and Brevo."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import URL

from ops.brevo.account import contact, delete_contact, opened
from readmodel import database
from readmodel.contact_numbers import number_of_contact
from readmodel.keys import contact_key
from readmodel.tables import CALLS, CANDIDATES, CONTACTS, PEOPLE, REGISTRATIONS, SCORES
from runtime.kafka import KafkaConnection
from runtime.references import look_up
from schemas.errors import RetryLaterError

_TABLES = (CONTACTS, PEOPLE, REGISTRATIONS, SCORES, CANDIDATES, CALLS)
_CALLS_UNDER_WAY_SECONDS = 2.0
_DELETIONS = 3


def read_model_url(environment: Mapping[str, str]) -> URL | None:
    """Of the read model that this machine has; ``None``: nobody has made one, and nobody needs to."""
    url = database.url_of(environment)
    is_there = bool(look_up(database.VARIABLE, environment)) or Path(url.database or "").exists()
    return url if is_there else None


async def read_model_rows(connection: KafkaConnection, url: URL, contact_id: str) -> int:
    """Rows of the person once the read model is up to where the topics end.

    Raises:
        RetryLaterError: Kafka or the database does not answer.
    """
    from readmodel.projector import Projector  # noqa: PLC0415 (a help page needs no Kafka client)

    with database.opened(url, connection.topic_prefix) as opened_database:
        await Projector(opened_database, connection, for_a_person=True).catch_up()
        with opened_database.reading() as reading:
            number = number_of_contact(reading, contact_key(contact_id))
            held = (table.c.contact == number for table in _TABLES)
            rows = [reading.execute(select(func.count()).where(theirs)).scalar_one() for theirs in held]
        opened_database.tidy()
    return sum(rows)


async def delete_at_brevo(email: str) -> bool:
    """Whether Brevo had the contact; it has none when this returns.

    A call of the worker that was under way may still have created it once more, so it is looked at again.

    Raises:
        ConfigurationError: Brevo refuses, or the configuration lacks its key.
        RetryLaterError: Brevo does not answer, or something creates the contact again and again.
    """
    async with opened() as (_, client):
        for attempt in range(_DELETIONS):
            if await contact(client, email) is None:
                return attempt > 0
            await delete_contact(client, email)
            await asyncio.sleep(_CALLS_UNDER_WAY_SECONDS)
        if await contact(client, email) is not None:
            raise RetryLaterError("Brevo has the contact again: something else than Rollcall creates it")
        return True


async def known_to_brevo(email: str) -> dict[str, object] | None:
    """What Brevo shows of the contact. Raises as `delete_at_brevo`."""
    async with opened() as (_, client):
        return await contact(client, email)
