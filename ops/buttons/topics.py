"""The button of `rollcall topics apply`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import astuple

from rich.console import Console

from console.acting import Act, FormAnswers, PlannedAct, digest_of
from ops.buttons.commands import with_reason
from ops.buttons.yes_or_no import flag, says_yes, yes_or_no
from ops.topics.acts import change, compared
from ops.topics.display import outcome, show

_WIDTH = 160
"""Columns of the table of what differs; a page scrolls."""
_LOSE = yes_or_no(
    "lose", "Also what loses records", "Shorter retention, deletion: Kafka deletes or refuses what it keeps now."
)


def topics_act(environment: Mapping[str, str]) -> Act:
    """Topics, created and set right; the environment names the configuration file."""

    async def plan(answers: FormAnswers) -> PlannedAct:
        found = await compared(environment)
        due = found.due(lose=says_yes(answers, _LOSE))

        async def carry_out(operator: str, reason: str) -> Sequence[str]:
            await change(found, due, operator, reason)
            return [outcome(due, await compared(environment))]

        console = Console(width=_WIDTH, highlight=False, color_system=None)
        with console.capture() as told:
            show(found, console)
        lines = [line.rstrip() for line in told.get().splitlines()]
        return PlannedAct(lines, digest_of(*map(astuple, due)), carry_out, len(due))

    return Act(
        name="topics.apply",
        title="Set topics right",
        about="Creates the topics that are missing and sets what differs from what it shall be. Never changes "
        "partitions or replicas of a topic that is there, never deletes a topic, leaves alone what others have set.",
        fields=(_LOSE,),
        command=lambda answers: with_reason("topics", "apply", *flag(answers, _LOSE)),
        plan=plan,
    )
