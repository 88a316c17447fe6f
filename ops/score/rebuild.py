"""The command `rollcall score rebuild`: looks, tells, asks, and puts a request for each contact into Kafka."""

from __future__ import annotations

import asyncio
from typing import Annotated

import orjson
import typer

from ops.failure import stopping
from ops.options import DryRun, Json, Reason, Yes, agreed
from ops.score.acts import PER_SECOND, ScoreRebuild, rebuildable
from ops.score.display import SAY_SWITCH, document, in_words, outcome
from ops.workplace import Workplace
from runtime.exits import FOUND_WRONG
from runtime.logs import configure_command_logging

_AGAIN = "Start it again with the same arguments: who is computed already is left alone."


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
    place = Workplace.here(computes=True)
    chosen = rebuildable(place, model, switch=switch)
    work = ScoreRebuild(place, chosen, per_second)
    may_act = not dry_run and (switch or not chosen.is_live)
    with stopping(_AGAIN, as_json=as_json):
        done = asyncio.run(_run(work, reason, may_act=may_act, yes=yes, as_json=as_json))
    if not done and not dry_run:
        raise typer.Exit(FOUND_WRONG)


async def _run(work: ScoreRebuild, reason: str, *, may_act: bool, yes: bool, as_json: bool) -> bool:
    """Whether it is done, or there was nothing to do."""
    plan = await work.planned()
    told = document(plan, work.model)
    if not as_json:
        for line in in_words(plan, work.model):
            typer.echo(line)
    acts = bool(plan.contacts) and may_act and agreed(f"Compute {len(plan.contacts)} contacts anew?", yes=yes)
    if acts:
        told["workers"] = await work.request(plan, reason)
        if not as_json:
            typer.echo(outcome(len(plan.contacts), told["workers"]))
    if as_json:
        typer.echo(orjson.dumps({**told, "requested": len(plan.contacts) if acts else 0}).decode())
    elif plan.contacts and work.model.is_live and not may_act:
        typer.echo(SAY_SWITCH)
    return acts or not plan.contacts
