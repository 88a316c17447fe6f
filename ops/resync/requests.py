"""What commands share that have contacts computed anew: reading who is kept, requests in Kafka, and their entries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console

from ops.audit import audit_entry
from ops.posting import Posting, posting_to
from ops.resync.workers import workers
from runtime.kafka import KafkaConnection
from runtime.models import Kafka
from schemas.topics import ENGAGEMENT_RESYNCS

TOLD_EVERY = 500
"""Contacts, between two words about how far the reading is."""


@contextmanager
def reading(console: Console) -> Iterator[Callable[[int], object]]:
    """Say that what is kept is read; what is given is told of how many contacts, now and then."""
    text = "reading what is kept"
    if not console.is_terminal:
        console.print(text)
    with console.status(text) as status:
        yield lambda count: status.update(f"{text}: {count} contacts")


async def requested(
    connection: KafkaConnection,
    kafka: Kafka,
    note: tuple[str, str, Mapping[str, str | int]],
    who: tuple[str, str],
    put: Callable[[Posting], Awaitable[object]],
) -> int | None:
    """Note that it begins, put the requests into Kafka, and note the end.

    Args:
        connection: the cluster and the prefix.
        kafka: its section of the configuration.
        note: the action, what it is done to, and figures: `contacts` is how many are asked for.
        who: does it, and why.
        put: puts the requests there.

    Returns:
        How many workers there are, ``None``: Kafka does not tell.
    """
    (action, subject, what), (operator, reason) = note, who
    async with posting_to(connection, kafka, ENGAGEMENT_RESYNCS) as to_kafka:
        await to_kafka.note(audit_entry(f"{action}.begin", subject, what, reason, operator))
        await put(to_kafka)
        found = await workers(connection)
        result = {**what, "requested": what["contacts"], "workers": "unknown" if found is None else found}
        await to_kafka.note(audit_entry(action, subject, result, reason, operator))
    return found


def outcome(count: int, found: int | None, done_by: str) -> str:
    """What becomes of so many requests, in a sentence.

    Args:
        count: of the requests.
        found: as `requested` gives it.
        done_by: who does them, while workers run: ``a worker does them``.
    """
    said = f"{count} requests are in {ENGAGEMENT_RESYNCS.name}"
    if found == 0:
        return f"{said}: no worker runs now; the next one does them, within {ENGAGEMENT_RESYNCS.retention_days} days"
    return f"{said}: {done_by}"
