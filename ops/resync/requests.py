"""What commands share that have contacts computed anew: reading who is kept, requests in Kafka, and their entries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

from rich.console import Console

from ops.audit import audit_entry
from ops.posting import Posting
from ops.resync.workers import workers
from ops.workplace import Workplace
from schemas.audit import AuditEntry
from schemas.topics import ENGAGEMENT_RESYNCS

PROGRESS_EVERY = 500
"""Contacts, between two words about how far the reading is."""


@contextmanager
def reading(console: Console) -> Iterator[Callable[[int], object]]:
    """Say that what is kept is read; what is given is told of how many contacts, now and then."""
    text = "reading what is kept"
    if not console.is_terminal:
        console.print(text)
    with console.status(text) as status:
        yield lambda count: status.update(f"{text}: {count} contacts")


async def requested(place: Workplace, begun: AuditEntry, put: Callable[[Posting], Awaitable[object]]) -> int | None:
    """Note that it begins, put the requests into Kafka, and note the end.

    Args:
        place: where.
        begun: its detail `contacts` is how many are asked for.
        put: puts the requests there.

    Returns:
        How many workers there are, ``None``: Kafka does not tell.
    """
    async with place.posting(ENGAGEMENT_RESYNCS) as to_kafka:
        await to_kafka.note(begun)
        await put(to_kafka)
        found = await workers(place.connection)
        asked, known = begun.details["contacts"], "unknown" if found is None else found
        details = {**begun.details, "requested": asked, "workers": known}
        action = begun.action.removesuffix(".begin")
        await to_kafka.note(audit_entry(action, begun.subject, details, begun.reason, begun.operator))
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
