"""The acts of the commands about letters: sent again, parked, dropped; each after a question, and noted.

`planned` and `carry_out` are the console's buttons, too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib.metadata import version

import orjson
import typer
from rich.console import Console

from ops.audit import operator_name
from ops.backfill.display import bar
from ops.letters.frame import chosen, connected
from ops.letters.planning import LetterAct, LetterPlan, plan_letters
from ops.letters.store import letter_desk
from ops.options import agreed
from runtime.exits import FOUND_WRONG
from runtime.kafka import KafkaConnection
from runtime.logs import configure_command_logging


def act(
    what: LetterAct, which: str, reason: str, *, dry_run: bool, yes: bool, as_json: bool, parked: bool = False
) -> None:
    """Do something to the letters of a selection, but for those that it is not for; it is said why.

    Exit code 1: nobody said yes.

    Args:
        what: is done.
        which: the selection's expression.
        reason: for the audit topic.
        dry_run: only say what would be done.
        yes: do not ask.
        as_json: one document on stdout.
        parked: as of `plan_letters`.
    """
    configure_command_logging("ERROR")
    connection = connected()
    plan = asyncio.run(planned(connection, what, which, parked=parked))
    if not as_json:
        for line in plan.in_words():
            typer.echo(line)
    due = len(plan.due)
    acts = due > 0 and not dry_run and agreed(f"Shall {due} be {what.words}?", yes=yes)
    if acts:
        with bar(Console(stderr=True), what.words) as tell:
            asyncio.run(carry_out(connection, plan, operator_name(), reason, lambda done: tell(done, due)))
    done = due if acts else 0
    if as_json:
        typer.echo(orjson.dumps({"selected": len(plan.found), "due": due, "done": done}).decode())
    else:
        typer.echo(f"{done} {what.words}")
    if due and not acts and not dry_run:
        raise typer.Exit(FOUND_WRONG)


async def planned(connection: KafkaConnection, what: LetterAct, which: str, *, parked: bool) -> LetterPlan:
    """What would be done to the letters that are there now.

    Raises:
        ConfigurationError: the expression cannot be understood.
        RetryLaterError: Kafka does not answer.
    """
    selection, found = await chosen(connection, which)
    what.check(selection.topic)
    return plan_letters(what, selection, found, version=version("rollcall-connector"), parked=parked)


async def carry_out(
    connection: KafkaConnection,
    plan: LetterPlan,
    operator: str,
    reason: str,
    advance: Callable[[int], object] = lambda _: None,
) -> None:
    """Do it: what was done before a failure is noted letter by letter.

    Args:
        connection: to Kafka.
        plan: what.
        operator: who, for the audit topic.
        reason: why.
        advance: told how many are done.

    Raises:
        RetryLaterError: Kafka does not answer.
    """
    async with letter_desk(connection, version("rollcall-connector"), operator) as desk:
        for done, letter in enumerate(plan.due, start=1):
            # Said first: a letter that fails again before the decision is there would count as failed before it.
            await desk.decide(letter, plan.act.state, reason)
            if plan.act.state == "resent":
                await desk.send_again(letter)
            advance(done)
        await desk.note(plan.act.name, plan.selection, plan.due, reason)
