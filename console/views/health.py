"""Whether something needs a person, and the workers as they look from outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from schemas.workers import WorkerStatus

SILENT_AFTER = timedelta(seconds=30)
"""A worker speaks every 5 s (`ops.workers.v1`)."""
FORGOTTEN_AFTER = timedelta(days=1)
"""A worker that was killed and replaced under another name never speaks again: after so long it is nobody's work."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something for a person to do."""

    text: str
    link: str = ""
    """Where to look; empty: nowhere here."""


def known(workers: Sequence[WorkerStatus], now: datetime) -> tuple[WorkerStatus, ...]:
    """Those that are not forgotten."""
    return tuple(each for each in workers if now - each.at <= FORGOTTEN_AFTER)


def is_silent(at: datetime, now: datetime) -> bool:
    """Whether a worker has said nothing for so long that it is likely gone."""
    return now - at > SILENT_AFTER


def troubles(  # what a page of status is made of
    *,
    workers: int,
    silent: Sequence[str],
    unready: Sequence[tuple[str, Sequence[str]]],
    parked: Sequence[str],
    dead_letters: int,
    in_doubt: int,
    rejected: int,
    quarantined: int,
    reader_trouble: str,
) -> tuple[Trouble, ...]:
    """What needs a person, the most urgent first; nothing where all is well.

    Args:
        workers: how many there are.
        silent: names of those that say nothing any more.
        unready: names of the others that are not ready, with their reasons.
        parked: families of calls to Brevo that wait for a person.
        dead_letters: of the last day, as `rejected` and `quarantined`.
        in_doubt: events that may have been sent.
        rejected: commands that Brevo refused for good.
        quarantined: deliveries that were put aside.
        reader_trouble: why this console reads no news; empty: it does.
    """
    found = []
    if reader_trouble:
        found.append(Trouble(f"This page is not up to date: {reader_trouble}"))
    if not workers:
        found.append(Trouble("No worker runs: start one with `rollcall worker`"))
    found += [Trouble(f"Worker {name} says nothing any more: look at its logs, start it anew") for name in silent]
    found += [Trouble(f"Worker {name} is not ready: {'; '.join(why) or 'it starts'}") for name, why in unready]
    found += [Trouble(f"Calls of the family {family} wait for a person; the worker says why") for family in parked]
    counted = (
        (in_doubt, "may or may not have reached Brevo", "/doubts"),
        (dead_letters, "could not be handled in the last day", "/dead-letters"),
        (rejected, "were refused by Brevo in the last day", "/doubts"),
        (quarantined, "deliveries were put aside in the last day", "/deliveries?quarantined=1"),
    )
    found += [Trouble(f"{count:,} {text}", link) for count, text, link in counted if count]
    return tuple(found)
