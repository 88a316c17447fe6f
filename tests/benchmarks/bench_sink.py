"""A webinar of 10,000 attendees and 2,000 no-shows into Brevo: `python -m tests.benchmarks.bench_sink`.

Real time, a real Kafka, a worker in a process of its own, and a Brevo that keeps its real limits (10 calls a second for
contacts and for events, 100 an hour for the rest). Beside it, from the same rows: a sync that makes one call for each
row of Zoom's report, as old guides show it. *Complete* is the state of Brevo itself.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sandbox.kafka import EmbeddedKafka
from sandbox.zoom.state import ZoomState
from schemas.attendance import Result
from tests.support.installation import Installation
from tests.support.large_account import large_account, publish, registration, results, written
from tests.support.processes import eventually

PREFIX = "bench-"
NEWCOMER = "maya.okafor@example.com"
LIMIT_SECONDS = 600
BREVO_CALLS_PER_SECOND = 10
"""Of Brevo's ordinary plan, for contacts as for events (developers.brevo.com/docs/api-limits, checked 2026-11-21)."""


@dataclass
class Figures:
    """What was measured."""

    complete_seconds: float = 0
    registered_seconds: float = 0
    told_seconds: float = 0
    contact_calls: int = 0
    account_calls: int = 0
    waited_seconds: float = 0
    """Until the first event of somebody who was imported."""
    events: int = 0
    events_seconds: float = 0


async def since(began_at: float, there: Callable[[], bool], what: str, home: Installation) -> float:
    """Seconds until something is so."""

    async def ask() -> bool:
        return there()

    await eventually(ask, timeout_seconds=LIMIT_SECONDS, what=what, tell=home.last_words)
    return time.monotonic() - began_at


async def newcomer(home: Installation, bootstrap: str, account: str, figures: Figures) -> None:
    """Somebody registers for the next webinar while this one is being written."""
    books = home.brevo.state.store
    await since(0, lambda: bool(books.processes.all()), "the first import is accepted", home)
    began_at = time.monotonic()
    await publish(bootstrap, PREFIX, iter([registration(account, datetime.now(UTC), NEWCOMER)]))
    known = books.contacts.find
    figures.registered_seconds = await since(
        began_at, lambda: known(NEWCOMER, "email_id") is not None, "the newcomer is in Brevo", home
    )
    figures.told_seconds = await since(
        began_at,
        lambda: any(received.name == "zoom_webinar_registered" for received in books.events.received),
        "the newcomer's event is in Brevo",
        home,
    )


async def measure(attendees: int, no_shows: int, watch_seconds: float) -> tuple[Figures, list[Result]]:
    """One run."""
    account = ZoomState().account_id
    facts = list(results(attendees, no_shows, account, datetime.now(UTC).replace(microsecond=0)))
    figures = Figures()
    with EmbeddedKafka(progress=print) as kafka, tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        async with large_account(kafka.bootstrap, PREFIX, Path(folder), partitions=6) as home:
            worker = home.start_worker()
            await worker.until_ready()
            calls = home.brevo.state.calls.families
            before = calls["contacts"]
            began_at = time.monotonic()
            await publish(kafka.bootstrap, PREFIX, iter(facts))
            live = asyncio.create_task(newcomer(home, kafka.bootstrap, account, figures))
            figures.complete_seconds = await since(
                began_at, lambda: written(home, facts) == len(facts), "all contacts are complete", home
            )
            await live
            figures.contact_calls, figures.account_calls = calls["contacts"] - before, calls["rest"]
            begun = home.events()
            # Brevo tells the end of an import late, and events wait for it: from then on their rate counts.
            await since(began_at, lambda: home.events() > begun + 1, "events follow the contacts", home)
            figures.waited_seconds = time.monotonic() - began_at
            figures.events, watched_at = -home.events(), time.monotonic()
            await asyncio.sleep(watch_seconds)
            figures.events += home.events()
            figures.events_seconds = time.monotonic() - watched_at
            await worker.stop()
    return figures, facts


def naive(facts: list[Result]) -> tuple[int, float, int]:
    """Calls, minutes and wrong values of one upsert per row of Zoom's report, the last row of a person winning.

    A person has as many rows as joins; here one in three joined twice and one in ten three times. Who has several
    rows shows the minutes of the last one alone; who stayed away has no row and keeps the status `registered`.
    """
    rows = wrong = 0
    for number, fact in enumerate(facts):
        if fact.attendance_status == "no_show":
            wrong += 1
            continue
        joins = 3 if number % 10 == 0 else 2 if number % 3 == 0 else 1
        rows += joins
        wrong += joins > 1
    return rows, rows / BREVO_CALLS_PER_SECOND / 60, wrong


def report(figures: Figures, facts: list[Result], allowed_per_second: float) -> None:
    """Print the table."""
    calls, minutes, wrong = naive(facts)
    rate = figures.events / figures.events_seconds
    people = f"{len(facts):,}"
    print(f"\n{'':32} {'Rollcall':>12} {'call per row':>14}")  # noqa: T201
    for name, ours, theirs in (
        (f"contact calls for {people} people", f"{figures.contact_calls}", f"{calls:,}"),
        ("contacts complete after", f"{figures.complete_seconds:.1f} s", f"{minutes:.1f} min"),
        ("contacts with wrong values", "0", f"{wrong:,}"),
        ("calls of the hourly budget", f"{figures.account_calls}", "0"),
        ("newcomer's contact after", f"{figures.registered_seconds:.1f} s", ""),
        ("newcomer's event after", f"{figures.told_seconds:.1f} s", ""),
        ("first event of an import after", f"{figures.waited_seconds:.1f} s", ""),
        ("events a second from then on", f"{rate:.2f}", ""),
        ("of the allowed rate", f"{rate / allowed_per_second:.1%}", ""),
    ):
        print(f"{name:32} {ours:>12} {theirs:>14}")  # noqa: T201


def main() -> None:
    """Parse what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--attendees", type=int, default=10_000)
    parser.add_argument("--no-shows", type=int, default=2_000)
    parser.add_argument("--watch-seconds", type=float, default=60, help="how long the events are counted")
    asked = parser.parse_args()
    figures, facts = asyncio.run(measure(asked.attendees, asked.no_shows, asked.watch_seconds))
    report(figures, facts, allowed_per_second=8)


if __name__ == "__main__":
    main()
