"""The button of `rollcall replay apply`."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console

from console.acting import Answers, Field, digest_of
from ops.replay.acts import Workplace, begin, plan, run
from ops.replay.command import RATE, TOPIC
from ops.replay.display import ending
from ops.replay.pace import MOST_A_SECOND
from ops.replay.plan import ReplayPlan, in_words
from ops.selection.expression import with_topic
from schemas.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class ReplayButton:
    """Records of a selection, published again."""

    environment: Mapping[str, str]
    name: str = "replay"
    title: str = "Replay records"
    about: str = (
        "Publishes records again: what is known changes nothing, contacts are written where they differ, events are "
        "sent where they never were. It goes at its rate, behind live work."
    )
    fields: Sequence[Field] = (
        Field("which", "Which records", "Conditions, as `rollcall replay plan` takes them.", f"{TOPIC} session=latest"),
        Field("rate", "Copies a second", "At most.", str(RATE)),
    )

    def command(self, answers: Answers) -> str:
        """At a terminal."""
        words = shlex.join(shlex.split(_which(answers)))
        return f"rollcall replay apply {words} --rate {shlex.quote(answers['rate'])} --reason …"

    async def plan(self, answers: Answers) -> PlannedReplay:
        """Of what is in the topic now."""
        rate = answers["rate"]
        if not rate.isdecimal() or not 1 <= int(rate[:9]) <= MOST_A_SECOND:
            raise ConfigurationError(f"the copies a second are a number from 1 to {MOST_A_SECOND}")
        place = Workplace.of(self.environment, Console(quiet=True), "")
        return PlannedReplay(self.environment, await plan(place, _which(answers)), int(rate))


@dataclass(frozen=True, slots=True)
class PlannedReplay:
    """What would be published again."""

    environment: Mapping[str, str]
    found: ReplayPlan
    rate: int

    @property
    def due(self) -> int:
        """Records."""
        return self.found.count

    @property
    def lines(self) -> Sequence[str]:
        """As the command tells it."""
        return list(in_words(self.found, self.rate))

    @property
    def digest(self) -> str:
        """Of the records, by partition and place."""
        found = self.found
        seen = [sorted(offsets.items()) for offsets in (found.partitions, found.begins, found.ends)]
        return digest_of(str(found.selection), self.rate, seen)

    async def carry_out(self, operator: str, reason: str) -> Sequence[str]:
        """As the command does, to its end."""
        place = Workplace.of(self.environment, Console(quiet=True), operator)
        begun = await begin(place, self.found, reason=reason, rate=self.rate, re_emit=False)
        return list(ending(await run(place, begun, reason)))


def _which(answers: Answers) -> str:
    return with_topic(answers["which"], TOPIC)
