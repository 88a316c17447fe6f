"""Everybody's score by a model, computed anew: what `rollcall score rebuild` and its button do."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime

from ops.audit import audit_entry
from ops.backfill.display import bar
from ops.posting import Posting
from ops.resync.requests import PROGRESS_EVERY, reading, requested
from ops.score.models import ChosenModel, chosen_model
from ops.score.plan import RebuildPlan, RebuildPlanner
from ops.score.reading import scored_contacts
from ops.workplace import Workplace
from processors.engagement.model import Model
from schemas.engagement import RebuildScore
from schemas.errors import ConfigurationError
from schemas.topics import ENGAGEMENT_RESYNCS

PER_SECOND = 500
"""Contacts asked for in a second, where nobody says otherwise."""


def rebuildable(place: Workplace, name: str, *, switch: bool) -> ChosenModel:
    """The model of that name, by which scores may be computed.

    Raises:
        ConfigurationError: there is none, or it cannot be switched to.
    """
    chosen = chosen_model(place.configuration.scoring, name)
    if switch and not chosen.is_live:
        raise ConfigurationError(f"{name} is a candidate: make it the live model in scoring first, then switch to it")
    return chosen


@dataclass(frozen=True, slots=True)
class ScoreRebuild:
    """One of them, by one model."""

    place: Workplace
    model: ChosenModel
    per_second: int = PER_SECOND

    async def planned(self) -> RebuildPlan:
        """What it would do now.

        Raises:
            ConfigurationError: there are no tables yet.
            RetryLaterError: Kafka does not answer.
        """
        plan, planner = RebuildPlan(), RebuildPlanner(self.place.configuration, self.model)
        with reading(self.place.console) as advance:
            async with aclosing(scored_contacts(self.place.connection)) as contacts:
                async for contact_id, rows, told in contacts:
                    plan.add(contact_id, planner.need(contact_id, rows, told))
                    if plan.looked_at % PROGRESS_EVERY == 0:
                        advance(plan.looked_at)
        return plan

    async def request(self, plan: RebuildPlan, reason: str) -> int | None:
        """Put the requests into Kafka; returns how many workers there are, ``None``: Kafka does not tell."""
        total, live = len(plan.contacts), self.model.is_live
        what: dict[str, str | int] = {
            "contacts": total,
            "commands": plan.commands,
            "moved": sum(plan.moved.values()),
            "switch": "yes" if live else "no",
        }

        async def put(to_kafka: Posting) -> None:
            with bar(self.place.console, "requests") as tell:
                done = 0
                for some in self._requests(plan.contacts):
                    began = time.monotonic()
                    await to_kafka.post(ENGAGEMENT_RESYNCS, some)
                    done += len(some)
                    tell(done, total)
                    if done < total:
                        await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began)))

        begun = audit_entry("score.rebuild.begin", self.model.name, what, reason, self.place.operator)
        return await requested(self.place, begun, put)

    def _requests(self, contacts: Iterable[str]) -> Iterator[list[tuple[bytes, RebuildScore]]]:
        """Those of a second at a time."""
        digest, at, remaining = Model(self.model.settings).settings_digest, datetime.now(UTC), iter(contacts)
        while ids := list(itertools.islice(remaining, self.per_second)):
            yield [
                (
                    contact.encode(),
                    RebuildScore(
                        contact_id=contact,
                        requested_at=at,
                        model_version=self.model.name,
                        settings_digest=digest,
                        switch=self.model.is_live,
                    ),
                )
                for contact in ids
            ]
