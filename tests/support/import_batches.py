"""Contacts enough for an import, and what Brevo was asked for them."""

from __future__ import annotations

from collections import Counter
from typing import Any

from schemas.brevo import UpsertContact
from tests.support.brevo_commands import upsert
from tests.support.scripted_brevo import ScriptedBrevo
from tests.support.sink import Sink

BATCH = 5
"""Contacts from which on there is an import."""


def person_email(number: int) -> str:
    """The address of a person by number."""
    return f"person{number:03d}@example.com"


def upserts_of_people(count: int = 20, revision: int = 1, **changes: Any) -> list[UpsertContact]:
    """A command for each of so many people; `changes` as `upsert` takes them."""
    return [upsert(revision, email=person_email(number), **changes) for number in range(count)]


def calls_by_path(brevo: ScriptedBrevo) -> Counter[str]:
    """How often each method and path was called; without queries and `/v3`."""
    return Counter(f"{call.method} {call.path.partition('?')[0].removeprefix('/v3')}" for call in brevo.calls)


async def settle(sink: Sink, *commands: Any, **settings: Any) -> None:
    """Send the commands to a sink whose imports begin at `BATCH` contacts, and wait until all are done."""
    sink.send(*commands)
    sink.start(**{"bulk_threshold": BATCH, **settings})
    await sink.settled()
