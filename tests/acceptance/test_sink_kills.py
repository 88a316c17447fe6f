"""`kill -9` of the worker while it writes a large webinar to Brevo: nothing lost, no event twice, doubts listed."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from sandbox.zoom.state import ZoomState
from schemas.attendance import Result
from tests.support.broker import Broker
from tests.support.installation import Installation
from tests.support.large_account import large_account, publish, results, written
from tests.support.processes import eventually

SEED = 20_261_122
ALONE = 150
"""So few at a time are written by calls of their own; more go in an import."""
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
        self.worker = home.start_worker()

    async def strike(self, target: Target, people: int) -> None:
        """Give it so many new people (none for events), wait until it is amid what is aimed at, and kill it."""
        some = self._facts[self._begun : self._begun + people]
        self._begun += people
        amid = {"contacts": self._amid_contacts, "an import": self._amid_import, "events": self._amid_events}
        is_amid = amid[target](some)
        if some:
            await self._publish(some)

        async def there() -> bool:
            return is_amid()

        await eventually(there, timeout_seconds=180, what=f"amid {target}", tell=self._home.last_words)
        self.worker.process.kill()
        assert is_amid(), f"{target} ended before the kill"
        self.worker = self._home.start_worker()

    async def give_the_rest(self) -> None:
        """Who is left over."""
        await self._publish(self._facts[self._begun :])

    def _amid_contacts(self, some: list[Result]) -> Callable[[], bool]:
        """Some of them are written, not all."""
        aim = self._random.uniform(0.1, 0.8) * len(some)
        return lambda: aim < written(self._home, some) < len(some)

    def _amid_import(self, _: list[Result]) -> Callable[[], bool]:
        """Brevo has accepted an import, and nobody has told the worker of its end."""
        books = self._home.brevo.state.store.processes
        known = {each.id for each in books.all()}
        asked = self._home.calls("GET", "/processes")
        return lambda: (
            any(each.id not in known for each in books.all()) and self._home.calls("GET", "/processes") == asked
        )

    def _amid_events(self, _: list[Result]) -> Callable[[], bool]:
        """Some more have come, and more are to come."""
        aim = self._home.events() + self._random.uniform(5, 60)
        return lambda: aim < self._home.events() < self._begun


async def _check(home: Installation, facts: list[Result]) -> None:
    """Contacts are complete; every event is there once, or in doubt."""

    async def complete() -> bool:
        return written(home, facts) == len(facts)

    await eventually(complete, timeout_seconds=300, what="all contacts are complete", tell=home.last_words)

    async def told() -> bool:
        return home.events() + len(await home.in_doubt()) >= len(facts)

    await eventually(told, timeout_seconds=300, what="every event is there or in doubt", tell=home.last_words)


async def _check_events(home: Installation, facts: list[Result]) -> None:
    received = Counter((event.identifiers["email_id"], event.name) for event in home.brevo.state.store.events.received)
    assert max(received.values()) == 1
    doubtful = {each.contact_id for each in await home.in_doubt()}
    told = {email for email, _ in received}
    assert {fact.contact_id for fact in facts if fact.email not in told} <= doubtful


@pytest.mark.parametrize(
    ("attendees", "no_shows", "kills"),
    [(1_000, 200, 3), pytest.param(10_000, 2_000, 20, marks=pytest.mark.torture)],
    ids=["three", "twenty"],
)
async def test_worker_killed_while_it_writes_contacts_imports_and_events_loses_nothing_and_repeats_nothing(
    own_kafka: Broker, topic_prefix: str, tmp_path: Path, attendees: int, no_shows: int, kills: int
) -> None:
    """Each kill strikes what Brevo sees under way, in turn; limits fifty times Brevo's."""
    now = datetime.now(UTC).replace(microsecond=0)
    facts = list(results(attendees, no_shows, ZoomState().account_id, now))
    random.Random(SEED).shuffle(facts)
    targets = list(itertools.islice(itertools.cycle(TARGETS), kills))
    imported = (len(facts) - ALONE * targets.count("contacts")) // targets.count("an import")
    people = {"contacts": ALONE, "an import": imported, "events": 0}
    async with large_account(own_kafka.bootstrap, topic_prefix, tmp_path, factor=50) as home:
        run = Kills(home, facts, lambda some: publish(own_kafka.bootstrap, topic_prefix, iter(some)))
        for target in targets:
            await run.strike(target, people[target])
        await run.give_the_rest()
        await _check(home, facts)
        await run.worker.until_ready()
        await home.until_idle(run.worker)
        await _check_events(home, facts)
        assert await run.worker.stop() == 0
        assert home.held()["refused"] == []
