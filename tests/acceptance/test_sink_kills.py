"""`kill -9` of the worker while it writes a large webinar to Brevo: nothing lost, no event twice, doubts listed."""

from __future__ import annotations

import itertools
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from processors.brevo.decisions.budget import WriterFigures
from sandbox.zoom.state import ZoomState
from schemas.attendance import Result
from tests.support.installation import Installation
from tests.support.large_account import large_account, publish, results, written
from tests.support.processes import eventually

SEED = 20_261_122
ALONE = 150
"""So few at a time are written by calls of their own; more go in an import."""
EVENTS_PER_SECOND = 8
"""Of an ordinary plan, as the worker is told."""
ASKED_AFTER_SECONDS = WriterFigures().import_polls[0] - 1
Target = Literal["contacts", "an import", "events"]
TARGETS: tuple[Target, ...] = ("contacts", "an import", "events")


class Kills:
    """One worker, killed again and again in the middle of what Brevo sees it doing."""

    def __init__(
        self, home: Installation, facts: list[Result], publish_some: Callable[[list[Result]], Awaitable[None]]
    ):
        self._home = home
        self._facts = facts
        self._publish = publish_some
        self._random = random.Random(SEED)
        self._begun = 0
        self._some: list[Result] = []
        """Who was given last."""
        self.worker = home.start_worker()

    async def strike(self, target: Target, people: int) -> None:
        """Give it so many new people (none for events), wait until it is amid what is aimed at, and kill it.

        Who is through before anybody has looked (their calls went with an import of others) is followed by others.
        """
        amid = {"contacts": self._amid_contacts, "an import": self._amid_import, "events": self._amid_events}
        aimed: list[Callable[[], bool]] = []

        async def there() -> bool:
            if not aimed or (target == "contacts" and written(self._home, self._some) == people):
                await self._give(people)
                aimed[:] = [amid[target]()]
            return aimed[0]()

        await eventually(there, timeout_seconds=180, what=f"amid {target}", tell=self._home.last_words)
        self.worker.process.kill()
        assert aimed[0](), f"{target} ended before the kill"
        self.worker = self._home.start_worker()

    async def _give(self, people: int) -> None:
        self._some = self._facts[self._begun : self._begun + people]
        self._begun += len(self._some)
        await self._publish(self._some)

    async def give_the_rest(self) -> None:
        """Who is left over."""
        await self._publish(self._facts[self._begun :])

    def _amid_contacts(self) -> Callable[[], bool]:
        """Some of them are written, not all."""
        some, aim = self._some, self._random.uniform(0.1, 0.7) * len(self._some)
        return lambda: aim < written(self._home, some) < len(some)

    def _amid_import(self) -> Callable[[], bool]:
        """Brevo has accepted one a moment ago, and the worker has not asked for its end yet."""
        books = self._home.brevo.state.store.processes
        known, seen_at = {process.id for process in books.all()}, dict[int, float]()

        def amid() -> bool:
            now = time.monotonic()
            for process in books.all():
                seen_at.setdefault(process.id, now)
            return any(now - at < ASKED_AFTER_SECONDS for number, at in seen_at.items() if number not in known)

        return amid

    def _amid_events(self) -> Callable[[], bool]:
        """Some more have come, and more are to come."""
        aim = self._home.events() + self._random.uniform(5, 60)
        return lambda: aim < self._home.events() < self._begun


async def _check(home: Installation, facts: list[Result]) -> None:
    """Contacts are complete; every event is there once, or in doubt."""

    async def complete() -> bool:
        return written(home, facts) == len(facts)

    await eventually(complete, timeout_seconds=600, what="all contacts are complete", tell=home.last_words)

    seen = -1

    async def told() -> bool:
        nonlocal seen
        before, seen = seen, home.events()
        # Who asks for all outcomes while events still come takes the machine from the worker.
        return seen == before and seen + len(await home.in_doubt()) >= len(facts)

    await eventually(
        told, timeout_seconds=900, what="every event is there or in doubt", tell=home.last_words, pause_seconds=0.5
    )


async def _check_events(home: Installation, facts: list[Result]) -> None:
    received = Counter((event.identifiers["email_id"], event.name) for event in home.brevo.state.store.events.received)
    assert max(received.values()) == 1
    doubtful = {event.contact_id for event in await home.in_doubt()}
    told = {email for email, _ in received}
    assert {fact.contact_id for fact in facts if fact.email not in told} <= doubtful


@pytest.mark.parametrize(
    ("attendees", "no_shows", "kills"),
    [(1_000, 200, 3), pytest.param(10_000, 2_000, 20, marks=pytest.mark.torture)],
    ids=["three", "twenty"],
)
async def test_worker_killed_while_it_writes_contacts_imports_and_events_loses_nothing_and_repeats_nothing(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path, attendees: int, no_shows: int, kills: int
) -> None:
    """Each kill strikes what Brevo sees under way, in turn; limits fifty times Brevo's."""
    now = datetime.now(UTC).replace(microsecond=0)
    facts = list(results(attendees, no_shows, ZoomState().account_id, now))
    random.Random(SEED).shuffle(facts)
    targets = list(itertools.islice(itertools.cycle(TARGETS), kills))
    # Half of those who could be written alone are kept back for a second try.
    imported = (len(facts) - 2 * ALONE * targets.count("contacts")) // targets.count("an import")
    people = {"contacts": ALONE, "an import": imported, "events": 0}
    async with large_account(kafka_bootstrap, topic_prefix, tmp_path, factor=50) as home:
        run = Kills(home, facts, lambda some: publish(kafka_bootstrap, topic_prefix, iter(some)))
        for target in targets:
            await run.strike(target, people[target])
        await run.give_the_rest()
        await _check(home, facts)
        await run.worker.until_ready()
        await home.until_idle(run.worker)
        await _check_events(home, facts)
        assert await run.worker.stop() == 0
        assert home.held()["refused"] == []


@pytest.mark.torture
async def test_kill_at_brevos_own_limits_leaves_a_handful_of_events_in_doubt(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """At most a second's worth of calls each; with limits fifty times Brevo's that is fifty times as much."""
    kills = 10
    facts = list(results(kills * 60, 0, ZoomState().account_id, datetime.now(UTC).replace(microsecond=0)))
    async with large_account(kafka_bootstrap, topic_prefix, tmp_path) as home:
        run = Kills(home, facts, lambda some: publish(kafka_bootstrap, topic_prefix, iter(some)))
        await run.strike("events", len(facts))
        for _ in range(kills - 1):
            await run.strike("events", 0)
        await _check(home, facts)
        await run.worker.until_ready()
        await home.until_idle(run.worker)
        await _check_events(home, facts)
        assert len(await home.in_doubt()) <= kills * EVENTS_PER_SECOND
