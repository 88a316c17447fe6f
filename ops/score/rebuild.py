"""The command `rollcall score rebuild`: looks, tells, asks, and puts a request for each contact into Kafka."""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import orjson
import typer
from rich.console import Console

from ops.audit import operator_name
from ops.backfill.display import bar
from ops.failure import stopping
from ops.options import DryRun, Json, Reason, Yes, agreed
from ops.posting import Posting
from ops.resync.command import resync_configuration
from ops.resync.requests import TOLD_EVERY, reading, requested
from ops.score.display import document, in_words, outcome
from ops.score.models import ChosenModel, chosen_model
from ops.score.plan import RebuildPlan, RebuildPlanner
from ops.score.reading import scored_contacts
from processors.engagement.model import Model
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging
from runtime.models import Configuration
from schemas.engagement import RebuildScore
from schemas.topics import ENGAGEMENT_RESYNCS

_AGAIN = "Start it again with the same arguments: who is computed already is left alone."
PER_SECOND = 500


def rebuild(
    model: Annotated[
        str, typer.Option(help="A model_version of the section scoring: a candidate's, or the live one's.")
    ],
    switch: Annotated[
        bool, typer.Option("--switch", help="Of the live model: its scores take the place of those told, Brevo too.")
    ] = False,
    per_second: Annotated[int, typer.Option(min=1, help="Contacts asked for in a second.")] = PER_SECOND,
    dry_run: DryRun = False,
    reason: Reason = "",
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Compute everybody's score by a model, from the results that are kept.

    By a candidate: into engagement.candidates.v1, for those who have not got it yet; nothing else is touched. By the
    live model, after it was changed: with --switch alone; the score goes to engagement.scores.v1, and what differs from
    what Brevo was told goes there, behind all live work. Shows what would be done, asks, and puts a request for each
    contact into engagement.resyncs.v1: a worker with the same section scoring does the rest, any other leaves it alone.
    It may be stopped and repeated at any time; repeated, it says how many are left. Noted in the audit topic. Exit code
    1: Kafka does not answer, or nobody has said yes.
    """
    configure_command_logging("ERROR")
    configuration = resync_configuration(os.environ)
    chosen = chosen_model(configuration.scoring, model)
    if switch and not chosen.is_live:
        raise typer.BadParameter(f"{model} is a candidate: make it the live model in scoring first, then switch to it")
    work = Rebuild(KafkaConnection.from_environment(os.environ), configuration, chosen, reason, per_second)
    with stopping(_AGAIN, as_json=as_json):
        done = asyncio.run(work.run(may_act=not dry_run and (switch or not chosen.is_live), yes=yes, as_json=as_json))
    if not done and not dry_run:
        raise typer.Exit(FOUND_WRONG)


@dataclass(frozen=True, slots=True)
class Rebuild:
    """One rebuild, by one model."""

    connection: KafkaConnection
    configuration: Configuration
    model: ChosenModel
    reason: str
    per_second: int

    async def run(self, *, may_act: bool, yes: bool, as_json: bool) -> bool:
        """Whether it is done, or there was nothing to do."""
        console = Console(stderr=True)
        plan = await self._plan(console)
        told = document(plan, self.model)
        if not as_json:
            for line in in_words(plan, self.model):
                typer.echo(line)
        acts = bool(plan.contacts) and may_act and agreed(f"Compute {len(plan.contacts)} contacts anew?", yes=yes)
        if acts:
            told["workers"] = await self._request(plan, console)
            if not as_json:
                typer.echo(outcome(len(plan.contacts), told["workers"]))
        if as_json:
            typer.echo(orjson.dumps({**told, "requested": len(plan.contacts) if acts else 0}).decode())
        elif plan.contacts and self.model.is_live and not may_act:
            typer.echo("nothing is done: say --switch to have it")
        return acts or not plan.contacts

    async def _plan(self, console: Console) -> RebuildPlan:
        plan, planner = RebuildPlan(), RebuildPlanner(self.configuration, self.model)
        with reading(console) as advance:
            async with aclosing(scored_contacts(self.connection)) as contacts:
                async for contact_id, rows, told in contacts:
                    plan.add(contact_id, planner.need(contact_id, rows, told))
                    if plan.looked_at % TOLD_EVERY == 0:
                        advance(plan.looked_at)
        return plan

    async def _request(self, plan: RebuildPlan, console: Console) -> int | None:
        """Put the requests into Kafka; returns how many workers there are, ``None``: Kafka does not tell."""
        total, live = len(plan.contacts), self.model.is_live
        what: dict[str, str | int] = {
            "contacts": total,
            "commands": plan.commands,
            "moved": sum(plan.moved.values()),
            "switch": "yes" if live else "no",
        }

        async def put(to_kafka: Posting) -> None:
            with bar(console, "requests") as tell:
                done = 0
                for some in self._requests(plan.contacts):
                    began = time.monotonic()
                    await to_kafka.post(ENGAGEMENT_RESYNCS, some)
                    done += len(some)
                    tell(done, total)
                    if done < total:
                        await asyncio.sleep(max(0.0, 1 - (time.monotonic() - began)))

        note = ("score.rebuild", self.model.name, what)
        return await requested(self.connection, self.configuration.kafka, note, (operator_name(), self.reason), put)

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
